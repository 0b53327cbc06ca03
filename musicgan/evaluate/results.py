"""Measures of generated music beside what real music scores in its place.

Sizes matter to most measures, so real music is always measured in sets of about as many windows
as the generated set has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.evaluate.measure import Measure
from musicgan.evaluate.measures import MEASURES
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
    """90% around `value`, by chance in which pieces were generated."""

    @property
    def at_floor(self) -> bool | None:
        """Whether the interval reaches what real music scores, or better; None where unknown."""
        if self.interval is None or self.spread is None:
            return None
        low, high = self.spread
        too_low = self.measure.target != "lower" and self.interval[1] < low
        too_high = self.measure.target != "higher" and self.interval[0] > high
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
    """Real music in the place of the generated set: `other` has about as many windows."""

    generated: MusicSet
    half: MusicSet
    """Half of the generated pieces."""
    other: MusicSet
    """Real music that is not in `reference`."""
    reference: MusicSet
    halves: tuple[MusicSet, MusicSet]
    """Of the real set."""


def evaluate_sets(
    generated: MusicSet,
    real: MusicSet,
    training: MusicSet | None = None,
    *,
    measures: Sequence[Measure] = MEASURES,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[Result]:
    """Every measure of the generated set, with what real music scores and how much that varies.

    What real music scores against the real set is that of random halves of the training
    pieces. Without training pieces it is that of random halves of the real set, each against
    the other half, and the generated set is measured against the same halves. Where sets are not
    compared, it is the real set's own value. How much it varies is scaled to sets of the
    generated set's size: halves differ more than whole sets do, and sets drawn from few pieces
    are more alike than sets of other pieces.

    The interval is from random halves of the generated pieces, whose scores vary as much as those
    of whole sets drawn anew (the delete-half jackknife, Shao & Wu 1989): a bootstrap repeats
    pieces, which self-BLEU and nearest neighbours take for a fault. `progress` gets the title of
    each measure before it is taken.
    """
    rng = np.random.default_rng(seed)
    trials = [_trial(generated, real, training, rng) for _ in range(draws)]
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
    return _Trial(
        generated=thinned(generated, size, rng),
        half=thinned(generated, len(generated.windows) // 2, rng),
        other=thinned(other, size, rng),
        reference=reference,
        halves=(one, two),
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
    def of(some: MusicSet, reference: MusicSet = real) -> float | None:
        return measure.of(some, reference, training)

    if measure.compares == "real":
        draws = _known(of(t.other, t.reference) for t in trials)
        at, value = _mean(draws), _mean(_known(of(t.generated, t.reference) for t in trials))
        if training is not None and at is not None:
            drawn_share = len(trials[0].other.names) / len(training.names)
            draws = at + (draws - at) / np.sqrt(1 - drawn_share)
    else:
        value, at = of(generated), of(real)
        pairs = [(of(t.halves[0]), of(t.halves[1])) for t in trials]
        # Halves of R pieces differ with variance 4/R, sets of R and G pieces with 1/R + 1/G.
        scale = np.sqrt(1 + len(real.names) / len(generated.names)) / 2
        draws = _known(
            None if at is None or one is None or two is None else at + scale * (one - two)
            for one, two in pairs
        )
    drawn = _known(of(t.half, t.reference) for t in trials)
    if value is None or len(drawn) < 2:
        interval = None
    else:
        reach = _NORMAL_90 * float(drawn.std(ddof=1))
        interval = max(0.0, value - reach), min(measure.most, value + reach)
    if len(draws) < 2:
        return Result(measure, value, at, None, None, interval)
    low, high = np.clip(np.quantile(draws, _QUANTILES), 0, measure.most)
    sd = float(draws.std(ddof=1))
    return Result(measure, value, at, sd, (float(low), float(high)), interval)


def _known(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([value for value in values if value is not None], np.float64)


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None
