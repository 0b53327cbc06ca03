"""What both parsers find in a file, and how it becomes a Score."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from musicgan.midifile.pedal import Presses, sustained
from musicgan.notes import Columns, by_place, empty_notes, to_columns
from musicgan.score import MAX_TRACKS, Key, Metre, Score, Tempo, Track

MAX_BEATS = 1_000_000
"""No note of a read Score begins or ends later than this many beats (139 hours at 120 bpm).

A file of 60 bytes can claim 268 million beats; code that lays a score out on a grid may trust
this bound. Later notes are dropped, longer ones end here.
"""

MAX_MAP_EVENTS = 100_000
"""Of the tempo, the metre and the key events of a file no more than the first so many are kept."""

MIN_US_PER_BEAT = 10_000
"""Tempo events below this (6,000 bpm) are damage and are ignored."""

MAX_NAME_LENGTH = 128
MAX_TEXT_BYTES = 4096
"""Of a text of a file: a name may come after some that is not printed."""
DRUM_CHANNEL = 9
NEVER = (1 << 63) - 1
"""Later than every place and tick."""
NO_NOTES = to_columns(empty_notes())


@dataclass
class RawMidi:
    """A parsed file: the n-th note-off of a pitch ends its n-th note-on, whatever was meant."""

    ticks_per_beat: int
    tracks: list[Track] = field(default_factory=list)
    """One for each channel of each track chunk that has notes."""
    notes: Columns = NO_NOTES
    """Track after track, each one's in the order they began."""
    pedals: list[Presses] = field(default_factory=list)
    """Of each track, where they were asked for."""
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """(tick, microseconds a beat)"""
    metres: list[tuple[int, int, int]] = field(default_factory=list)
    """(tick, numerator, denominator)"""
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    """(tick, sharps, or flats below zero, 1 if minor)"""


def join_tracks(
    count: Sequence[int],
    onset_tick: NDArray[Any],
    duration_tick: NDArray[Any],
    pitch: NDArray[Any],
    velocity: NDArray[Any],
) -> Columns:
    """The notes of tracks that have `count` notes each, from columns [N] of one after another."""
    onset = onset_tick.astype(np.int64)
    place = (128 * np.arange(len(count))).repeat(count) + pitch
    return Columns(onset, onset + duration_tick, place, velocity.astype(np.uint8))


def to_score(raw: RawMidi, pedal: bool = False) -> Score:
    """The Score of a parsed file: notes paired, bounded and sorted, nonsense events dropped.

    With `pedal` notes last as long as it holds them.
    """
    max_tick = MAX_BEATS * raw.ticks_per_beat
    tempos = [
        Tempo(t, us) for t, us in raw.tempos[:MAX_MAP_EVENTS] if MIN_US_PER_BEAT <= us < 1 << 24
    ]
    metres = [
        Metre(t, n, d) for t, n, d in raw.metres[:MAX_MAP_EVENTS] if 0 < n < 256 and 0 < d <= 128
    ]
    keys = [
        Key(t, (sharps * 7 + 9 * minor) % 12, bool(minor))
        for t, sharps, minor in raw.keys[:MAX_MAP_EVENTS]
        if -7 <= sharps <= 7 and minor in (0, 1)
    ]
    columns = end_at_retrigger(_bounded(raw.notes, max_tick).by_onset())
    if pedal:
        columns = sustained(columns, raw.pedals)
        columns = columns._replace(end_tick=np.minimum(columns.end_tick, max_tick))
    tracks = tuple(raw.tracks)
    if len(columns.place) < len(raw.notes.place):
        columns, tracks = _without_empty(columns, tracks)
    return Score.of_columns(
        columns,
        tracks=tracks,
        tempos=_ordered(tempos, max_tick),
        metres=_ordered(metres, max_tick),
        keys=_ordered(keys, max_tick),
        ticks_per_beat=raw.ticks_per_beat,
    )


def clean_name(name: str) -> str:
    """A track name safe to print and to file under: no control characters, bounded length."""
    if not name.isprintable():
        name = "".join(c for c in name if c == " " or unicodedata.category(c)[0] not in "CZ")
    return name.strip()[:MAX_NAME_LENGTH].strip()


def decode_text(text: bytes) -> str:
    """Text of a meta event, which names no encoding: UTF-8, Shift-JIS or Latin-1. Never raises.

    Its beginning, if it is longer than `MAX_TEXT_BYTES`.
    """
    is_whole, text = len(text) <= MAX_TEXT_BYTES, text[:MAX_TEXT_BYTES]
    if text.isascii():
        return text.decode("ascii")
    encodings = ["utf-8", "latin-1"]
    if any(0x81 <= byte <= 0x9F for byte in text):  # control characters in Latin-1
        encodings.insert(1, "cp932")
    for encoding in encodings:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(text, is_whole)
        except UnicodeDecodeError:
            continue
    return ""


def _bounded(notes: Columns, max_tick: int) -> Columns:
    """Notes that begin by `max_tick` and end there at the latest, of the first `MAX_TRACKS`."""
    end, place = notes.end_tick, notes.place
    if len(end) and (end.max() > max_tick or place[-1] >= MAX_TRACKS * 128):
        kept = (notes.onset_tick <= max_tick) & (place < MAX_TRACKS * 128)
        notes = notes.take(np.flatnonzero(kept))
        notes = notes._replace(end_tick=np.minimum(notes.end_tick, max_tick))
    return notes


def end_at_retrigger(notes: Columns) -> Columns:
    """Notes in order of onset, with their true ends for those paired first in, first out, [N].

    Only one note of a place sounds at a time: a note lasts until the next note-on or note-off of
    its place, whichever is first. A note-off on the very tick of a re-trigger belongs to the
    earlier note. Pairing keeps the multiset of note-off ticks, so they can be dealt out again.
    """
    order = by_place(notes.place)
    # Ticks have at most 36 bits, so that (place, tick) is one sortable number.
    lane = notes.place << 36
    count = len(order)
    on = np.empty(count + 1, np.int64)
    on[count] = NEVER  # what would follow the last one
    (lane | notes.onset_tick).take(order, out=on[:count], mode="clip")
    end = (lane | notes.end_tick).take(order)
    overlaps = end[:-1] > on[1:count]
    if not overlaps.any():
        return Columns(*notes[:4], True)
    crowded = np.zeros(count, bool)
    crowded[:-1] = overlaps
    crowded[1:] |= overlaps
    crowd = crowded.nonzero()[0]
    off = np.sort(end[crowd])
    # A crowded note has a later note-off in its place: its own, or that of the note before it,
    # which is crowded too. Those of other notes come after the next note-on, or are past.
    next_off = off[off.searchsorted(on[crowd], side="right")]
    next_on = on[crowd + 1]
    true_end = notes.end_tick.copy()
    true_end[order[crowd]] = np.minimum(next_off, next_on) & ((1 << 36) - 1)
    return Columns(notes.onset_tick, true_end, notes.place, notes.velocity, True)


def _without_empty(notes: Columns, tracks: tuple[Track, ...]) -> tuple[Columns, tuple[Track, ...]]:
    used, track = np.unique(notes.place >> 7, return_inverse=True)
    place = track << 7 | notes.place & 127
    return notes._replace(place=place), tuple(tracks[index] for index in used)


E = TypeVar("E", Tempo, Metre, Key)


def _ordered(events: Iterable[E], max_tick: int) -> tuple[E, ...]:
    """Events by tick; of several on one tick the last one wins."""
    at: dict[int, Any] = {event.tick: event for event in events if event.tick <= max_tick}
    return tuple([at[tick] for tick in sorted(at)])
