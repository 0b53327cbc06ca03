"""Scores for and from other libraries: pretty_midi, music21 and, through music21, MusicXML.

Neither library is imported before it is needed; music21 is the optional part `score`.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.errors import MidiReadError, MidiWriteError, MissingExtraError
from musicgan.midifile import write_midi
from musicgan.midifile.raw import clean_name
from musicgan.midifile.write import key_sharps, write_whole
from musicgan.notation import note_pieces, rests, spell
from musicgan.notes import empty_notes, sort_notes
from musicgan.score import Key, Metre, Score, Tempo, Track
from musicgan.theory import downbeats
from musicgan.timing import bpm_to_us, tick_to_sec, us_to_bpm

TRIPLET_SHARE = 0.05
FIRST_AFTER_KEYBOARDS = 24
"""The General MIDI program."""


def to_pretty_midi(score: Score) -> Any:
    """`score` as a `pretty_midi.PrettyMIDI`: an instrument a track, times in seconds.

    Raises `MidiWriteError` if pretty_midi cannot hold it: its tempo map ends at 10^7 ticks.
    """
    import pretty_midi

    buffer = io.BytesIO()
    write_midi(score.with_notes(empty_notes()), buffer)
    buffer.seek(0)
    try:
        result = pretty_midi.PrettyMIDI(buffer)
    except ValueError as error:
        raise MidiWriteError(f"pretty_midi cannot hold this score: {error}") from None
    notes = score.notes
    tempos = [(tempo.tick, tempo.us_per_beat) for tempo in score.tempos]
    start_sec = tick_to_sec(notes["onset_tick"], tempos, score.ticks_per_beat).tolist()
    end_tick = notes["onset_tick"] + notes["duration_tick"]
    end_sec = tick_to_sec(end_tick, tempos, score.ticks_per_beat).tolist()
    result.instruments = [
        pretty_midi.Instrument(track.program, track.is_drum, track.name) for track in score.tracks
    ]
    for note, start, end in zip(notes.tolist(), start_sec, end_sec, strict=True):
        _, _, pitch, velocity, track = note
        result.instruments[track].notes.append(pretty_midi.Note(velocity, pitch, start, end))
    return result


def from_pretty_midi(midi: Any) -> Score:
    """The Score of a `pretty_midi.PrettyMIDI`: its resolution, ticks through its tempo map.

    Raises `MidiReadError` for notes that are none: a pitch or velocity MIDI lacks, an end before
    the start, a start before 0.
    """
    notes = empty_notes(sum(len(instrument.notes) for instrument in midi.instruments))
    place = 0
    for track, instrument in enumerate(midi.instruments):
        for note in instrument.notes:
            legal = 0 <= note.pitch < 128 and 0 < note.velocity < 128
            if not (legal and 0 <= note.start <= note.end < float("inf")):
                raise MidiReadError(f"{note} in instrument {track} is no MIDI note")
            onset, end = _tick(midi, note.start), _tick(midi, note.end)
            notes[place] = (onset, end - onset, note.pitch, note.velocity, track)
            place += 1
    times_sec, bpms = midi.get_tempo_changes()
    metres = [
        Metre(_tick(midi, metre.time), metre.numerator, metre.denominator)
        for metre in midi.time_signature_changes
    ]
    keys = [
        Key(_tick(midi, key.time), key.key_number % 12, key.key_number >= 12)
        for key in midi.key_signature_changes
    ]
    return Score(
        notes=sort_notes(notes),
        tracks=tuple(
            Track(clean_name(instrument.name), instrument.program, bool(instrument.is_drum))
            for instrument in midi.instruments
        ),
        tempos=tuple(
            Tempo(_tick(midi, time), bpm_to_us(bpm))
            for time, bpm in zip(times_sec, bpms, strict=True)
        ),
        metres=tuple(sorted(metres, key=lambda metre: metre.tick)),
        keys=tuple(sorted(keys, key=lambda key: key.tick)),
        ticks_per_beat=midi.resolution,
    )


def _tick(midi: Any, time_sec: float) -> int:
    return int(midi.time_to_tick(time_sec))


def to_music21(score: Score) -> Any:
    """`score` as a `music21.stream.Score` to read and print, in bars and voices.

    A part for each track; metre and key in every part, tempo in the first. Notes are snapped to
    sixteenths, or to twelfths of a beat if there are triplets; those that begin and end together
    are chords, and bars are where `theory.downbeats` has them.

    Raises `MissingExtraError` if music21 is not installed.
    """
    music21 = _music21()
    snapped = _within_bars(score.snapped(_notation_grid(score)), len(downbeats(score)))
    bar_step = downbeats(snapped)
    if len(bar_step) < 2:
        bar_step = np.array([0, 4 * snapped.ticks_per_beat])
    result = music21.stream.Score()
    for index in range(len(snapped.tracks)):
        result.insert(0, _part(music21, snapped, index, bar_step))
    return result


def write_musicxml(
    score: Score, path: str | Path, *, title: str = "", composer: str = "", text: str = ""
) -> None:
    """Write `score` as MusicXML, by way of `to_music21`. A file appears whole or not at all.

    `text` becomes a miscellaneous field named musicgan. The same score gives the same bytes: the
    date of encoding is left out.

    Raises `MissingExtraError` if music21 is not installed, and `MidiWriteError` if music21
    cannot say the score or the path cannot be written.
    """
    music21 = _music21()
    try:
        written = to_music21(score)
        written.metadata = music21.metadata.Metadata(
            title=clean_name(title), composer=clean_name(composer)
        )
        if text:
            written.metadata.addCustom("musicgan", _printable(text))
        data = music21.musicxml.m21ToXml.GeneralObjectExporter(written).parse()
        write_whole(Path(path), re.sub(rb"\s*<encoding-date>[^<]*</encoding-date>", b"", data))
    except (music21.exceptions21.Music21Exception, OSError, ValueError) as error:
        reason = " ".join((getattr(error, "strerror", None) or str(error)).split())
        raise MidiWriteError(f"{str(path)!r}: cannot be written: {reason}") from None


def _printable(text: str) -> str:
    """`text` without what XML has no place for."""
    return "".join(c if c.isprintable() else " " for c in text)


def _music21() -> Any:
    try:
        import music21
    except ImportError:
        raise MissingExtraError("notation by music21", "score") from None
    return music21


def _notation_grid(score: Score) -> int:
    """Steps a beat to write `score` in: 12 if a good part of it lies on triplets, else 4."""
    onset_tick, beat = score.notes["onset_tick"], score.ticks_per_beat
    on_triplet = (onset_tick * 3 % beat == 0) & (onset_tick % beat != 0)
    return 12 if np.count_nonzero(on_triplet) > TRIPLET_SHARE * len(onset_tick) else 4


def _within_bars(score: Score, lines: int) -> Score:
    """`score` on a grid, with no more than so many bar lines.

    What came last, shortly before the last line, may have been moved on to it: it goes back a step.
    """
    bar_step = downbeats(score)
    if not 0 < lines < len(bar_step):
        return score
    notes, last_step = score.notes.copy(), int(bar_step[lines - 1])
    late = notes["onset_tick"] >= last_step
    notes["onset_tick"][late] = last_step - 1
    end_step = np.minimum(notes["onset_tick"] + notes["duration_tick"], last_step)
    notes["duration_tick"] = end_step - notes["onset_tick"]
    return score.with_notes(sort_notes(notes)).snapped(score.ticks_per_beat)


def _part(music21: Any, score: Score, index: int, bar_step: NDArray[np.int64]) -> Any:
    """Track `index` of a score on a grid as a music21 part with its measures."""
    track = score.tracks[index]
    grid = score.ticks_per_beat
    part = music21.stream.Part(id=f"P{index + 1}")
    name = clean_name(track.name)
    part.partName = name or None
    part.partAbbreviation = " ".join(f"{word[0]}." for word in name.split()) or None
    instrument = _instrument(music21, track)
    # Left to itself music21 draws these at random, and a song would not be the same file twice.
    instrument.partId, instrument.instrumentId = part.id, f"{part.id}-I1"
    part.insert(0, instrument)
    measures = [music21.stream.Measure(number=bar) for bar in range(1, len(bar_step))]
    signs = _signs(music21, score, with_keys=not track.is_drum, with_tempos=index == 0)
    sounds = list(_sounds(music21, score, index, bar_step))
    if measures:
        measures[0].insert(0, _clef(music21, track, [sound for _, sound in sounds]))
    for step, element in (*signs, *sounds):
        bar = int(np.searchsorted(bar_step, step, side="right")) - 1
        if bar < len(measures):
            measures[bar].insert(Fraction(step - int(bar_step[bar]), grid), element)
    for bar, measure in enumerate(measures):
        measure.makeVoices(inPlace=True, fillGaps=False)
        for voice in measure.voices or [measure]:
            _fill_with_rests(music21, voice, int(bar_step[bar + 1] - bar_step[bar]), grid)
        part.insert(Fraction(int(bar_step[bar]), grid), measure)
    if measures:
        measures[-1].rightBarline = music21.bar.Barline("final")
    return part


def _instrument(music21: Any, track: Track) -> Any:
    if track.is_drum:
        return music21.instrument.Percussion()
    return music21.instrument.instrumentFromMidiProgram(track.program)


def _signs(
    music21: Any, score: Score, with_keys: bool, with_tempos: bool
) -> Iterator[tuple[int, Any]]:
    """Metre, key and tempo signs of a part: (step, sign)."""
    for metre in score.metres:
        text = f"{metre.numerator}/{metre.denominator}"
        yield metre.tick, music21.meter.TimeSignature(text)
    for key in score.keys if with_keys else ():
        signature = music21.key.KeySignature(key_sharps(key))
        yield key.tick, signature.asKey("minor" if key.is_minor else "major")
    for tempo in score.tempos if with_tempos else ():
        bpm = round(us_to_bpm(tempo.us_per_beat), 2)
        yield tempo.tick, music21.tempo.MetronomeMark(number=bpm)


def _clef(music21: Any, track: Track, sounds: list[Any]) -> Any:
    if track.is_drum:
        return music21.clef.PercussionClef()
    octave_clef = track.program >= FIRST_AFTER_KEYBOARDS  # tenors and guitars read it
    return music21.clef.bestClef(music21.stream.Stream(sounds), allowTreble8vb=octave_clef)


def _sounds(
    music21: Any, score: Score, track: int, bar_step: NDArray[np.int64]
) -> Iterator[tuple[int, Any]]:
    """Notes and chords of a part, in tied pieces that have a note value: (step, sound)."""
    notes, grid = score.notes[score.notes["track"] == track], score.ticks_per_beat
    keys = score.keys or (Key(0, 0),)
    key_step = [key.tick for key in keys]
    chords: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for onset, duration, pitch, velocity, _ in notes.tolist():
        chords[onset, duration].append((pitch, velocity))
    for (onset, duration), members in chords.items():
        key = keys[max(0, bisect_right(key_step, onset) - 1)]
        parts = list(note_pieces(onset, onset + duration, bar_step.tolist(), grid))
        for number, (start, end) in enumerate(parts):
            pitches = [_named(music21, *spell(pitch, key)) for pitch, _ in members]
            one = len(pitches) == 1
            sound = music21.note.Note(pitches[0]) if one else music21.chord.Chord(pitches)
            sound.quarterLength = Fraction(end - start, grid)
            sound.volume.velocity = max(velocity for _, velocity in members)
            if len(parts) > 1:
                last = number == len(parts) - 1
                kind = "start" if not number else "stop" if last else "continue"
                sound.tie = music21.tie.Tie(kind)
            yield start, sound


def _named(music21: Any, letter: str, sharps: int, octave: int) -> Any:
    pitch = music21.pitch.Pitch(letter, octave=octave)
    if sharps:
        pitch.accidental = music21.pitch.Accidental(sharps)
    return pitch


def _fill_with_rests(music21: Any, voice: Any, length_step: int, grid: int) -> None:
    """Rests wherever nothing sounds in a voice of a bar: readers add up what a bar holds."""
    spans = [(sound.offset, sound.offset + sound.quarterLength) for sound in voice.notes]
    now = 0
    for start, end in [*sorted(spans), (length_step / grid, length_step / grid)]:
        for rest_start, rest_end in rests(now, round(start * grid), length_step, grid):
            rest = music21.note.Rest(quarterLength=Fraction(rest_end - rest_start, grid))
            voice.insert(Fraction(rest_start, grid), rest)
        now = max(now, round(end * grid))
