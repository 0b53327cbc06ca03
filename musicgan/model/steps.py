"""Small numpy pieces that the generator and the critic share when they play."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def offsets(sizes: Sequence[int]) -> Ints:
    """Where each column's rows begin in one table that holds the columns one after another."""
    return np.concatenate([[0], np.cumsum(sizes[:-1])]).astype(np.int64)


def parts(widths: Sequence[int]) -> list[slice]:
    """Where each part lies in a row that holds parts of these widths one after another."""
    begins = offsets(widths).tolist()
    return [slice(begin, begin + width) for begin, width in zip(begins, widths, strict=True)]


class Table:
    """A sum of embeddings: row sums of `weight` [sum(sizes), E], one row a column."""

    def __init__(self, weight: Floats, sizes: Sequence[int]) -> None:
        self.weight = np.ascontiguousarray(weight)
        self._offsets = offsets(sizes)

    def __call__(self, columns: Ints) -> Floats:
        """Columns [B, C] -> [B, E]."""
        rows: Floats = np.take(self.weight, columns + self._offsets, axis=0)
        return np.asarray(np.add.reduce(rows, axis=1))


def gru_step(hidden: Floats, x: Floats, weight: Floats, bias: Floats) -> Floats:
    """One step of torch's GRU: hidden [B, H], input products x [B, 3H], weight [H, 3H] -> [B, H].

    The gates stand in torch's order: reset, update, new.
    """
    size = hidden.shape[1]
    h = hidden @ weight
    h += bias
    gates = h[:, : 2 * size] + x[:, : 2 * size]
    gates *= np.float32(0.5)
    np.tanh(gates, out=gates)
    gates += np.float32(1)
    gates *= np.float32(0.5)
    new = h[:, 2 * size :]
    new *= gates[:, :size]
    new += x[:, 2 * size :]
    np.tanh(new, out=new)
    update = gates[:, size:]
    return np.asarray(new + update * (hidden - new))
