"""What the pitch head's outputs mean: a pitch, a degree, a leap, a height, a step off an echo.

Every pitch adds up several outputs, so that what is learned of an interval in one key or register
holds in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.intervals import INTERVAL_CLASSES, INTERVALS

Ints = NDArray[np.int64]

NEAR = 2
"""Semitones off an echo that are told apart, up and down."""


@dataclass(frozen=True)
class PitchPlaces:
    """Where among the outputs each of 128 pitches finds its own, beside the first 128.

    By the tonic [12, 128], the voice's last pitch [129, 128], the lowest pitch that sounds
    [129, 128] and, where the network looks back, the pitch that an earlier bar suggests
    [129, 128]; no such pitch, which is -1, is the last row.
    """

    by: tuple[Ints, ...]
    outputs: int
    """How many outputs there are in all."""

    @property
    def tables(self) -> int:
        """How many a pitch adds to its own."""
        return len(self.by)

    @cached_property
    def joined(self) -> Ints:
        """Each pitch's own output and all of `by`, one below the other, -1 first: [N, 128]."""
        own, (tonic, *pitches) = np.arange(128)[None], self.by
        return np.concatenate([own, tonic, *(np.roll(table, 1, axis=0) for table in pitches)])

    @cached_property
    def begins(self) -> Ints:
        """Where in `joined` the own outputs, the row of tonic 0 and those of pitch 0 are."""
        return np.append([0, 1], 13 + 129 * np.arange(self.tables - 1) + 1)


@lru_cache
def pitch_places(looks_back: bool) -> PitchPlaces:
    """The places of a network that is told what earlier bars suggest, or of one that is not."""
    pitch, below = np.arange(128), np.append(np.arange(128), -1)[:, None]
    degree = (pitch - np.arange(12)[:, None]) % 12 + 128
    leap = INTERVAL_CLASSES + 140
    height = leap + INTERVALS
    if not looks_back:
        return PitchPlaces((degree, leap, height), 140 + 2 * INTERVALS)
    begin, away = 140 + 2 * INTERVALS, 2 * NEAR + 1
    off = np.where(abs(pitch - below) <= NEAR, pitch - below + NEAR, away)
    echo = begin + np.where(below < 0, away + 1, off)
    return PitchPlaces((degree, leap, height, echo), begin + away + 2)
