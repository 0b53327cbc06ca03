"""Drawing from logits: temperature, nucleus, masks; vectorised over songs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.model.steps import Floats, Ints

NEVER = np.float32(-1e9)
"""Logit of what must not be drawn."""


def draw(
    logits: Floats, rng: np.random.Generator, temperature: float = 1.0, top_p: float = 1.0
) -> Ints:
    """One draw a row, logits [B, N] -> [B].

    `top_p` below 1 keeps the smallest set of values whose probability reaches it (nucleus
    sampling, Holtzman et al. 2020). Exactly one uniform number a row is taken from `rng`.
    """
    return draw_by(1 - rng.random(len(logits)), logits, temperature, top_p)


def draw_by(
    chance: NDArray[np.float64], logits: Floats, temperature: float = 1.0, top_p: float = 1.0
) -> Ints:
    """As `draw`, by a uniform number above 0 and at most 1 a row, [B]."""
    # Ufuncs' own reduce and accumulate: array methods spend as long again in Python.
    if temperature != 1:
        logits = logits / np.float32(temperature)
    weight = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    np.exp(weight, out=weight)
    if top_p < 1:
        weight = _nucleus(weight, top_p)
    total = np.add.accumulate(weight, axis=1, dtype=np.float64)
    # A mark above nothing and at most the total: it is reached, and by a value of some weight.
    mark = chance * total[:, -1]
    return np.asarray((total >= mark[:, None]).argmax(axis=1))


def _nucleus(weight: Floats, top_p: float) -> Floats:
    order = np.argsort(-weight, axis=1, kind="stable")
    ranked = np.take_along_axis(weight, order, axis=1)
    before = np.cumsum(ranked, axis=1, dtype=np.float64) - ranked
    kept = before < top_p * ranked.sum(axis=1, keepdims=True, dtype=np.float64)
    out = np.zeros_like(weight)
    np.put_along_axis(out, order, np.where(kept, ranked, 0), axis=1)
    return out


def masked(logits: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Logits [B, N] with what is not `allowed` out of reach; a row with nothing left is kept."""
    some = np.logical_or.reduce(allowed, axis=1, keepdims=True)
    if np.count_nonzero(some) < len(some):
        allowed = allowed | ~some
    return np.where(allowed, logits, NEVER)
