"""General MIDI's instruments: their names, and what each can play."""

from __future__ import annotations

from typing import NamedTuple

from musicgan.errors import ComposeError

PROGRAMS = (
    "Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano",
    "Electric Piano 1", "Electric Piano 2", "Harpsichord", "Clavinet",
    "Celesta", "Glockenspiel", "Music Box", "Vibraphone",
    "Marimba", "Xylophone", "Tubular Bells", "Dulcimer",
    "Drawbar Organ", "Percussive Organ", "Rock Organ", "Church Organ",
    "Reed Organ", "Accordion", "Harmonica", "Tango Accordion",
    "Acoustic Guitar (nylon)", "Acoustic Guitar (steel)",
    "Electric Guitar (jazz)", "Electric Guitar (clean)",
    "Electric Guitar (muted)", "Overdriven Guitar", "Distortion Guitar", "Guitar Harmonics",
    "Acoustic Bass", "Electric Bass (finger)", "Electric Bass (pick)", "Fretless Bass",
    "Slap Bass 1", "Slap Bass 2", "Synth Bass 1", "Synth Bass 2",
    "Violin", "Viola", "Cello", "Contrabass",
    "Tremolo Strings", "Pizzicato Strings", "Orchestral Harp", "Timpani",
    "String Ensemble 1", "String Ensemble 2", "Synth Strings 1", "Synth Strings 2",
    "Choir Aahs", "Voice Oohs", "Synth Choir", "Orchestra Hit",
    "Trumpet", "Trombone", "Tuba", "Muted Trumpet",
    "French Horn", "Brass Section", "Synth Brass 1", "Synth Brass 2",
    "Soprano Sax", "Alto Sax", "Tenor Sax", "Baritone Sax",
    "Oboe", "English Horn", "Bassoon", "Clarinet",
    "Piccolo", "Flute", "Recorder", "Pan Flute",
    "Blown Bottle", "Shakuhachi", "Whistle", "Ocarina",
    "Lead 1 (square)", "Lead 2 (sawtooth)", "Lead 3 (calliope)", "Lead 4 (chiff)",
    "Lead 5 (charang)", "Lead 6 (voice)", "Lead 7 (fifths)", "Lead 8 (bass + lead)",
    "Pad 1 (new age)", "Pad 2 (warm)", "Pad 3 (polysynth)", "Pad 4 (choir)",
    "Pad 5 (bowed)", "Pad 6 (metallic)", "Pad 7 (halo)", "Pad 8 (sweep)",
    "FX 1 (rain)", "FX 2 (soundtrack)", "FX 3 (crystal)", "FX 4 (atmosphere)",
    "FX 5 (brightness)", "FX 6 (goblins)", "FX 7 (echoes)", "FX 8 (sci-fi)",
    "Sitar", "Banjo", "Shamisen", "Koto",
    "Kalimba", "Bagpipe", "Fiddle", "Shanai",
    "Tinkle Bell", "Agogo", "Steel Drums", "Woodblock",
    "Taiko Drum", "Melodic Tom", "Synth Drum", "Reverse Cymbal",
    "Guitar Fret Noise", "Breath Noise", "Seashore", "Bird Tweet",
    "Telephone Ring", "Helicopter", "Applause", "Gunshot",
)  # fmt: skip
"""The name of each program, 0 to 127."""

FAMILY_NAMES = (
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass",
    "reed", "pipe", "lead", "pad", "effects", "ethnic", "percussive", "noises",
)  # fmt: skip
"""The name of each family of eight programs."""

_SHORT = {
    "piano": 0, "organ": 19, "guitar": 24, "bass": 32, "double bass": 43, "harp": 46,
    "strings": 48, "choir": 52, "voice": 53, "horn": 60, "brass": 61, "sax": 65,
}  # fmt: skip
"""What is commonly meant by a name that several programs have, or none."""


class Compass(NamedTuple):
    """What an instrument can play, in sounding pitches."""

    low: int
    high: int
    is_single: bool = False
    """Whether it plays one note at a time."""


