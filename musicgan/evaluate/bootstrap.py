"""How far the mean of a few numbers is to be believed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RESAMPLINGS = 2000
QUANTILES = 0.05, 0.95


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 90% interval of the mean of values [N], by their bootstrap (Efron 1979).

    The same draws each time, so that the same values give the same interval.
    """
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLINGS, len(values)))
    low, high = np.quantile(np.asarray(values)[drawn].mean(axis=1), QUANTILES)
    return float(low), float(high)
