"""Bars that return: counted by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musicgan.evaluate.repetition import returning_bars
from musicgan.notes import NOTE
from musicgan.score import Metre, Score, Track

FIGURE, OTHER, THIRD = (60, 62, 64, 60), (67, 65, 64, 62), (60, 60, 67, 67)


def bars(*figures, beats=4, drums=False):
    """A voice of quarters, four to the bar."""
    pitches = [pitch for figure in figures for pitch in figure]
    rows = [(4 * i, 4, pitch, 80, 0) for i, pitch in enumerate(pitches)]
    track = Track(is_drum=drums)
    return Score(np.array(rows, NOTE), (track,), metres=(Metre(0, beats, 4),), ticks_per_beat=4)


def test_a_bar_returns_two_bars_later_in_another_key():
    higher = tuple(pitch + 5 for pitch in FIGURE)
    # The third and the fourth bar have a bar two before them; the third one returns.
    assert returning_bars(bars(FIGURE, OTHER, higher, THIRD)) == (1, 2)


def test_the_bar_just_before_does_not_count():
    assert returning_bars(bars(OTHER, FIGURE, FIGURE)) == (0, 1)


def test_a_bar_returns_anywhere_in_its_span_of_16_and_not_beyond():
    unlike = [(60, 61 + i, 60, 61) for i in range(30)]
    assert returning_bars(bars(FIGURE, *unlike[:14], FIGURE)) == (1, 14)
    # Bars 16 and 17 begin a span of their own.
    assert returning_bars(bars(FIGURE, *unlike[:15], THIRD, OTHER, FIGURE)) == (0, 15)


def test_bar_lines_can_be_said():
    score = bars(FIGURE, OTHER, FIGURE)
    assert returning_bars(score) == returning_bars(score, np.array([0, 16, 32, 48])) == (1, 1)
    assert returning_bars(score, np.array([0, 24, 48])) == (0, 0)


def test_rhythm_is_part_of_a_figure():
    score = bars(FIGURE, OTHER, FIGURE)
    notes = score.notes.copy()
    notes["onset_tick"][9] += 1
    assert returning_bars(score) == (1, 1)
    assert returning_bars(score.with_notes(notes)) == (0, 1)


def test_bars_of_few_notes_and_drums_are_not_looked_at():
    assert returning_bars(bars(FIGURE, OTHER, (60, 62))) == (0, 0)
    assert returning_bars(bars(FIGURE, OTHER, FIGURE, drums=True)) == (0, 0)


def test_bar_lines_follow_the_metre():
    # In 2/4 bars have two quarters, too few notes.
    assert returning_bars(bars(FIGURE, OTHER, FIGURE, beats=2)) == (0, 0)


@given(st.lists(st.sampled_from([FIGURE, OTHER, THIRD]), max_size=20), st.integers(-12, 12))
def test_transposing_changes_nothing(figures, semitones):
    if figures:
        score = bars(*figures)
        assert returning_bars(score.transposed(semitones)) == returning_bars(score)
