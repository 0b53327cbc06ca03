"""The minutes of a run, and how its phases share them."""

from __future__ import annotations

from collections.abc import Sequence

from musicgan.train.phase import Phase

FOR_OTHERS = 0.05
"""Of a phase's time: what updates and evaluations do not take."""
KEPT = 0.05
"""Of the minutes: a plan that would miss its end by less is kept."""
LEAST_LEFT = 1 / 3
"""Of the minutes, for what follows; where there would be less, it is left out."""


class Budget:
    """So many minutes; none: as long as it takes, and then nothing else is asked of it."""

    def __init__(self, minutes: float | None) -> None:
        self.minutes = minutes or 0.0

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self.minutes > 0

    def is_over(self, now_sec: float) -> bool:
        """Whether they are, so many seconds after the run began."""
        return now_sec > 60 * self.minutes

    def is_used_up(self, now_sec: float) -> bool:
        """Whether hardly more is left of them than what is set aside."""
        return now_sec > (1 - 2 * FOR_OTHERS) * 60 * self.minutes

    @property
    def end_sec(self) -> float:
        """When the last phase should end."""
        return (1 - FOR_OTHERS) * 60 * self.minutes

    def share_until_sec(self, phases: Sequence[Phase], now_sec: float) -> float:
        """When the first of these, which are left, should end: it has its share of the time left.

        What it begins with is part of that time.
        """
        left_sec = max(0.0, 60 * self.minutes - now_sec)
        shares = [phase.share for phase in phases]
        return now_sec + (1 - FOR_OTHERS) * left_sec * shares[0] / sum(shares)

    def is_alone(self, phase: Phase, affordable: float) -> bool:
        """Whether a phase has all the minutes, if they afford so many updates of it.

        It has where its fewest would leave less than `LEAST_LEFT` to what follows: an adversarial
        phase had one or two updates of that, while likelihood had much to learn (`docs/log.md`,
        "A few minutes").
        """
        return affordable < phase.fewest / (1 - LEAST_LEFT)

    def keeps(self, missed_sec: float) -> bool:
        """Whether a plan stays as it is that would miss its end by so much."""
        return missed_sec < KEPT * 60 * self.minutes

    def until_sec(
        self, phase: Phase, step: int, each_sec: float, now_sec: float, share_until_sec: float
    ) -> tuple[float, bool]:
        """When a phase should end whose updates take `each_sec`, and whether it is alone."""
        affordable = step + (self.end_sec - now_sec) / each_sec
        if self.is_alone(phase, affordable):
            return self.end_sec, True
        return max(share_until_sec, now_sec + (phase.fewest - step) * each_sec), False
