"""The Frechet distance in cases worked by hand; see test_controls for what it tells."""

import numpy as np
import pytest

from musicgan.evaluate.distances import LIMIT_SD, frechet


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
