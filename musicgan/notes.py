"""Notes as arrays: one structured array as a score shows them, columns as numpy likes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.timing import rescale_tick

NOTE = np.dtype(
    [
        ("onset_tick", np.int64),
        ("duration_tick", np.int64),
        ("pitch", np.uint8),
        ("velocity", np.uint8),
        ("track", np.uint16),
    ]
)
"""One note. pitch and velocity are MIDI's (0-127, 1-127); track indexes `score.Score.tracks`."""


def empty_notes(count: int = 0) -> NDArray[np.void]:
    """`count` zeroed notes, [count]."""
    return np.zeros(count, NOTE)


def sort_notes(notes: NDArray[np.void]) -> NDArray[np.void]:
    """Notes by (onset, track, pitch, duration), [N] -> [N]."""
    place, duration = _place(notes), notes["duration_tick"]
    order = np.lexsort((duration, place, notes["onset_tick"]))
    return take_notes(notes, order)


def take_notes(notes: NDArray[np.void], index: NDArray[np.int64]) -> NDArray[np.void]:
    """`notes[index]`, [N] -> [M], several times quicker: a column at a time."""
    out = empty_notes(len(index))
    for field in NOTE.names or ():
        out[field] = notes[field][index]
    return out


def _place(notes: NDArray[np.void]) -> NDArray[np.int64]:
    """Track and pitch as one number, [N]: notes that would sound as one have the same."""
    return np.asarray(notes["track"].astype(np.int64) * 128 + notes["pitch"])


class Columns(NamedTuple):
    """Notes as arrays of their own, [N] each: numpy computes with these far quicker."""

    onset_tick: NDArray[np.int64]
    end_tick: NDArray[np.int64]
    place: NDArray[np.int64]
    """track * 128 + pitch: on one place one note sounds at a time."""
    velocity: NDArray[Any]
    """uint8; codecs have their touches here, int64: of notes that are joined the greatest stays."""
    is_single: bool = False
    """Known for sure: on each place one note sounds at a time."""

    def take(self, index: NDArray[np.int64]) -> Columns:
        """The notes at `index`, [M]."""
        onset, end, place, velocity, is_single = self
        return Columns(
            onset.take(index), end.take(index), place.take(index), velocity.take(index), is_single
        )

    def by_onset(self) -> Columns:
        """Sorted by (onset, track, pitch); equals keep their order."""
        onset, place = self.onset_tick, self.place
        if len(onset) and onset.max() < 1 << 40:
            return self.take(((onset << 23) | place).argsort(kind="stable"))
        return self.take(np.lexsort((place, onset)))


def to_columns(notes: NDArray[np.void]) -> Columns:
    """`notes` [N] as columns."""
    onset = notes["onset_tick"]
    return Columns(onset, onset + notes["duration_tick"], _place(notes), notes["velocity"])


def to_notes(columns: Columns) -> NDArray[np.void]:
    """The notes of `columns`, [N], in their order."""
    onset, end, place, velocity, _ = columns
    notes = empty_notes(len(onset))
    notes["onset_tick"] = onset
    notes["duration_tick"] = end - onset
    notes["pitch"] = place & 127
    notes["track"] = place >> 7
    notes["velocity"] = velocity
    return notes


def snap_notes(notes: NDArray[np.void], ticks_per_beat: int, grid: int) -> NDArray[np.void]:
    """`score.Score.snapped` for the notes alone, [N] -> [M <= N]."""
    return to_notes(snap_columns(to_columns(notes), ticks_per_beat, grid))


def snap_columns(notes: Columns, ticks_per_beat: int, grid: int) -> Columns:
    """`score.Score.snapped` for columns, [N] -> [M <= N]."""
    onset = rescale_tick(notes.onset_tick, ticks_per_beat, grid)
    end = np.maximum(rescale_tick(notes.end_tick, ticks_per_beat, grid), onset + 1)
    moved = Columns(onset, end, notes.place, notes.velocity, notes.is_single)
    snapped = _joined(moved.by_onset())
    # Rounding moves no end past the next onset: what was single before is single still.
    return snapped if notes.is_single else _cut_at_next_onset(snapped)


def _joined(notes: Columns) -> Columns:
    """Of sorted notes that begin together on a place one, as long and as loud as any of them."""
    onset, end, place, velocity, is_single = notes
    repeated = (onset[1:] == onset[:-1]) & (place[1:] == place[:-1])
    if not repeated.any():
        return notes
    first = np.append(0, np.flatnonzero(~repeated) + 1)
    longest, loudest = (np.maximum.reduceat(column, first) for column in (end, velocity))
    return Columns(onset[first], longest, place[first], loudest, is_single)


def _cut_at_next_onset(notes: Columns) -> Columns:
    """Sorted notes, each of which ends where the next one of its place begins, or before."""
    order = by_place(notes.place)
    begin, stop, here = (column[order] for column in notes[:3])
    np.minimum(stop[:-1], begin[1:], out=stop[:-1], where=here[1:] == here[:-1])
    end = np.empty_like(stop)
    end[order] = stop
    return notes._replace(end_tick=end, is_single=True)


def by_place(place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order by (place, onset) of notes that are in order of onset, [N]."""
    # numpy sorts 16-bit keys by radix, five times quicker than wider ones.
    narrow = place.astype(np.uint16) if len(place) and place.max() < 1 << 16 else place
    return np.asarray(narrow.argsort(kind="stable"))
