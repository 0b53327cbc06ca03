"""Tick, beat, second: pure functions. A beat is a quarter note; a step is one cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

US_PER_BEAT_AT_120 = 500_000
US_PER_MINUTE = 60_000_000


def bpm_to_us(bpm: float) -> int:
    """Microseconds a beat at `bpm` beats a minute, as a MIDI tempo event stores it."""
    return round(US_PER_MINUTE / bpm)


def us_to_bpm(us_per_beat: int) -> float:
    """Beats a minute of a MIDI tempo of `us_per_beat` microseconds a quarter note."""
    return US_PER_MINUTE / us_per_beat


def rescale_tick(tick: NDArray[np.int64], old: int, new: int) -> NDArray[np.int64]:
    """Ticks at resolution `old` a beat -> the nearest ticks at `new` a beat; halves go up.

    Integer arithmetic throughout, so that a grid point maps to itself at any distance.
    """
    if old == new:
        return tick
    common = gcd(old, new)
    old, new = old // common, new // common
    return ((tick if new == 1 else tick * new) + old // 2) // old


def bar_length_step(numerator: int, denominator: int, grid: int) -> int:
    """Steps in a bar of `numerator`/`denominator` on a grid of `grid` steps a beat, at least 1."""
    return max(1, round(numerator * 4 * grid / denominator))


def tick_to_sec(
    tick: NDArray[np.int64], tempos: Sequence[tuple[int, int]], ticks_per_beat: int
) -> NDArray[np.float64]:
    """Seconds at each tick, [N] -> [N].

    `tempos` are (tick, us_per_beat) in ascending order; before the first one the tempo is 120.
    """
    points = [(0, US_PER_BEAT_AT_120), *tempos]
    start_tick = np.array([t for t, _ in points], np.int64)
    sec_per_tick = np.array([us for _, us in points], np.float64) / 1e6 / ticks_per_beat
    elapsed = np.diff(start_tick) * sec_per_tick[:-1]
    start_sec = np.concatenate([[0.0], np.cumsum(elapsed)])
    where = np.searchsorted(start_tick, tick, side="right") - 1
    return np.asarray(start_sec[where] + (tick - start_tick[where]) * sec_per_tick[where])
