"""What can go wrong in a training that goes on all the same, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

SATURATED = 0.97
COLLAPSED_SHARE = 0.6
"""Of the distinct 4-note figures at the first evaluation."""
WORSE = 1.2
"""A likelihood that is so many times the best so far has got lost."""
BY_HEART = 3
"""Evaluations in a row, each worse than the one before, while the training loss falls."""
MUCH_COPIED = 0.1
"""Of what a model plays; more, and more than twice what real pieces share, is by heart."""

COLLAPSE = (
    "variety falls: the songs repeat each other's figures (collapse); the best evaluation so far "
    "is what will be kept"
)
SATURATION = (
    "the critic is saturated: it tells every song from real music, so its advice is mostly noise; "
    "more dropout or a longer likelihood phase helps"
)
DIVERGING = (
    "the likelihood of held-out music has got lost (diverging); the best evaluation so far is what "
    "will be kept; if it comes back, train with another --seed"
)
MEMORISING = (
    "held-out music gets stranger while the training music gets more familiar (memorising); the "
    "best evaluation so far is what will be kept; more music or more --dropout helps"
)
COPYING = (
    "it has learned by heart: much of what it plays stands in the music it learned from; give "
    "more music, or more --dropout"
)


class Alarms:
    """Told of every evaluation, answers what is new to say; each alarm is raised once."""

    def __init__(self, history: Sequence[Mapping[str, Any]] = ()) -> None:
        self._first_distinct: float | None = None
        self._nll: list[float] = []
        self._train_nll: list[float] = []
        self._phase = ""
        self._raised: set[str] = set()
        for figures in history:
            self.evaluated(str(figures.get("phase", "")), figures)

    def evaluated(
        self, phase: str, figures: Mapping[str, Any], train_nll: float | None = None
    ) -> list[str]:
        """The alarms that an evaluation of `phase` raises; `train_nll` is the loss of training."""
        if phase != self._phase:
            self._phase, self._nll, self._train_nll = phase, [], []
        found = [*self._of_the_critic(figures), *self._of_likelihood(figures, train_nll)]
        if is_by_heart(figures):
            found.append(COPYING)
        new = [line for line in found if line not in self._raised]
        self._raised.update(new)
        return new

    def _of_the_critic(self, figures: Mapping[str, Any]) -> list[str]:
        found = []
        if figures.get("critic_held_out_accuracy", 0.0) > SATURATED:
            found.append(SATURATION)
        distinct = figures.get("distinct")
        if distinct is not None:
            self._first_distinct = self._first_distinct or distinct
            if distinct < COLLAPSED_SHARE * self._first_distinct:
                found.append(COLLAPSE)
        return found

    def _of_likelihood(self, figures: Mapping[str, Any], train_nll: float | None) -> list[str]:
        if "nll" not in figures:
            return []
        self._nll.append(figures["nll"])
        found = [DIVERGING] if self._nll[-1] > WORSE * min(self._nll) else []
        if train_nll is not None:
            self._train_nll.append(train_nll)
            if _rises(self._nll) and _falls(self._train_nll):
                found.append(MEMORISING)
        return found


def is_by_heart(figures: Mapping[str, Any]) -> bool:
    """Whether a model's songs copy more than real pieces have in common."""
    copied, by_real = figures.get("copied", 0.0), figures.get("copied_by_real", 0.0)
    return bool(copied > max(MUCH_COPIED, 2 * by_real))


def _rises(values: Sequence[float]) -> bool:
    last = values[-BY_HEART - 1 :]
    return len(last) > BY_HEART and all(a < b for a, b in pairwise(last))


def _falls(values: Sequence[float]) -> bool:
    last = values[-BY_HEART - 1 :]
    return len(last) > BY_HEART and last[-1] < last[0]
