"""The interval of a mean."""

import numpy as np
import pytest

from musicgan.evaluate.bootstrap import mean_interval


def test_it_is_that_of_the_normal_distribution_for_many_values():
    values = np.random.default_rng(1).normal(3.0, 2.0, 1000)
    half = 1.645 * values.std() / 1000**0.5
    low, high = mean_interval(values)
    assert (values.mean() - low, high - values.mean()) == pytest.approx((half, half), rel=0.1)


def test_equal_values_leave_nothing_open_and_equal_questions_get_equal_answers():
    assert mean_interval(np.full(5, 2.5)) == (2.5, 2.5)
    values = np.array([1.0, 2.0, 4.0])
    assert mean_interval(values) == mean_interval(values.copy())
