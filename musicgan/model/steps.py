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


FETCHED = 112_000
"""Numbers that a table fetches at a time: these stay in the processor's cache until summed."""


class Table:
    """A sum of embeddings: row sums of `weight` [sum(sizes), E], one row a column."""

    def __init__(self, weight: Floats, sizes: Sequence[int]) -> None:
        self.weight = np.ascontiguousarray(weight)
        self._offsets = offsets(sizes)
        self._ones = np.ones(len(sizes), np.float32)
        self._part = max(1, FETCHED // (len(sizes) * weight.shape[1]))

    def __call__(self, columns: Ints) -> Floats:
        """Columns [B, C] -> [B, E]."""
        at = columns + self._offsets
        if len(at) > self._part:
            return self._by_parts(at)
        # As a product the sum takes two thirds of the time.
        return np.asarray(self._ones @ self.weight.take(at, axis=0))

    def _by_parts(self, at: Ints) -> Floats:
        rows = np.empty((self._part, at.shape[1], self.weight.shape[1]), np.float32)
        out = np.empty((len(at), self.weight.shape[1]), np.float32)
        for begin in range(0, len(at), self._part):
            some = at[begin : begin + self._part]
            fetched = rows[: len(some)]
            self.weight.take(some, axis=0, out=fetched, mode="clip")
            np.matmul(self._ones, fetched, out=out[begin : begin + self._part])
        return out


SMALL = 1_000_000
"""OpenBLAS multiplies up to so many pairs of numbers with weights as they lie; for a larger product
it copies all weights first, which takes longer than to multiply them by those of a few songs."""
FEW = 8
"""Songs for which it pays to keep products small: of 8 the recurrent one takes half the time."""
LANES = 16
"""float32 numbers in the widest register."""


class Linear:
    """x [B, K] -> x @ `weight` + `bias`, [B, N], for a few songs some columns at a time."""

    def __init__(self, weight: Floats, bias: Floats) -> None:
        self._weight, self.bias = np.ascontiguousarray(weight), bias
        self._size = weight.size
        some = small_parts(*weight.shape) if FEW * weight.size > SMALL else []
        self._parts = [(part, np.ascontiguousarray(weight[:, part])) for part in some]

    def __call__(self, x: Floats) -> Floats:
        """The product and the bias."""
        if len(x) > FEW or len(x) * self._size <= SMALL:
            out = x @ self._weight
        else:
            out = np.empty((len(x), len(self.bias)), np.float32)
            for part, weight in self._parts:
                np.matmul(x, weight, out=out[:, part])
        out += self.bias
        return np.asarray(out)


def small_parts(deep: int, wide: int) -> list[slice]:
    """The columns of weights [deep, wide] in parts whose products for `FEW` songs are `SMALL`."""
    widest = max(1, SMALL // (FEW * deep * LANES)) * LANES
    width = -(-wide // -(-wide // widest) // LANES) * LANES  # all parts about as wide
    return [slice(begin, begin + width) for begin in range(0, wide, width)]


HALF, ONE = np.float32(0.5), np.float32(1)


def gru_input(weight: Floats) -> Floats:
    """torch's input weights or bias [..., 3H] as `gru_step` wants its products: gates halved.

    sigmoid(a) = (tanh(a / 2) + 1) / 2: halving weights once spares halving sums at every note.
    """
    scaled = np.array(weight, np.float32)
    scaled[..., : weight.shape[-1] // 3 * 2] *= HALF
    return scaled


def gru_hidden(weight: Floats) -> Floats:
    """torch's recurrent weights or bias [..., 3H] as `gru_step` wants its products: halved.

    In the part of the new state it is the reset gate whose half is taken ahead.
    """
    return np.asarray(weight * HALF)


def gru_step(hidden: Floats, x: Floats, h: Floats) -> Floats:
    """One step of torch's GRU: hidden [B, H] and its two products, [B, 3H] each -> [B, H].

    `x` is the product of the inputs with weights and bias that `gru_input` made, `h` that of
    `hidden` with those of `gru_hidden`. The gates stand in torch's order: reset, update, new.
    """
    size = hidden.shape[1]
    gates = h[:, : 2 * size] + x[:, : 2 * size]
    np.tanh(gates, out=gates)
    gates += ONE  # twice the sigmoid
    new = h[:, 2 * size :] * gates[:, :size]
    new += x[:, 2 * size :]
    np.tanh(new, out=new)
    kept = hidden - new
    kept *= gates[:, size:]
    kept *= HALF
    kept += new
    return kept
