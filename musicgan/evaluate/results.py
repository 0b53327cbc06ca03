"""Measures of generated music beside what real music scores in its place.

Sizes matter to most measures, so real music is always measured in sets of about as many windows
as the generated set has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from musicgan.evaluate.measures import MEASURES, Measure
from musicgan.evaluate.music_set import MusicSet, thinned

DRAWS = 20
_NORMAL_90 = 1.645
_QUANTILES = (0.05, 0.95)


@dataclass(frozen=True)
class Result:
    """What one measure found."""

    measure: Measure
    value: float | None
    """Of the generated set; None where there is nothing to measure."""
    real: float | None
    """What real music scores in its place."""
    sd: float | None
    """Standard deviation of what real music scores, from one draw of pieces to another."""
    spread: tuple[float, float] | None
    """From 5% to 95% of these draws."""
    interval: tuple[float, float] | None
    """Of headline measures: 90% around `value`, by chance in which pieces were generated."""

    @property
    def at_floor(self) -> bool | None:
        """Whether the value is no worse than what real music scores; None where unknown."""
        if self.value is None or self.spread is None:
            return None
        low, high = self.spread
        too_low = self.measure.target != "lower" and self.value < low
        too_high = self.measure.target != "higher" and self.value > high
        return not (too_low or too_high)

    @property
    def separation(self) -> float | None:
        """How many standard deviations of real music the value is from it; None where unknown."""
        if self.value is None or self.real is None or self.sd is None:
            return None
        gap = abs(self.value - self.real)
        return gap / self.sd if self.sd > 0 else float(np.inf) if gap > 1e-9 else 0.0


@dataclass(frozen=True)
class _Trial:
    """Sets of about as many windows each: real music in the place of the generated set."""

    generated: MusicSet
    half: MusicSet
    """Half of the generated pieces."""
    other: MusicSet
    """Real music that is not in `reference`."""
    reference: MusicSet
    some_real: MusicSet
    """Half of the real pieces, or fewer."""


def evaluate_sets(
    generated: MusicSet,
    real: MusicSet,
    training: MusicSet | None = None,
    *,
    measures: Sequence[Measure] = MEASURES,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[Result]:
    """Every measure of the generated set, with what real music scores and how much that varies.

    What real music scores against the real set is that of 20 random halves of the training
    pieces. Without training pieces it is that of random halves of the real set, each against
    the other half, and the generated set is measured against the same halves. Where sets are not
    compared, it is the real set's own value, and varies as in random halves of it.

    The interval is from random halves of the generated pieces, whose scores vary as much as those
    of whole sets drawn anew (the delete-half jackknife, Shao & Wu 1989): a bootstrap repeats
    pieces, which self-BLEU and nearest neighbours take for a fault. `progress` gets the title of
    each measure before it is taken.
    """
    rng = np.random.default_rng(seed)
    trials = [_trial(generated, real, training, rng) for _ in range(DRAWS)]
    results = []
    for measure in measures:
        if progress is not None:
            progress(measure.title)
        results.append(_result(measure, trials, generated, real, training))
    return results


def _trial(
    generated: MusicSet, real: MusicSet, training: MusicSet | None, rng: np.random.Generator
) -> _Trial:
    one, two = _halves(real, rng)
    other, reference = (one, two) if training is None else (_halves(training, rng)[0], real)
    size = min(len(generated.windows), len(other.windows))
    some = thinned(generated, size, rng)
    return _Trial(
        generated=some,
        half=thinned(some, len(some.windows) // 2, rng),
        other=thinned(other, size, rng),
        reference=reference,
        some_real=thinned(one, min(size, len(one.windows)), rng),
    )


def _halves(some: MusicSet, rng: np.random.Generator) -> tuple[MusicSet, MusicSet]:
    order = rng.permutation(len(some.names))
    middle = (len(order) + 1) // 2
    return some.take(order[:middle]), some.take(order[middle:])


def _result(
    measure: Measure,
    trials: Sequence[_Trial],
    generated: MusicSet,
    real: MusicSet,
    training: MusicSet | None,
) -> Result:
    of = measure.of
    if measure.compares == "real":
        floor = [of(t.other, t.reference, training) for t in trials]
        value, at = _mean([of(t.generated, t.reference, training) for t in trials]), _mean(floor)
    else:
        floor = [of(t.some_real, real, training) for t in trials]
        value, at = of(generated, real, training), of(real, real, training)
    known = np.array([one for one in floor if one is not None])
    low, high = np.quantile(known, _QUANTILES) if len(known) > 1 else (0.0, 0.0)
    return Result(
        measure,
        value,
        at,
        float(known.std(ddof=1)) if len(known) > 1 else None,
        (float(low), float(high)) if len(known) > 1 else None,
        _interval(measure, value, trials, training) if measure.headline else None,
    )


def _interval(
    measure: Measure, value: float | None, trials: Sequence[_Trial], training: MusicSet | None
) -> tuple[float, float] | None:
    drawn = [measure.of(t.half, t.reference, training) for t in trials]
    known = [one for one in drawn if one is not None]
    if value is None or len(known) < 2:
        return None
    reach = _NORMAL_90 * float(np.std(known, ddof=1))
    return max(0.0, value - reach), value + reach


def _mean(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return float(np.mean(known)) if known else None
