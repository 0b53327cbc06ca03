"""The texture of a piece, and how near songs come to it.

That a song goes in quavers, high, with a busy left hand is heard at once, and the noise z says
little of it. So of several ways to go on those are preferred whose notes are what is still missing
from the piece's shares of waits, voices, registers, durations and touches. In what order they come
is left to the networks: leaning single draws the same way brought songs less near, and away from
music (`docs/log.md`, "Songs like a piece").
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import PITCH, VOICE
from musicgan.codecs.layout import Layout
from musicgan.model.steps import Ints

Shares = NDArray[np.float64]

WAYS = 8
"""To go on, of which one is chosen; more where the critic weighs more."""
BEGUN_NOTES = 64.0
"""Of exactly the piece's shares, that a song is taken to have played before its first."""
EVEN_NOTES = 8.0
"""Spread over all values of a field, so that what a piece never did may happen."""
NEAR_SEMITONES = 4.0
"""Pitches so near count for each other: registers are compared, not notes."""
MOST_NATS = 4.0
"""That one value of one note can say, either way."""


@dataclass(frozen=True, eq=False)
class Texture:
    """How the notes of a piece share out."""

    shares: tuple[Shares, ...]
    """For each column of rows the shares of its values: of waits and voices [1, N], of the others
    by voice [V, N]; they sum to 1 over N."""

    @classmethod
    def of(cls, rows: Rows, layout: Layout) -> Texture:
        """The texture of note tuples [N, 5]."""
        return cls(
            tuple(
                _shares(rows, column, 1 if column <= VOICE else layout.voices, size)
                for column, size in enumerate(layout.row_sizes)
            )
        )

    def towards(self, other: Texture, part: float) -> Texture:
        """Between this one at part 0 and the other at 1."""
        pairs = zip(self.shares, other.shares, strict=True)
        return Texture(tuple((1 - part) * one + part * two for one, two in pairs))


class Nearness:
    """B songs beside a texture: what each has played so far, and how its latest note fits."""

    def __init__(self, texture: Texture, batch: int) -> None:
        self._texture = texture
        self._count = [BEGUN_NOTES * np.repeat(one[None], batch, 0) for one in texture.shares]
        self.gain: Shares = np.zeros(batch)
        """[B] Nats: how far the latest row is what was missing, above 0, or there too often."""

    def take(self, index: Ints) -> Nearness:
        """Of the songs `index` [N]."""
        other = copy(self)
        other._count = [count[index] for count in self._count]
        other.gain = self.gain[index]
        return other

    def hear(self, rows: Rows) -> None:
        """Rows [B, 5] that were played."""
        song, self.gain = np.arange(len(rows)), np.zeros(len(rows))
        for column, (wanted, count) in enumerate(
            zip(self._texture.shares, self._count, strict=True)
        ):
            group, value = _group(rows, len(wanted)), rows[:, column]
            own = count[song, group]
            nats = np.log(wanted[group, value] * own.sum(1) / own[song, value])
            self.gain += np.clip(nats, -MOST_NATS, MOST_NATS)
            count[song, group] += _spread(column, value, wanted.shape[1])


def _shares(rows: Rows, column: int, groups: int, size: int) -> Shares:
    count = np.full((groups, size), EVEN_NOTES / size)
    np.add.at(count, _group(rows, groups), _spread(column, rows[:, column], size))
    return np.asarray(count / count.sum(1, keepdims=True))


def _group(rows: Rows, groups: int) -> Ints:
    """Which shares the rows belong to: those of their voice, or the only ones."""
    return np.minimum(rows[:, VOICE], groups - 1)


def _spread(column: int, value: Ints, size: int) -> Shares:
    """What each value counts for, [N, size]; a pitch for its neighbours, too."""
    if column != PITCH:
        return np.asarray(value[:, None] == np.arange(size), np.float64)
    near = np.exp(-0.5 * ((value[:, None] - np.arange(size)) / NEAR_SEMITONES) ** 2)
    return np.asarray(near / near.sum(1, keepdims=True))
