"""n-gram measures on songs of a few notes, worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.evaluate.ngrams import (
    NO_INTERVAL,
    bleu,
    copied_ngrams,
    distinct_n,
    nearest_distance,
    ngrams,
    pairwise_distance,
    self_bleu,
    tokens,
)


def song(*pitches, wait=1, duration=1, voice=0):
    """One voice, evenly spaced."""
    return np.array([(wait, voice, pitch, duration, 0) for pitch in pitches], np.int64)


A = song(60, 62, 64, 65, 67)
RISING = song(40, 41, 42, 43, 44)

songs_of = st.lists(
    st.lists(st.integers(60, 63), min_size=1, max_size=8).map(lambda line: song(*line)),
    min_size=2,
    max_size=5,
).filter(lambda songs: max(map(len, songs)) >= 4)


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


def test_copied_ngrams_are_found_in_any_key():
    assert copied_ngrams([A], [A + np.array([0, 0, 5, 0, 0])], 3) == 1
    assert copied_ngrams([A], [RISING], 3) == 0
    # Of the 3-grams (none 2 2)(2 2 1)(2 1 2) the training song 60 62 64 66 has the first.
    assert copied_ngrams([A], [song(60, 62, 64, 66)], 3) == pytest.approx(1 / 3)


def test_bleu_of_a_reference_is_one_and_of_a_stranger_zero():
    assert bleu([A, RISING], [A, RISING]) == pytest.approx(1)
    assert bleu([A], [song(10, 10, 10, 10, duration=7)]) == 0


def test_bleu_clips_each_ngram_at_its_count_in_the_best_reference():
    # Unigrams of RISING: none x 1, +1 x 4. The references have none and +1 x 2 at best: 3 of 5.
    # Bigrams: (none +1) and (+1 +1) x 3 against x 1: 2 of 4. Two references do not add up.
    references = [song(60, 61, 62, 50, 40), song(50, 51, 52, 60, 70)]
    assert bleu([RISING], references, order=2) == pytest.approx(math.sqrt(3 / 5 * 2 / 4))


def test_short_songs_pay_the_brevity_penalty():
    assert bleu([A[:4]], [A]) == pytest.approx(math.exp(1 - 5 / 4))


@given(songs_of)
def test_self_bleu_is_bleu_against_all_the_others(songs):
    """By its definition: sums over songs of matches with the best other song."""
    logs = 0.0
    for n in range(1, 5):
        grams = [ngrams(s, n) for s in songs]
        matched = sum(
            min(count, max(grams[j][gram] for j in range(len(songs)) if j != i))
            for i in range(len(songs))
            for gram, count in grams[i].items()
        )
        if not matched:
            assert self_bleu(songs) == 0
            return
        logs += math.log(matched / sum(sum(g.values()) for g in grams)) / 4
    got = self_bleu(songs)
    assert got <= math.exp(logs) + 1e-12
    if len({len(s) for s in songs}) == 1:
        assert got == pytest.approx(math.exp(logs))


def test_equal_songs_have_a_self_bleu_of_one_and_no_distance():
    assert self_bleu([A, A, A]) == pytest.approx(1)
    assert pairwise_distance([A, A, A]) == nearest_distance([A, A, A]) == 0


def test_songs_that_share_nothing_are_at_distance_one():
    other = song(60, 50, 61, 47, duration=9)
    assert self_bleu([A, other]) == 0
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
        (lambda: bleu([], [A]), "0 songs: none has the 1 notes"),
        (lambda: bleu([A], []), "no references: give at least 1"),
        (lambda: self_bleu([A]), "1 songs: self-BLEU compares at least 2"),
        (lambda: pairwise_distance([A]), "1 songs: a distance needs at least 2"),
    ],
)
def test_sets_too_small_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