ANYTHING = Compass(0, 127)
_COMPASSES = {
    "Harpsichord": (29, 89), "Clavinet": (28, 88), "Celesta": (60, 108),
    "Glockenspiel": (79, 108), "Music Box": (60, 96), "Vibraphone": (53, 89),
    "Marimba": (45, 96), "Xylophone": (65, 108), "Tubular Bells": (60, 77), "Dulcimer": (50, 86),
    "Drawbar Organ": (36, 96), "Percussive Organ": (36, 96), "Rock Organ": (36, 96),
    "Church Organ": (24, 108), "Reed Organ": (36, 96), "Accordion": (41, 93),
    "Harmonica": (60, 96), "Tango Accordion": (41, 93),
    "Acoustic Guitar (nylon)": (40, 83), "Acoustic Guitar (steel)": (40, 84),
    "Electric Guitar (jazz)": (40, 86), "Electric Guitar (clean)": (40, 86),
    "Electric Guitar (muted)": (40, 86), "Overdriven Guitar": (40, 86),
    "Distortion Guitar": (40, 86), "Orchestral Harp": (24, 103), "Sitar": (48, 77),
    "Banjo": (48, 84), "Shamisen": (50, 79), "Koto": (43, 84), "Kalimba": (48, 84),
    "Tinkle Bell": (72, 84), "Steel Drums": (52, 84), "Choir Aahs": (36, 84),
    **{PROGRAMS[n]: (21, 108) for n in range(6)},
    **{PROGRAMS[n]: (28, 100) for n in (44, 45, 48, 49, 50, 51)},
}  # fmt: skip
_SINGLE = {
    **{PROGRAMS[n]: (28, 67) for n in range(32, 40)},
    "Violin": (55, 100), "Viola": (48, 88), "Cello": (36, 81), "Contrabass": (28, 67),
    "Fiddle": (55, 93), "Timpani": (38, 57), "Voice Oohs": (41, 84),
    "Trumpet": (54, 86), "Muted Trumpet": (54, 86), "Trombone": (40, 74), "Tuba": (28, 58),
    "French Horn": (35, 77), "Soprano Sax": (56, 88), "Alto Sax": (49, 81),
    "Tenor Sax": (44, 76), "Baritone Sax": (36, 69), "Oboe": (58, 91), "English Horn": (52, 81),
    "Bassoon": (34, 75), "Clarinet": (50, 91), "Piccolo": (74, 108), "Flute": (60, 96),
    "Recorder": (72, 98), "Pan Flute": (60, 96), "Blown Bottle": (60, 96),
    "Shakuhachi": (62, 93), "Whistle": (74, 98), "Ocarina": (69, 89), "Shanai": (57, 84),
    "Bagpipe": (67, 81),
}  # fmt: skip
COMPASSES = tuple(
    Compass(*_SINGLE[name], True) if name in _SINGLE else Compass(*_COMPASSES.get(name, ANYTHING))
    for name in PROGRAMS
)
"""What each program can play; synthesisers and noises anything."""


def find_program(text: str) -> int:
    """The program, 0 to 127, of a General MIDI number from 1 to 128, or of a name or a part of
    one. Raises `ComposeError`.
    """
    asked = text.strip().casefold()
    if asked.isdecimal():
        if not 1 <= int(asked) <= len(PROGRAMS):
            raise ComposeError(f"instrument {text}: General MIDI's numbers go from 1 to 128")
        return int(asked) - 1
    names = [name.casefold() for name in PROGRAMS]
    if asked in names:
        return names.index(asked)
    if asked in _SHORT:
        return _SHORT[asked]
    found = [number for number, name in enumerate(names) if asked and asked in name]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(PROGRAMS[number] for number in found)
        raise ComposeError(f"instrument {text!r}: choose one of {choices}")
    raise ComposeError(
        f"instrument {text!r}: none of General MIDI's; give a number from 1 to 128, or a name such "
        "as Flute or Cello"
    )
