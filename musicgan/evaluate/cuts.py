"""Windows of equal length: what is compared when music is measured."""

from __future__ import annotations

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT

WINDOW_NOTES = 128
MOST_WINDOWS = 4
"""Of one song. A song of tremolos has ten times the notes of another and is no ten songs."""


def windows(
    rows: Rows, grid: int, length: int = WINDOW_NOTES, most: int | None = None
) -> list[Rows]:
    """Consecutive windows of `length` note tuples, [T, 5] -> each [length, 5]; a rest is left out.

    Of more than `most` windows as many are kept, spread evenly from the first to the last. The
    first wait of a window becomes the steps its onset stands after a beat, so that what was on
    the beat stays on the beat.
    """
    onset_step = rows[:, WAIT].cumsum()
    starts = np.arange(len(rows) // length) * length
    if most is not None and len(starts) > most:
        starts = starts[np.linspace(0, len(starts) - 1, most).round().astype(int)]
    cut = []
    for start in starts.tolist():
        window = rows[start : start + length].copy()
        window[0, WAIT] = onset_step[start] % grid
        cut.append(window)
    return cut
