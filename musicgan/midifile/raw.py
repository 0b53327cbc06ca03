"""What both parsers find in a file, and how it becomes a Score."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from musicgan.score import MAX_TRACKS, Key, Metre, Score, Tempo, Track, by_place, empty_notes

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
DRUM_CHANNEL = 9


@dataclass
class Lane:
    """The notes of one channel of one track chunk, [N] each, in the order they began."""

    track: Track
    onset_tick: NDArray[Any]
    end_tick: NDArray[Any]
    pitch: NDArray[Any]
    velocity: NDArray[Any]


@dataclass
class RawMidi:
    """A parsed file: the n-th note-off of a pitch ends its n-th note-on, whatever was meant."""

    ticks_per_beat: int
    lanes: list[Lane] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """(tick, microseconds a beat)"""
    metres: list[tuple[int, int, int]] = field(default_factory=list)
    """(tick, numerator, denominator)"""
    keys: list[tuple[int, int, int]] = field(default_factory=list)
    """(tick, sharps, or flats below zero, 1 if minor)"""


def to_score(raw: RawMidi) -> Score:
    """The Score of a parsed file: notes paired, bounded and sorted, nonsense events dropped."""
    max_tick = MAX_BEATS * raw.ticks_per_beat
    lanes = raw.lanes[:MAX_TRACKS]
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
    notes = _join(lanes, max_tick)
    tracks = tuple(lane.track for lane in lanes)
    if len(notes) < sum(len(lane.onset_tick) for lane in lanes):
        notes, tracks = _without_empty(notes, tracks)
    return Score(
        notes=notes,
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
    """Text of a meta event, which names no encoding: UTF-8, Shift-JIS or Latin-1. Never raises."""
    encodings = ["utf-8", "latin-1"]
    if any(0x81 <= byte <= 0x9F for byte in text):  # control characters in Latin-1
        encodings.insert(1, "cp932")
    for encoding in encodings:
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _join(lanes: Sequence[Lane], max_tick: int) -> NDArray[np.void]:
    """All notes, bounded by `max_tick`, by (onset, track, pitch, duration), [N]."""
    if not lanes:
        return empty_notes()
    onset = np.concatenate([lane.onset_tick for lane in lanes], dtype=np.int64)
    end = np.concatenate([lane.end_tick for lane in lanes], dtype=np.int64)
    pitch = np.concatenate([lane.pitch for lane in lanes], dtype=np.int64)
    velocity = np.concatenate([lane.velocity for lane in lanes], dtype=np.int64)
    sizes = [len(lane.onset_tick) for lane in lanes]
    slot = np.repeat(np.arange(len(lanes)), sizes) * 128 + pitch

    if len(onset) and onset.max() > max_tick:
        kept = onset <= max_tick
        onset, end, slot, velocity = onset[kept], end[kept], slot[kept], velocity[kept]
    end = np.minimum(end, max_tick)
    end = end_at_retrigger(onset, end, slot)

    # One 64-bit sort key: a tick has at most 35 bits, a slot 23.
    order = np.argsort((onset << 23) | slot, kind="stable")
    notes = empty_notes(len(order))
    notes["onset_tick"] = onset[order]
    notes["duration_tick"] = (end - onset)[order]
    notes["pitch"] = (slot & 127)[order]
    notes["track"] = (slot >> 7)[order]
    notes["velocity"] = velocity[order]
    return notes


def end_at_retrigger(
    onset_tick: NDArray[np.int64], end_tick: NDArray[np.int64], slot: NDArray[np.int64]
) -> NDArray[np.int64]:
    """True ends of notes whose ends were paired first in, first out, [N] -> [N].

    `slot` is track * 128 + pitch. Only one note of a slot sounds at a time: a note lasts until
    the next note-on or note-off of its slot, whichever is first. A note-off on the very tick of a
    re-trigger belongs to the earlier note. Pairing keeps the multiset of note-off ticks, so
    they can be dealt out again.
    """
    order = by_place(slot, onset_tick)
    # Ticks have at most 36 bits, so that (slot, tick) is one sortable number.
    lane = slot[order] << 36
    on, end = lane | onset_tick[order], lane | end_tick[order]
    overlaps = end[:-1] > on[1:]
    if not overlaps.any():
        return end_tick
    crowded = np.zeros(len(order), bool)
    crowded[:-1] |= overlaps
    crowded[1:] |= overlaps
    off = np.sort(end[crowded])
    # A crowded note has a later note-off in its slot: its own, or that of the note before it,
    # which is crowded too. Those of other notes come after the next note-on, or are past.
    next_off = off[np.searchsorted(off, on[crowded], side="right")]
    next_on = np.append(on[1:], np.iinfo(np.int64).max)[crowded]
    end[crowded] = np.minimum(next_off, next_on)
    result = np.empty_like(end)
    result[order] = end & ((1 << 36) - 1)
    return result


def _without_empty(
    notes: NDArray[np.void], tracks: tuple[Track, ...]
) -> tuple[NDArray[np.void], tuple[Track, ...]]:
    used = np.unique(notes["track"])
    notes["track"] = np.searchsorted(used, notes["track"])
    return notes, tuple(tracks[index] for index in used)


E = TypeVar("E", Tempo, Metre, Key)


def _ordered(events: Iterable[E], max_tick: int) -> tuple[E, ...]:
    """Events by tick; of several on one tick the last one wins."""
    at: dict[int, Any] = {event.tick: event for event in events if event.tick <= max_tick}
    return tuple(at[tick] for tick in sorted(at))
