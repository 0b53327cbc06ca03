"""MIDI file -> Score: whatever the bytes are, a Score or one line that says why not."""

from __future__ import annotations

from fractions import Fraction
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgan.errors import MidiReadError
from musicgan.midifile.bulk import read_bulk
from musicgan.midifile.chunks import Contents, find_contents, lost_its_high_bytes
from musicgan.midifile.raw import MAX_BEATS, RawMidi, to_score
from musicgan.midifile.tolerant import read_tolerant
from musicgan.score import Score

MAX_FILE_BYTES = 16 * 2**20
"""Larger files are refused: 16 MiB is over two million notes."""
USUAL_FILE_BYTES = 1 << 16


def read_midi(source: str | Path | bytes, *, pedal: bool = False) -> Score:
    """The Score of a MIDI file, given by path or as bytes. Its times are the file's own ticks.

    Every channel of every track chunk that has notes becomes a `Track`, in order of (chunk,
    channel), with the program in force at its first note; channel 10 is drums. On one pitch of a
    track one note sounds at a time: a note-on ends the note before it. A note that nothing ends
    lasts until its track does. With `pedal` a note lasts as long as the sustain pedal holds it,
    drums apart; without, as long as its key is down. Patterns of a format 2 file follow each other.
    Under time code (SMPTE) a beat is half a second.

    Damaged files are read as far as they make sense; nothing lies beyond `MAX_BEATS`, and files
    larger than `MAX_FILE_BYTES` are refused. Names hold no control characters.

    Raises `MidiReadError`, and nothing else, when there is nothing to read: one line with the
    file's name and the reason.
    """
    if isinstance(source, bytes):
        name, data = "MIDI data", source
    else:
        name = repr(str(source))[1:-1]
        data = _load(source if isinstance(source, Path) else Path(source), name)
    return _score(_parsed(data, name, pedal), name, pedal)


def read_pedalled(data: bytes) -> tuple[Score, Score]:
    """What `read_midi` reads of a file's bytes with the pedal, and without; parsed once."""
    raw = _parsed(data, "MIDI data", pedal=True)
    return _score(raw, "MIDI data", pedal=True), _score(raw, "MIDI data", pedal=False)


def _parsed(data: bytes, name: str, pedal: bool) -> RawMidi:
    if len(data) > MAX_FILE_BYTES:
        raise MidiReadError(f"{name}: larger than the {MAX_FILE_BYTES >> 20} MiB that are read")
    return read_bulk(data, pedal) or _read_damaged(data, name)


def _score(raw: RawMidi, name: str, pedal: bool) -> Score:
    score = to_score(raw, pedal)
    if raw.tracks and not len(score):
        raise MidiReadError(f"{name}: all its notes lie beyond beat {MAX_BEATS:,}")
    return score


def read_bounded(path: Path) -> bytes:
    """The file's bytes; of a file that is too large to be read, one byte more than the limit.

    Raises `OSError`, or `ValueError` for a path that no file can have.
    """
    data = b""
    with FileIO(path) as file:
        # Asked for 16 MiB at once, Python sets them all aside, be the file ever so small.
        while len(data) <= MAX_FILE_BYTES and (more := file.read(USUAL_FILE_BYTES + len(data))):
            data += more
    return data[: MAX_FILE_BYTES + 1]


def _load(path: Path, name: str) -> bytes:
    try:
        return read_bounded(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MidiReadError(f"{name}: cannot be opened: {reason}") from None


def _read_damaged(data: bytes, name: str) -> RawMidi:
    if not data:
        raise MidiReadError(f"{name}: the file is empty")
    contents = find_contents(data)
    if not contents.tracks:
        what = "a MIDI header without any track" if b"MThd" in data else "not a MIDI file"
        raise MidiReadError(f"{name}: {what} (no 'MTrk' in its {len(data):,} bytes)")
    if not contents.is_sound and lost_its_high_bytes(data):
        raise MidiReadError(f"{name}: damaged as text, every byte above 127 is lost (U+FFFD)")
    raw = read_tolerant(contents)
    if not raw.tracks and not contents.is_sound:
        raise MidiReadError(f"{name}: damaged, and not a single note could be saved")
    return _from_timecode(raw, contents) if contents.is_timecode else raw


def _from_timecode(raw: RawMidi, contents: Contents) -> RawMidi:
    """Ticks that were parts of a second become parts of a beat at 120 beats a minute."""
    scale = contents.tick_scale

    def scaled(ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        made = [_scaled(tick, scale) for tick in ticks.ravel().tolist()]
        return np.array(made, np.int64).reshape(ticks.shape)

    onset, end = scaled(raw.notes.onset_tick), scaled(raw.notes.end_tick)
    return RawMidi(
        ticks_per_beat=raw.ticks_per_beat,
        tracks=raw.tracks,
        notes=raw.notes._replace(onset_tick=onset, end_tick=end),
        pedals=[scaled(presses) for presses in raw.pedals],
        metres=[(_scaled(tick, scale), above, below) for tick, above, below in raw.metres],
        keys=[(_scaled(tick, scale), sharps, minor) for tick, sharps, minor in raw.keys],
    )


def _scaled(tick: int, scale: Fraction) -> int:
    return (2 * tick * scale.numerator + scale.denominator) // (2 * scale.denominator)
