"""BLEU on songs of a few notes, worked by hand."""

import math

import pytest
from hypothesis import given

from musicgan.evaluate.bleu import bleu, self_bleu
from musicgan.evaluate.ngrams import ngrams

from .lines import RISING, A, song, songs_of


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


def test_equal_songs_have_a_self_bleu_of_one_and_strangers_of_zero():
    assert self_bleu([A, A, A]) == pytest.approx(1)
    assert self_bleu([A, song(60, 50, 61, 47, duration=9)]) == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bleu([], [A]), "0 songs: none has the 1 notes"),
        (lambda: bleu([A], []), "no references: give at least 1"),
        (lambda: self_bleu([A]), "1 songs: self-BLEU compares at least 2"),
    ],
)
def test_sets_too_small_are_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
