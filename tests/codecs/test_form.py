"""Which bars of a piece come back: by hand, and laws of any piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.form import REACH_BARS, form_of, lags, letters, sections

BAR = 16


def melody(*bars):
    """Rows of one voice: each bar a list of (place in the bar, pitch)."""
    onsets = [(i * BAR + at, pitch) for i, bar in enumerate(bars) for at, pitch in bar]
    waits = np.diff([0, *(onset for onset, _ in onsets)])
    rows = [[wait, 0, pitch, 4, 0] for wait, (_, pitch) in zip(waits, onsets, strict=True)]
    return np.array(rows, np.int64).reshape(-1, 5)


def lines(count):
    return np.arange(count + 1) * BAR


ONE = [(0, 60), (4, 62), (8, 64), (12, 65)]
TWO = [(0, 67), (8, 64)]
OTHER = [(0, 71), (2, 72), (6, 74)]


def test_a_bar_that_comes_again_looks_back_at_it():
    piece = melody(ONE, TWO, OTHER, ONE, TWO)
    assert lags(piece, lines(5)).tolist() == [0, 0, 0, 3 * BAR, 3 * BAR]


def test_the_form_of_a_piece_is_how_far_back_its_bars_look_and_since_when():
    piece = melody(ONE, TWO, OTHER, ONE, TWO)
    form = form_of(piece, lines(5))
    assert form.lag_step.tolist() == [0, 0, 0, 3 * BAR, 3 * BAR]
    assert form.section.tolist() == [0, 1, 2, 0, 1]
    blind = form_of(piece, lines(5), looks_back=False)
    assert blind.lag_step.tolist() == [0] * 5


def test_of_several_the_latest_is_looked_at():
    assert lags(melody(ONE, ONE, ONE), lines(3)).tolist() == [0, BAR, BAR]


def test_a_return_goes_on_from_where_it_began():
    """The fifth bar is the second and the fourth alike; after the first comes the second."""
    piece = melody(ONE, TWO, OTHER, TWO, ONE, TWO)
    assert lags(piece, lines(6)).tolist() == [0, 0, 0, 2 * BAR, 4 * BAR, 4 * BAR]


@pytest.mark.parametrize(("changed", "lag"), [(2, BAR), (3, 0)])
def test_half_of_the_notes_must_be_the_same(changed, lag):
    second = [(at, pitch + 1 if i < changed else pitch) for i, (at, pitch) in enumerate(ONE)]
    assert lags(melody(ONE, second), lines(2)).tolist() == [0, lag]


def test_a_bar_of_another_length_is_no_return():
    short = [(0, 60), (4, 62)]
    bars = np.array([0, 8, 24])
    rows = np.array([[0, 0, 60, 4, 0], [4, 0, 62, 4, 0], [4, 0, 60, 4, 0], [4, 0, 62, 4, 0]])
    assert len(short) == 2
    assert lags(rows, bars).tolist() == [0, 0]


def test_silent_bars_are_new():
    assert lags(melody(ONE, [], [], ONE), lines(4)).tolist() == [0, 0, 0, 3 * BAR]
    assert lags(np.zeros((0, 5), np.int64), lines(2)).tolist() == [0, 0]


def test_a_note_half_a_million_bars_later_is_no_burden():
    """Which a file may hold; all pairs of bars would take a terabyte."""
    rows = melody(ONE, TWO, ONE, ONE)
    rows[-len(ONE), 0] += 500_000 * BAR
    lag = lags(rows, lines(500_004))
    assert np.flatnonzero(lag).tolist() == [2, 500_003]
    assert lag[500_003] == 500_001 * BAR


@pytest.mark.parametrize(("between", "lag"), [(REACH_BARS - 1, REACH_BARS), (REACH_BARS, 0)])
def test_so_many_bars_are_looked_through(between, lag):
    others = [[(i % 16, 70 + i // 16), (15, 20)] for i in range(between)]
    piece = melody(TWO, *others, TWO)
    assert lags(piece, lines(between + 2))[-1] == lag * BAR


@given(st.lists(st.sampled_from([ONE, TWO, OTHER, []]), min_size=1, max_size=12))
def test_bars_look_back_at_bars(bars):
    lag = lags(melody(*bars), lines(len(bars)))
    index = np.arange(len(bars))
    assert (lag % BAR == 0).all()
    assert (lag // BAR <= index).all()
    for bar, back in zip(index, lag // BAR, strict=True):
        assert (back > 0) == (bool(bars[bar]) and bars[bar] in bars[:bar])
        assert back == 0 or bars[bar - back] == bars[bar]


def test_sections_are_counted_from_where_the_lag_changes():
    assert sections(np.array([0, 0, 0, 4, 4, 2, 0])).tolist() == [0, 1, 2, 0, 1, 0, 0]


@pytest.mark.parametrize(
    ("form", "bars", "lag"),
    [
        ("AABA", 8, [0, 0, 2, 2, 0, 0, 4, 4]),
        ("ABAB", 4, [0, 0, 2, 2]),
        ("ABC", 7, [0] * 7),
        ("AABA", 7, [0, 0, 2, 2, 0, 0, 4]),
        # Where equal ones would leave the last out they differ by a bar.
        ("AABA", 5, [0, 1, 0, 2, 0]),
        ("ABACABA", 10, [0, 0, 2, 0, 0, 3, 3, 6, 3, 3]),
        ("AA", 5, [0, 0, 0, 3, 3]),
        ("AA", 8, [0, 0, 0, 0, 4, 4, 4, 0]),
        ("AAA", 11, [0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 0]),
    ],
)
def test_letters_that_come_again_look_back_but_for_the_bar_that_ends_it_all(form, bars, lag):
    assert letters(form, bars).tolist() == lag
