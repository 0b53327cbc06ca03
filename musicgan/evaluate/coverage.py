"""Do generated windows lie where real ones lie, and everywhere there? By nearest neighbours."""

from __future__ import annotations

import numpy as np

from musicgan.evaluate.distances import LIMIT_SD, Floats

NEIGHBOURS = 5


def precision(real: Floats, fake: Floats, k: int = NEIGHBOURS) -> float:
    """Share of fake rows [M, D] that lie among the real rows [N, D], 0 to 1.

    A row lies among them when it is no further from some real row than that row's `k`-th
    neighbour in its own set (Kynkaanniemi et al. 2019). Values are standardised by the real
    set. Quality only: a few good songs repeated score high, one outlier among the real rows
    makes a wide ball. Raises ValueError for k real rows or fewer.
    """
    distance, radius = _balls(real, fake, k)
    return float((distance <= radius[:, None]).any(0).mean())


def coverage(real: Floats, fake: Floats, k: int = NEIGHBOURS) -> float:
    """Share of real rows [N, D] with a fake row [M, D] in their ball, 0 to 1 (Naeem et al. 2020).

    The ball reaches to the row's `k`-th neighbour in its own set. Variety: it falls when songs
    are alike. It grows with the number of fake rows: compare equal numbers. Raises ValueError
    for k real rows or fewer.
    """
    distance, radius = _balls(real, fake, k)
    return float((distance <= radius[:, None]).any(1).mean())


def _balls(real: Floats, fake: Floats, k: int) -> tuple[Floats, Floats]:
    """Distances of real from fake rows, [N, M], and from their k-th real neighbour, [N]."""
    if len(real) <= k:
        raise ValueError(f"{len(real)} real rows: give at least {k + 1}, for {k} neighbours each")
    mean, scale = real.mean(0), real.std(0)
    scale[scale < 1e-9] = 1.0
    real, fake = (np.clip((rows - mean) / scale, -LIMIT_SD, LIMIT_SD) for rows in (real, fake))
    among = np.sort(distances(real, real), axis=1)  # the first is the row itself
    return distances(real, fake), among[:, k]


def distances(one: Floats, other: Floats) -> Floats:
    """Euclidean distances between rows, [N, D] and [M, D] -> [N, M]."""
    square = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.asarray(np.sqrt(np.maximum(square, 0)))
