"""Drawing: the probabilities asked for, the nucleus by hand, and masks that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicgan.compose.sampling import NEVER, draw, masked

DRAWS = 40_000


def shares(logits, **options):
    """How often each value comes, of many draws."""
    many = np.tile(np.array(logits, np.float32), (DRAWS, 1))
    index = draw(many, np.random.default_rng(0), **options)
    return np.bincount(index, minlength=len(logits)) / DRAWS


def softmax(logits):
    weight = np.exp(np.array(logits) - np.max(logits))
    return weight / weight.sum()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_values_come_as_often_as_their_probability(temperature):
    logits = [0.0, 1.0, -1.0, 2.0, -30.0]
    wanted = softmax(np.array(logits) / temperature)
    got = shares(logits, temperature=temperature)
    deviation = np.sqrt(wanted * (1 - wanted) / DRAWS)
    assert (np.abs(got - wanted) <= 4 * deviation + 1e-6).all()


# Probabilities 0.5, 0.3, 0.15, 0.05, out of order.
LOGITS = np.log([0.15, 0.5, 0.05, 0.3])


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [
        (0.01, [0, 1, 0, 0]),
        (0.49, [0, 1, 0, 0]),
        (0.51, [0, 5 / 8, 0, 3 / 8]),
        (0.79, [0, 5 / 8, 0, 3 / 8]),
        (0.81, [3 / 19, 10 / 19, 0, 6 / 19]),
        (0.96, [0.15, 0.5, 0.05, 0.3]),
        (1.0, [0.15, 0.5, 0.05, 0.3]),
    ],
)
def test_the_nucleus_is_the_smallest_set_that_reaches_top_p(top_p, kept):
    assert shares(LOGITS, top_p=top_p) == pytest.approx(kept, abs=0.011)
    assert ((shares(LOGITS, top_p=top_p) > 0) == (np.array(kept) > 0)).all()


def test_the_coldest_draw_is_the_likeliest():
    assert shares([0.0, 3.0, 2.0], temperature=0.05).tolist() == [0, 1, 0]


def test_rows_are_drawn_apart_and_logits_left_alone():
    logits = np.array([[9e3, 0, 0], [0, 9e3, 0], [0, 0, 9e3]], np.float32)
    before = logits.copy()
    assert draw(logits, np.random.default_rng(0), 5.0, 0.9).tolist() == [0, 1, 2]
    assert np.array_equal(logits, before)


@pytest.mark.parametrize("top_p", [0.3, 1.0])
def test_one_uniform_number_a_row_is_taken(top_p):
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    draw(np.zeros((7, 4), np.float32), one, 1.3, top_p)
    other.random(7)
    assert one.random() == other.random()


class Rigged:
    """A generator whose every number is the same."""

    def __init__(self, value):
        self.value = value

    def random(self, count):
        return np.full(count, self.value)


@pytest.mark.parametrize("top_p", [0.6, 1.0])
@pytest.mark.parametrize("value", [0.0, np.nextafter(1.0, 0.0)])
def test_neither_end_of_the_dice_draws_the_impossible(value, top_p):
    logits = np.array([[NEVER, 0, 1, NEVER], [NEVER, NEVER, 3, NEVER]], np.float32)
    first, second = draw(logits, Rigged(value), 1.0, top_p)
    assert first in (1, 2)
    assert second == 2


@given(
    arrays(np.float32, (3, 6), elements=st.floats(-50, 50, width=32)),
    arrays(bool, (3, 6)),
    st.sampled_from([0.05, 1.0, 5.0]),
    st.sampled_from([0.01, 0.5, 1.0]),
)
def test_what_is_masked_is_never_drawn(logits, allowed, temperature, top_p):
    rng = np.random.default_rng(0)
    for _ in range(5):
        index = draw(masked(logits, allowed), rng, temperature, top_p)
        open_rows = allowed.any(axis=1)
        assert allowed[np.arange(3), index][open_rows].all()


def test_a_row_with_nothing_allowed_is_kept_as_it_is():
    logits = np.array([[1.0, 2.0], [1.0, 2.0]], np.float32)
    allowed = np.array([[False, False], [True, False]])
    assert masked(logits, allowed).tolist() == [[1, 2], [1, NEVER]]
