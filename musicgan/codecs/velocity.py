"""Velocity in a few bins: 1 bin forgets it, 127 keep it exactly."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

DEFAULT_VELOCITY = 80
"""What a codec with one bin plays."""


def velocity_to_bin(velocity: NDArray[Any], bins: int) -> NDArray[np.int64]:
    """Bins 0 to `bins` - 1 of velocities, [N] -> [N]; velocities are clipped to 1-127."""
    return _bins_of_velocities(bins).take(velocity, mode="clip")


@lru_cache(maxsize=128)
def _bins_of_velocities(bins: int) -> NDArray[np.int64]:
    """The bin of each velocity from 0 to 127, [128]."""
    loudness = np.maximum(np.arange(128), 1) - 1
    return np.asarray(loudness * bins // 127)


def bin_to_velocity(index: NDArray[np.int64], bins: int) -> NDArray[np.int64]:
    """The middle velocity of each bin, [N] -> [N]: it bins back to where it came from."""
    if bins == 1:
        return np.full(len(index), DEFAULT_VELOCITY, np.int64)
    # Bin i holds loudnesses [ceil(127 i / bins), ceil(127 (i + 1) / bins)), counted from 0.
    first, past = -(-127 * index // bins), -(-127 * (index + 1) // bins)
    return np.asarray((first + past - 1) // 2 + 1)
