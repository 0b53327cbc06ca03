"""How far one set of descriptor rows is from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LIMIT_SD = 5.0
"""Real sets hold odd windows (one endless rest, say) that would else outweigh all the others."""


def frechet(real: Floats, fake: Floats) -> float:
    """Frechet distance of fake [M, D] from real [N, D], on values standardised by the real set.

    The squared 2-Wasserstein distance of the two sets taken as Gaussians: |difference of means|^2
    + tr(A + B - 2 (AB)^(1/2)) for covariances A, B (Frechet 1957; Heusel et al. 2017, there on
    network activations). 0 means alike; it has no unit. A value that never varies in the real
    set is left on its own scale; values more than `LIMIT_SD` from the real mean count as there.

    It does not see copying: training windows given back score like the real thing. Small sets
    bias it upwards: compare sets of equal size, beside real music in the same place. Raises
    ValueError for fewer than 2 rows or unlike widths.
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"descriptors {real.shape} and {fake.shape}: expected [N, D] and [M, D]")
    if min(len(real), len(fake)) < 2:
        raise ValueError(f"{len(real)} real and {len(fake)} fake rows: give at least 2 of each")
    mean, scale = real.mean(0), real.std(0)
    scale[scale < 1e-9] = 1.0
    real, fake = (np.clip((rows - mean) / scale, -LIMIT_SD, LIMIT_SD) for rows in (real, fake))
    cov_real, cov_fake = _covariance(real), _covariance(fake)
    root = _root(cov_real)
    # tr((AB)^(1/2)) through the symmetric A^(1/2) B A^(1/2), which has the same eigenvalues.
    shared = np.linalg.eigvalsh(root @ cov_fake @ root)
    spread = np.trace(cov_real) + np.trace(cov_fake) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    shift = fake.mean(0) - real.mean(0)
    return max(0.0, float(shift @ shift + spread))


def _covariance(rows: Floats) -> Floats:
    """[N, D] -> [D, D]; unlike np.cov also for D = 1."""
    centred = rows - rows.mean(0)
    return np.asarray(centred.T @ centred / (len(rows) - 1))


def _root(covariance: Floats) -> Floats:
    """The symmetric square root of a positive semi-definite matrix, [D, D] -> [D, D]."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)
