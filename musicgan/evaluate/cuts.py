"""Windows of equal length: what is compared when music is measured."""

from __future__ import annotations

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT

WINDOW_NOTES = 128


def windows(rows: Rows, grid: int, length: int = WINDOW_NOTES) -> list[Rows]:
    """Consecutive windows of `length` note tuples, [T, 5] -> each [length, 5]; a rest is left out.

    The first wait of a window becomes the steps its onset stands after a beat, so that what was
    on the beat stays on the beat.
    """
    onset_step = rows[:, WAIT].cumsum()
    cut = []
    for start in range(0, len(rows) - length + 1, length):
        window = rows[start : start + length].copy()
        window[0, WAIT] = onset_step[start] % grid
        cut.append(window)
    return cut
