"""Precision and coverage on points of a line."""

import numpy as np
import pytest

from musicgan.evaluate.coverage import coverage, distances, precision


def column(*numbers):
    return np.array(numbers, float)[:, None]


# Standardising keeps order; with k = 1 the balls of 0 and 1 reach each other, so do 10 and 11.
REAL = column(0, 1, 10, 11)


def test_precision_is_the_share_of_fakes_within_a_ball():
    assert precision(REAL, column(0.5, 1.5, 5, 30), k=1) == 0.5
    assert precision(REAL, REAL, k=1) == 1


def test_coverage_is_the_share_of_balls_with_a_fake_in_them():
    assert coverage(REAL, column(0.5), k=1) == 0.5
    assert coverage(REAL, column(0.5, 10.5), k=1) == 1
    assert coverage(REAL, column(5), k=1) == 0


def test_a_good_song_repeated_has_precision_and_no_coverage():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(200, 5))
    repeated = np.repeat(real[:4], 50, axis=0)
    other = rng.normal(size=(200, 5))
    assert precision(real, repeated) == 1
    assert coverage(real, repeated) < 0.3
    assert coverage(real, other) > 0.9


def test_units_do_not_matter():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(50, 3)), rng.normal(size=(40, 3)) + 0.5
    unit = np.array([1, 1000, 0.01])
    for measure in (precision, coverage):
        assert measure(real * unit, fake * unit) == measure(real, fake)


def test_distances_are_euclidean():
    found = distances(np.array([[0.0, 0], [3, 4]]), np.array([[0.0, 0]]))
    assert found.tolist() == [[0], [5]]


def test_too_few_real_rows_are_refused():
    with pytest.raises(ValueError, match="5 real rows: give at least 6, for 5 neighbours"):
        precision(np.zeros((5, 2)), np.zeros((5, 2)))
