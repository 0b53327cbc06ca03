"""Figures in words."""

import pytest

from musicgan.evaluate.measure import Measure
from musicgan.evaluate.reading import number, reading, verdict
from musicgan.evaluate.results import Result


def result(value, target="real", spread=(0.4, 0.6), real=0.5):
    measure = Measure("x", "X", lambda *_: None, target)
    interval = None if value is None else (value, value)
    return Result(measure, value, real, 0.1, spread, interval)


@pytest.mark.parametrize(
    ("value", "target", "found", "words"),
    [
        (0.45, "real", "at", "within what real music scores"),
        (0.75, "real", "near", "50% more than real music's"),
        (0.3, "real", "near", "40% less than real music's"),
        (1.5, "real", "apart", "3.0 times real music's"),
        (0.05, "real", "apart", "10% of real music's"),
        (0.0, "real", "apart", "hardly any beside real music's"),
        (0.1, "lower", "at", "within what real music scores"),
        (0.9, "higher", "at", "within what real music scores"),
        (0.15, "higher", "apart", "30% of real music's"),
        (None, "real", "unknown", "not measurable on these pieces"),
    ],
)
def test_a_value_stands_to_real_music_in_words(value, target, found, words):
    assert verdict(result(value, target)) == found
    assert reading(result(value, target)) == words


def test_what_real_music_has_none_of_is_not_divided_by():
    assert reading(result(0.2, spread=(0.0, 0.0), real=0.0)) == "real music's is 0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"), (0.0, "0"), (0.00213, "0.0021"), (0.0213, "0.021"), (1.234, "1.23"),
        (12.34, "12.3"), (1234.5, "1234"), (-0.5, "-0.500"),
    ],
)  # fmt: skip
def test_numbers_have_about_three_digits(value, text):
    assert number(value) == text
