"""The Frechet distance in cases worked by hand; see test_controls for what it tells."""

import numpy as np
import pytest

from musicgan.evaluate.distances import (
    LIMIT_SD,
    frechet,
    frechet_floor,
    frechet_interval,
)


def column(*numbers):
    return np.array(numbers, float)[:, None]


def test_a_shift_by_one_standard_deviation_is_one():
    assert frechet(column(-1, 1), column(0, 2)) == pytest.approx(1)


def test_a_spread_counts_by_the_difference_of_standard_deviations():
    # Sample variances 2 and 8: (sqrt 8 - sqrt 2)^2 = 2.
    assert frechet(column(-1, 1), column(-2, 2)) == pytest.approx(2)


def test_turned_correlations_count_although_means_and_spreads_agree():
    # Covariances [[c, c], [c, c]] and [[c, -c], [-c, c]] share no direction: trace 2c + 2c.
    real = np.array([[-1, -1], [1, 1.0]])
    fake = np.array([[-1, 1], [1, -1.0]])
    assert frechet(real, fake) == pytest.approx(8)


def test_it_is_zero_for_the_same_set_and_blind_to_units():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 4)), rng.normal(size=(40, 4))
    unit = np.array([1, 60, 0.01, 1000])
    assert frechet(real, real) == pytest.approx(0, abs=1e-9)
    assert frechet(real * unit, fake * unit) == pytest.approx(frechet(real, fake))


def test_a_value_that_never_varies_does_not_divide_by_zero_and_odd_ones_are_limited():
    real, fake = column(3, 3, 3), column(3.5, 3.5)
    assert frechet(real, fake) == pytest.approx(0.25)
    assert frechet(column(-1, 1), column(1e9, 1e9)) == pytest.approx(LIMIT_SD**2 + 2)


@pytest.mark.parametrize(
    ("real", "fake", "said"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "1 real and 5 fake rows: give at least 2"),
        (np.zeros((5, 3)), np.zeros((5, 2)), "expected .N, D. and .M, D."),
    ],
)
def test_sets_it_cannot_compare_are_refused(real, fake, said):
    with pytest.raises(ValueError, match=said):
        frechet(real, fake)


def test_the_interval_holds_the_value_narrows_with_the_set_and_repeats():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(400, 3)), rng.normal(size=(400, 3)) + 0.5
    low, high = frechet_interval(real, fake, draws=60)
    few_low, few_high = frechet_interval(real[:40], fake[:40], draws=60)
    assert low < frechet(real, fake) < high
    assert few_high - few_low > 2 * (high - low)
    assert frechet_interval(real, fake, draws=60) == (low, high)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """One value, a shift of 1: the distance of endless sets is 1."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(60):
        real, fake = rng.normal(size=(100, 1)), rng.normal(size=(100, 1)) + 1
        low, high = frechet_interval(real, fake, draws=80)
        hits += low <= 1 <= high
    assert 46 <= hits <= 60


def test_the_floor_never_splits_a_piece():
    # Two pieces, each of one value: every split sets one against the other.
    real = np.array([[0.0], [0.1], [5.0], [5.1]])
    floor = frechet_floor(real, np.array([0, 0, 1, 1]), splits=4)
    assert floor.min() > 10
    with pytest.raises(ValueError, match="1 piece: a floor needs at least 2"):
        frechet_floor(real, np.zeros(4, int))
