"""The MIDI messages that playing live is made of (MIDI 1.0 detailed specification)."""

from __future__ import annotations

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
"""The upper four bits; the lower ones are the channel."""
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
PULSES_PER_BEAT = 24
PULSES_PER_SIXTEENTH = 6
"""What a song position pointer counts in."""

Place = tuple[int, int]
"""Channel and pitch: where a note sounds."""


def place_of(message: bytes) -> Place:
    """Channel and pitch of a note-on or note-off."""
    return message[0] & 15, message[1]


def is_note_on(message: bytes) -> bool:
    """Whether it starts a note: a velocity of 0 ends one."""
    return len(message) == 3 and message[0] & 0xF0 == NOTE_ON and message[2] > 0


def is_note_off(message: bytes) -> bool:
    """Whether it ends a note."""
    if len(message) != 3:
        return False
    return message[0] & 0xF0 == NOTE_OFF or (message[0] & 0xF0 == NOTE_ON and message[2] == 0)


def note_off(place: Place) -> bytes:
    """The end of what sounds there."""
    return bytes([NOTE_OFF | place[0], place[1], 0])


def silences(channel: int) -> list[bytes]:
    """All notes off and all sound off, for whoever missed a note-off."""
    return [bytes([CONTROL | channel, what, 0]) for what in (ALL_NOTES_OFF, ALL_SOUND_OFF)]


def position_of(message: bytes) -> int:
    """The pulse that a song position pointer names."""
    return (message[1] | message[2] << 7) * PULSES_PER_SIXTEENTH


def position_at(pulse: int) -> bytes:
    """The song position pointer of a pulse; rounded down to a sixteenth, as MIDI has it."""
    sixteenth = pulse // PULSES_PER_SIXTEENTH & 0x3FFF
    return bytes([POSITION, sixteenth & 127, sixteenth >> 7])
