"""How music is played beside the grid, of which all other measures, in steps, see nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgan.score import Score
from musicgan.timing import rescale_tick

Floats = NDArray[np.float64]

BIN_MS, MOST_MS = 4.0, 80.0
"""Of the histograms; further off counts as this."""


def late_ms(score: Score, grid: int) -> Floats:
    """By how many milliseconds each onset is later than the nearest step of `grid` a beat, [N].

    Below 0 where it is early. A beat is as long as it is in the piece on average.
    """
    if not len(score):
        return np.zeros(0)
    onset = score.columns.onset_tick
    step = rescale_tick(onset, score.ticks_per_beat, grid)
    late_tick = onset - step * score.ticks_per_beat / grid
    return np.asarray(late_tick * (1000 * score.duration_sec / score.end_tick))


def mean_off_ms(late: Sequence[Floats]) -> float | None:
    """How far onsets lie from the grid, early or late: the mean over pieces of their means."""
    means = [float(np.abs(piece).mean()) for piece in late if len(piece)]
    return float(np.mean(means)) if means else None


def shared_timing(one: Sequence[Floats], other: Sequence[Floats]) -> float | None:
    """How alike the onsets of two sets lie beside the grid: their histograms' overlap, 0 to 1."""
    edges = np.arange(-MOST_MS - BIN_MS / 2, MOST_MS + BIN_MS, BIN_MS)
    shares = []
    for late in (one, other):
        played = np.concatenate([np.zeros(0), *late])
        if not len(played):
            return None
        count, _ = np.histogram(np.clip(played, -MOST_MS, MOST_MS), edges)
        shares.append(count / count.sum())
    return float(np.minimum(*shares).sum())
