"""Where onsets fall in their bars, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.bars import even_bars, place, starts_with_upbeat
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Score, Track


def placed(onsets, lines, max_position=33):
    """(position, remaining) of each onset."""
    found = place(np.array(onsets), np.array(lines), max_position)
    return list(zip(*(column.tolist() for column in found), strict=True))


def test_even_bars_are_lines_from_zero_to_the_end():
    assert even_bars(3, 16).tolist() == [0, 16, 32, 48]
    assert even_bars(0, 16).tolist() == [0]


def test_position_counts_from_the_bar_line_and_remaining_the_present_bar():
    assert placed([0, 5, 15, 16, 47], even_bars(3, 16)) == [
        (0, 3),
        (5, 3),
        (15, 3),
        (0, 2),
        (15, 1),
    ]


def test_after_the_end_no_bars_remain():
    assert placed([48, 51], even_bars(3, 16)) == [(0, 0), (3, 0)]


def test_an_upbeat_counts_back_from_the_first_full_bar():
    # A beat of upbeat, then bars of 12: step 0 is the third beat of a bar.
    assert placed([0, 2, 4, 15, 16], [0, 4, 16, 28]) == [(8, 3), (10, 3), (0, 2), (11, 2), (0, 1)]


def test_a_long_first_bar_is_no_upbeat():
    assert placed([0, 17, 20], [0, 20, 36]) == [(0, 2), (17, 2), (0, 1)]


def test_a_single_bar_has_no_upbeat():
    assert placed([0, 3], [0, 4]) == [(0, 1), (3, 1)]


def test_positions_beyond_the_vocabulary_are_cut():
    assert placed([40], [0, 64], max_position=33) == [(32, 1)]


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(0, 500), st.integers(1, 40)
)
def test_any_place_is_within_the_vocabulary(lengths, onset, max_position):
    lines = np.cumsum([0, *lengths])
    ((position, remaining),) = placed([onset], lines, max_position)
    assert 0 <= position < max_position
    assert 0 <= remaining <= len(lengths)
    assert (remaining == 0) == (onset >= lines[-1])


def chorale(first_beat):
    """Quarter notes over long bass notes that begin on downbeats, `first_beat` beats in."""
    notes = [(480 * beat, 480, 72, 80, 0) for beat in range(16 + first_beat)]
    notes += [(480 * (first_beat + 4 * bar), 1920, 48, 80, 1) for bar in range(4)]
    return Score(np.array(notes, NOTE), (Track("soprano"), Track("bass")))


def test_long_bass_notes_tell_an_upbeat():
    assert starts_with_upbeat(chorale(1), 4 * 480)
    assert not starts_with_upbeat(chorale(0), 4 * 480)


def test_without_notes_or_beats_there_is_no_upbeat():
    assert not starts_with_upbeat(Score(empty_notes()), 1920)
    assert not starts_with_upbeat(chorale(1), 480)


def test_less_than_two_bars_are_too_little_to_tell():
    notes = np.array([(480, 960, 48, 80, 0)], NOTE)
    assert not starts_with_upbeat(Score(notes, (Track("bass"),)), 1920)


def test_drums_tell_nothing():
    notes = np.array([(480 + 1920 * bar, 1920, 36, 80, 0) for bar in range(4)], NOTE)
    assert starts_with_upbeat(Score(notes, (Track("bass"),)), 1920)
    assert not starts_with_upbeat(Score(notes, (Track("drums", 0, True),)), 1920)


@pytest.mark.parametrize("grid", [4, 12])
def test_the_grid_does_not_matter(grid):
    assert starts_with_upbeat(chorale(1).snapped(grid), 4 * grid)
