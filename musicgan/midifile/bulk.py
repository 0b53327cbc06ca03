"""The fast way to read a MIDI file: symusic, asked in such a way that its answer can be checked.

symusic parses ten million notes a second, but it does not say which channel a track came from,
drops notes that are never ended, wraps silently at 2^31 ticks and splits a channel wherever its
program changes. So every track chunk is handed over with an epilogue before its End-of-Track:

- for every channel that may occur a marker note: pitch = channel, velocity 1, duration = number
  of the chunk. It says whose track this is, and by being there at all that the chunk was
  understood up to its end;
- then a note-off for every pitch of each such channel: a note that was never ended now ends
  later than the marker began, and is seen.

Whenever anything is out of the ordinary the answer is None, and `tolerant` reads the file.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.midifile.pedal import NEVER_PRESSED, SUSTAIN, Presses, presses_of
from musicgan.midifile.raw import (
    MAX_MAP_EVENTS,
    NO_NOTES,
    RawMidi,
    clean_name,
    decode_text,
    join_tracks,
)
from musicgan.midifile.traps import doubtful_places, without_system_messages
from musicgan.notes import Columns
from musicgan.score import Track

HEADER = b"MThd\x00\x00\x00\x06"
START = len(HEADER) + 6  # of the first chunk
END_OF_TRACK = b"\xff\x2f\x00"
TRACK_NAME = b"\xff\x03"
EMPTY_META = b"\xff\x7f\x00"
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
MAX_LEADING = 1000
MAX_CHUNKS = 8192  # with hundreds of thousands symusic takes long, and over 1 GB
MAX_LANES = 16384
COLUMNS = ("time", "duration", "pitch", "velocity")
# Data bytes of note-offs for all pitches under running status, delta time 0 between them.
NOTE_OFFS = b"\x00\x00".join(bytes([pitch]) for pitch in range(128)) + b"\x00"


class Lane(NamedTuple):
    """What symusic found on one channel of one chunk."""

    chunk: int
    track: Any
    notes: Any
    """Those of the track, without the marker."""
    marker_tick: int


def read_bulk(data: bytes, pedal: bool = False) -> RawMidi | None:
    """The notes and maps of a well-formed file of format 0 or 1; None if it is anything else.

    With `pedal` the presses of each track's sustain pedal, too.
    """
    chunks = _track_chunks(data)
    places = doubtful_places(data) if chunks else None
    if chunks is None or places is None:
        return None
    names = [_leading_name(chunk) for chunk in chunks]
    if None in names:
        return None
    channels = [_possible_channels(chunk) for chunk in chunks]
    if sum(map(len, channels)) > MAX_LANES:
        return None
    bodies = [
        _with_epilogue(chunk, found, number)
        for number, (chunk, found) in enumerate(zip(chunks, channels, strict=True), 1)
    ]
    if places:
        ends = [*accumulate([8 + len(chunk) for chunk in chunks], initial=START)][1:]
        doubtful = [chunks[n] for n in sorted({bisect_right(ends, place) for place in places})]
        stricter = [without_system_messages(chunk) for chunk in doubtful]
        if stricter != doubtful and _parsed(data[:START], stricter) is None:
            return None
    parsed = _parsed(data[:START], bodies)
    if parsed is None:
        return None
    expected = {(number, channel) for number, found in enumerate(channels, 1) for channel in found}
    lanes = _lanes(parsed.tracks, expected)
    notes = None if lanes is None else _notes(lanes)
    if lanes is None or notes is None:
        return None
    return RawMidi(
        ticks_per_beat=parsed.tpq,
        tracks=[
            Track(names[lane.chunk - 1] or "", lane.track.program, lane.track.is_drum)
            for lane in lanes
        ],
        notes=notes,
        pedals=[_presses(lane) for lane in lanes] if pedal else [],
        tempos=_events(parsed.tempos, "time", "mspq"),
        metres=_events(parsed.time_signatures, "time", "numerator", "denominator"),
        keys=_events(parsed.key_signatures, "time", "key", "tonality"),
    )


def _track_chunks(data: bytes) -> list[bytes] | None:
    """Bodies of the track chunks, or None unless they are not too many and fill the file."""
    if data[:8] != HEADER or data[8:10] not in (b"\0\0", b"\0\1"):
        return None
    if not 0 < int.from_bytes(data[12:14], "big") < 0x8000:
        return None
    chunks: list[bytes] = []
    at = START
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        body = data[at + 8 : end]
        if data[at : at + 4] != b"MTrk" or end > len(data) or body[-3:] != END_OF_TRACK:
            return None
        if len(chunks) == MAX_CHUNKS:
            return None
        chunks.append(body)
        at = end
    return chunks or None


def _possible_channels(chunk: bytes) -> tuple[int, ...]:
    """Channels whose note-on byte occurs, be it as part of something else: that does no harm."""
    return tuple([channel for channel in range(16) if 0x90 | channel in chunk])


def _leading_name(chunk: bytes) -> str | None:
    """The track name among the meta events that open a track; None if it may be further on.

    After `MAX_LEADING` of them it is not looked for: a file of two million took seconds.
    """
    if chunk.find(TRACK_NAME) < 0:
        return ""
    at = 0
    for _ in range(MAX_LEADING):
        if chunk[at : at + 2] != b"\x00\xff" or chunk[at + 3] >= 0x80:
            break
        body = at + 4
        at = body + chunk[at + 3]
        if chunk[body - 2] == 3 and (name := clean_name(decode_text(chunk[body:at]))):
            return name
    else:
        return ""
    return None if chunk.find(TRACK_NAME, at) >= 0 else ""


def _with_epilogue(chunk: bytes, channels: tuple[int, ...], number: int) -> bytes:
    """A track chunk's body; the meta event takes the delta time that End-of-Track had."""
    return chunk[:-3] + _epilogue(channels, number) if channels else chunk


