"""How fast a training goes, by the clock, and how much of a thing it has time for."""

from __future__ import annotations

WARM_UP_STEPS = 2
"""Updates that warm caches up: the clock is believed after them."""
PLANNING_STEPS = 8
"""Updates after which it is first said how many there is time for."""
LOOKS = (1 / 5, 1 / 2, 4 / 5)
"""Of the updates planned: when the plan is looked at again."""


class Pace:
    """How long an update takes, seen from one of them to another that this process made."""

    def __init__(self, step: int) -> None:
        self._earliest = step + WARM_UP_STEPS
        self._from: tuple[int, float] | None = None

    def each_sec(self, since: int, until: int, step: int, now_sec: float) -> float | None:
        """Seconds of an update, once seen from `since` or so to `until` or so; before it None."""
        if self._from is None and step >= max(since, self._earliest):
            self._from = step, now_sec
        if self._from is None or step < until or step == self._from[0]:
            return None
        (step_then, then_sec), self._from = self._from, None
        return (now_sec - then_sec) / (step - step_then)


def next_look(step: int, planned: int) -> tuple[int, int]:
    """From which to which update the next look goes, for a plan of so many that is at `step`.

    0 `planned`: there is no plan yet. A plan of few updates is looked at before it ends; after the
    last look the next one is beyond the end.
    """
    if not planned:
        return WARM_UP_STEPS, PLANNING_STEPS
    looks = [min(planned, max(3 * PLANNING_STEPS, int(part * planned))) for part in LOOKS]
    until = min((look for look in looks if look >= step), default=planned + 1)
    return until - max(PLANNING_STEPS, planned // 10), until


def affordable(most: int, fewest: int, minutes: float | None, for_all_minutes: float) -> int:
    """How many of `most` a run of so many minutes has time for, at least `fewest`.

    All of them from `for_all_minutes` on, and where `minutes` is None: as long as it takes.
    """
    if minutes is None:
        return most
    return min(most, max(fewest, round(most * minutes / for_all_minutes)))
