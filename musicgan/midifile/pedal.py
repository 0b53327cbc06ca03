"""The sustain pedal: what it holds sounds until it goes up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musicgan.notes import Columns, by_place

SUSTAIN = 64
"""The number of its controller."""
DOWN = 64
"""From this value on it is down."""
Presses = NDArray[np.int64]
"""[P, 2]: the ticks at which it goes down and up again, ascending."""
NEVER_PRESSED: Presses = np.zeros((0, 2), np.int64)


def presses_of(tick: ArrayLike, value: ArrayLike, end_tick: int) -> Presses:
    """The presses that a track's controller says, its values [N] at ascending ticks [N].

    One that nothing ends lasts until `end_tick`, or until it begins if that is later.
    """
    ticks = np.asarray(tick, np.int64)
    is_down = np.concatenate(([False], np.asarray(value) >= DOWN))
    changes = ticks[is_down[1:] != is_down[:-1]]
    if len(changes) % 2:
        changes = np.append(changes, max(end_tick, int(changes[-1])))
    return np.asarray(changes.reshape(-1, 2), np.int64)


def sustained(notes: Columns, pedals: Sequence[Presses]) -> Columns:
    """Notes [N] that end where they are heard to, for the presses of each track.

    Whoever leaves a key while the pedal is down, or as it goes down, leaves the note sounding until
    the pedal goes up or the key is struck again.
    """
    end = notes.end_tick.copy()
    track = notes.place >> 7
    for number, presses in enumerate(pedals):
        if not len(presses):
            continue
        mine = np.flatnonzero(track == number)
        at = np.searchsorted(presses[:, 0], end[mine], "right") - 1
        held_until = np.where(at >= 0, presses[at, 1], 0)
        end[mine] = np.maximum(end[mine], held_until)
    order = by_place(notes.place)
    begin, stop, here = notes.onset_tick[order], end[order], notes.place[order]
    np.minimum(stop[:-1], begin[1:], out=stop[:-1], where=here[1:] == here[:-1])
    end[order] = stop
    return notes._replace(end_tick=end)