@lru_cache(maxsize=256)
def _epilogue(channels: tuple[int, ...], number: int) -> bytes:
    duration = bytes([0x80 | number >> 14 & 127, 0x80 | number >> 7 & 127, number & 127])
    marks = [bytes([1, 0x90 | c, c, 1]) + duration + bytes([0x80 | c, c, 0]) for c in channels]
    closing = [bytes([1, 0x80 | c]) + NOTE_OFFS for c in channels]
    return b"".join([EMPTY_META, *marks, *closing, b"\0", END_OF_TRACK])


def _parsed(header: bytes, bodies: list[bytes]) -> Any:
    """What symusic makes of a file of these tracks; None where it finds fault with it."""
    import symusic

    tracks = [b"MTrk" + len(body).to_bytes(4, "big") + body for body in bodies]
    try:
        return symusic.Score.from_midi(b"".join([header, *tracks]))
    except Exception:  # whatever it is, the tolerant parser will have its say
        return None


def _events(found: Any, *fields: str) -> list[Any]:
    """The first `MAX_MAP_EVENTS` events of a map, a tuple of these fields each."""
    if not found:
        return []
    columns = found.numpy()
    return [*zip(*(columns[field][:MAX_MAP_EVENTS].tolist() for field in fields), strict=True)]


def _lanes(tracks: Any, expected: set[tuple[int, int]]) -> list[Lane] | None:
    """Tracks with notes by (chunk, channel), or None if it is doubtful whose any of them is."""
    found: dict[tuple[int, int], Lane] = {}
    for track in tracks:
        if not (notes := track.notes):
            continue
        marker = notes.pop()
        at = marker.duration, marker.pitch
        if marker.velocity != 1 or at in found:
            return None  # notes without a marker: the program changed on the way
        found[at] = Lane(at[0], track, notes, marker.time)
    if found.keys() != expected:
        return None
    return [lane for at in sorted(found) if (lane := found[at]).notes]


def _notes(lanes: list[Lane]) -> Columns | None:
    """All notes, or None if it is doubtful when any of them ends."""
    if not lanes:
        return NO_NOTES
    count = [len(lane.notes) for lane in lanes]
    joined = lanes[0].notes.copy()
    for lane in lanes[1:]:
        joined.extend(lane.notes)
    columns = joined.numpy()
    notes = join_tracks(count, *(columns[name] for name in COLUMNS))
    begin = [0, *accumulate(count[:-1])]
    onset, end = notes.onset_tick, notes.end_tick
    if onset.min() < 0 or (end < onset).any():
        return None
    latest = np.maximum.reduceat(end, begin).tolist()
    if any(tick > lane.marker_tick for tick, lane in zip(latest, lanes, strict=True)):
        return None
    for lane, first, size in zip(lanes, begin, count, strict=True):
        if _silenced(lane, onset[first : first + size], end[first : first + size]):
            return None
    return notes


def _silenced(lane: Lane, onset: NDArray[np.int64], end: NDArray[np.int64]) -> bool:
    """Whether a channel-mode message ends a note before its note-off does."""
    if not (controls := lane.track.controls):
        return False
    control = controls.numpy()
    number = control["number"]
    if number.max() < ALL_SOUND_OFF:
        return False
    stops = control["time"][(number == ALL_NOTES_OFF) | (number == ALL_SOUND_OFF)]
    if not len(stops):
        return False
    return bool((stops.searchsorted(onset, "right") < stops.searchsorted(end)).any())


def _presses(lane: Lane) -> Presses:
    if lane.track.is_drum or not lane.track.controls:
        return NEVER_PRESSED
    control = lane.track.controls.numpy()
    is_pedal = control["number"] == SUSTAIN
    notes = lane.notes.numpy()
    end_tick = int((notes["time"] + notes["duration"]).max())
    return presses_of(control["time"][is_pedal], control["value"][is_pedal], end_tick)
