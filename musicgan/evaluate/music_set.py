"""A set of pieces made comparable: the same grid and voices, whole and cut into windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.cuts import MOST_WINDOWS, WINDOW_NOTES, windows
from musicgan.evaluate.descriptors import Floats, descriptors
from musicgan.evaluate.timing import late_ms
from musicgan.score import Score

Ints = NDArray[np.int64]
T = TypeVar("T")
Part = Literal["scores", "rows", "windows", "window_scores"]


@dataclass(frozen=True, eq=False)
class MusicSet:
    """Pieces as scores and note tuples, and up to 4 windows of each, of 128 notes as a rule.

    A piece of fewer notes is one window. Made by `MusicSet.of`.
    """

    codec: EventsCodec
    names: list[str]
    scores: list[Score]
    """Whole pieces as the codec decodes them, with their own tempo, metre and key maps."""
    rows: list[Rows]
    """Whole pieces as note tuples, [T, 5] each."""
    windows: list[Rows]
    piece: Ints
    """[N]: the piece of each window, as an index into `names`."""
    late_ms: list[Floats]
    """By how much each onset is beside the grid, [notes] of each piece: see `timing.late_ms`."""
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)
    origin: tuple[MusicSet, dict[str, Ints]] | None = field(default=None, repr=False)
    """Of a subset: the whole set, and which of its items these are."""

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        scores: Sequence[Score],
        codec: EventsCodec,
        length: int = WINDOW_NOTES,
    ) -> MusicSet:
        """The set of these scores, encoded, cut into windows of `length` notes and decoded."""
        rows = [codec.encode(score) for score in scores]
        decoded = [codec.decode(r, like=score) for r, score in zip(rows, scores, strict=True)]
        cut = [windows(r, codec.grid, min(length, max(len(r), 1)), MOST_WINDOWS) for r in rows]
        piece = np.repeat(np.arange(len(rows)), [len(found) for found in cut])
        flat = [window for found in cut for window in found]
        late = [late_ms(score, codec.grid) for score in scores]
        return cls(codec, list(names), decoded, rows, flat, piece, late)

    @property
    def grid(self) -> int:
        """Steps a beat."""
        return self.codec.grid

    @cached_property
    def window_scores(self) -> list[Score]:
        """The windows as scores; they know nothing of bars or keys."""
        return [self.codec.decode(window) for window in self.windows]

    @property
    def descriptors(self) -> Floats:
        """Musical descriptors of the windows, [N, D]."""
        return np.array(self.over("window_scores", descriptors))

    def over(self, part: Part, what: Callable[[Any], T]) -> list[T]:
        """`what` of each item of a part; computed once, also for the subsets that `take` makes."""
        if self.origin is not None:
            whole, index = self.origin
            values = whole.over(part, what)
            return [values[i] for i in index[part]]
        key = (part, what)
        if key not in self.memo:
            self.memo[key] = [what(item) for item in getattr(self, part)]
        found: list[T] = self.memo[key]
        return found

    def once(self, what: Callable[[MusicSet], T]) -> T:
        """`what` of the whole set, computed once."""
        if what not in self.memo:
            self.memo[what] = what(self)
        found: T = self.memo[what]
        return found

    def take(self, pieces: Ints) -> MusicSet:
        """The pieces of these indices, each once, with their windows."""
        place = np.full(len(self.names), -1)
        place[pieces] = np.arange(len(pieces))
        kept = np.flatnonzero(place[self.piece] >= 0)
        kept = kept[np.argsort(place[self.piece[kept]], kind="stable")]
        index = {"scores": pieces, "rows": pieces, "windows": kept, "window_scores": kept}
        return MusicSet(
            self.codec,
            [self.names[i] for i in pieces],
            [self.scores[i] for i in pieces],
            [self.rows[i] for i in pieces],
            [self.windows[i] for i in kept],
            place[self.piece[kept]],
            [self.late_ms[i] for i in pieces],
            origin=(self, index),
        )


def thinned(some: MusicSet, size: int, rng: np.random.Generator) -> MusicSet:
    """Random pieces of a set with `size` windows together, or a little more."""
    if size >= len(some.windows):
        return some
    order = rng.permutation(len(some.names))
    windows = np.bincount(some.piece, minlength=len(some.names))[order].cumsum()
    return some.take(order[: int(np.searchsorted(windows, size)) + 1])
