"""Can a fresh classifier tell two sets of windows apart? (Lopez-Paz & Oquab 2017.)

Logistic regression with a ridge on musical descriptors and on how many of a window's runs of
notes other real and other generated pieces have. It sees what these numbers hold and no more: a
network that reads the notes would tell more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.evaluate.distances import LIMIT_SD, Floats
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.ngrams import Marks, marks, runs

Ints = NDArray[np.int64]

FOLDS = 5
RIDGE = 10.0
RUNS = (2, 4)
_STEPS = 8


def two_sample_accuracy(real: MusicSet, fake: MusicSet, seed: int = 0) -> float | None:
    """Share of held-out windows whose side is told right: .5 when nothing tells them, 1 at worst.

    Cross-validated in 5 folds by piece: no piece is learned from and asked about. Right answers
    are counted for each side alone and averaged, and both sides weigh the same in learning.
    Copies of training music cannot be told. None for fewer than 5 pieces on a side.
    """
    if min(len(real.names), len(fake.names)) < FOLDS:
        return None
    rng = np.random.default_rng(seed)
    side = np.repeat([0, 1], [len(real.windows), len(fake.windows)])
    piece = np.concatenate([real.piece, fake.piece + len(real.names)])
    fold_of = np.concatenate([rng.permutation(len(s.names)) % FOLDS for s in (real, fake)])
    fold = fold_of[piece]
    described = np.concatenate([real.descriptors, fake.descriptors])
    songs = [*real.over("windows", marks), *fake.over("windows", marks)]
    tables = [_Runs(songs, piece, n) for n in RUNS]
    is_right = np.zeros(len(side), np.bool_)
    for held_out in range(FOLDS):
        asked = fold == held_out
        known = [table.known(side, ~asked) for table in tables]
        features = _scaled(np.concatenate([described, *known], axis=1), ~asked)
        weights = _fit(features[~asked], side[~asked])
        is_right[asked] = (features[asked] @ weights > 0) == side[asked]
    return float(np.mean([is_right[side == s].mean() for s in (0, 1)]))


class _Runs:
    """Which window, and which piece, has which runs of n notes."""

    def __init__(self, songs: list[Marks], piece: Ints, n: int) -> None:
        self._window, run = runs(songs, n)
        self._gram = np.unique(run, return_inverse=True)[1].astype(np.int64)
        self._grams = int(self._gram.max(initial=0)) + 1
        self._total = np.maximum(np.bincount(self._window, minlength=len(songs)), 1)
        # Of windows of one piece that have the same run the first one stands for the piece.
        owned = piece[self._window] * self._grams + self._gram
        self._first = np.unique(owned, return_index=True)[1]

    def known(self, side: Ints, learned: NDArray[np.bool_]) -> Floats:
        """Share of each window's runs that other learned pieces of each side have, [N, 2]."""
        columns = []
        for which in (0, 1):
            mine = (learned & (side == which))[self._window]
            first = self._first[mine[self._first]]
            pieces_with = np.bincount(self._gram[first], minlength=self._grams)
            # A piece that was learned from would find itself.
            is_known = pieces_with[self._gram] - mine > 0
            columns.append(np.bincount(self._window, is_known, len(self._total)) / self._total)
        return np.stack(columns, 1)


def _scaled(features: Floats, learned: NDArray[np.bool_]) -> Floats:
    """Standardised by what is learned from, odd values limited, with a column of ones."""
    mean, scale = features[learned].mean(0), features[learned].std(0)
    scale[scale < 1e-9] = 1.0
    scaled = np.clip((features - mean) / scale, -LIMIT_SD, LIMIT_SD)
    return np.column_stack([scaled, np.ones(len(scaled))])


def _fit(features: Floats, side: Ints) -> Floats:
    """Weights of the logistic regression, [D], by Newton's method; the last one, free of ridge."""
    share = np.bincount(side, minlength=2) / len(side)
    weight = 0.5 / share[side]
    ridge = np.full(features.shape[1], RIDGE)
    ridge[-1] = 1e-6
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (weight * (chance - side)) + ridge * weights
        curve = (features * (weight * chance * (1 - chance))[:, None]).T @ features
        weights = weights - np.linalg.solve(curve + np.diag(ridge), slope)
    return weights
