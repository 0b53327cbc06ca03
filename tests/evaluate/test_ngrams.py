"""n-gram measures on songs of a few notes, worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.evaluate.ngrams import (
    NO_INTERVAL,
    distinct_n,
    nearest_distance,
    ngrams,
    pairwise_distance,
    tokens,
)

from .lines import RISING, A, song


def test_a_token_is_wait_voice_interval_duration():
    rows = np.array([(3, 1, 48, 4, 9), (0, 0, 60, 2, 9), (2, 0, 64, 1, 9), (2, 1, 43, 4, 9)])
    assert tokens(rows).tolist() == [
        [0, 1, NO_INTERVAL, 4],
        [0, 0, NO_INTERVAL, 2],
        [2, 0, 4, 1],
        [2, 1, -5, 4],
    ]
    assert tokens(rows[:0]).shape == (0, 4)


@given(st.lists(st.integers(20, 100), min_size=1, max_size=9), st.integers(-20, 20))
def test_ngrams_are_blind_to_transposition(line, semitones):
    assert ngrams(song(*line), 2) == ngrams(song(*(p + semitones for p in line)), 2)


def test_ngrams_are_not_blind_to_rhythm_or_voice():
    assert ngrams(A, 2) != ngrams(song(60, 62, 64, 65, 67, duration=2), 2)
    assert ngrams(A, 2) != ngrams(song(60, 62, 64, 65, 67, voice=1), 2)


def test_ngrams_are_counted():
    # Intervals: none, 1, 1, 1, 1; so the 2-grams are (none, 1) once and (1, 1) three times.
    assert sorted(ngrams(RISING, 2).values()) == [1, 3]


def test_distinct_n_is_the_share_of_different_ngrams():
    assert distinct_n([RISING], 2) == 0.5
    assert distinct_n([RISING, RISING + 1 * (np.arange(5) == 2)], 2) == 0.25
    assert distinct_n([A], 2) == 1


def test_equal_songs_have_no_distance():
    assert pairwise_distance([A, A, A]) == nearest_distance([A, A, A]) == 0


def test_songs_that_share_nothing_are_at_distance_one():
    other = song(60, 50, 61, 47, duration=9)
    assert pairwise_distance([A, other]) == 1


def test_distance_is_the_share_of_ngrams_not_in_common():
    # 2-grams of A: (none 2)(2 2)(2 1)(1 2); of 60 62 64: the first two. 1 - 2/4.
    assert pairwise_distance([A, song(60, 62, 64)]) == 0.5


def test_the_nearest_song_gives_repeated_songs_away_where_the_mean_does_not():
    rng = np.random.default_rng(0)
    different = [song(*rng.integers(40, 80, 12)) for _ in range(32)]
    repeated = [different[i % 8] for i in range(32)]
    assert pairwise_distance(repeated) > 0.8 * pairwise_distance(different)
    assert nearest_distance(repeated) == 0
    assert nearest_distance(different) > 0.8


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: distinct_n([A], 9), "1 songs: none has the 9 notes"),
        (lambda: pairwise_distance([A]), "1 songs: a distance needs at least 2"),
    ],
)
def test_sets_too_small_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
