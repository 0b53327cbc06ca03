"""Copied runs of notes: found in any key, with the place where they stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.copies import copied_share, known_runs, nearest_pieces
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.ngrams import ngrams, tokens

CODEC = EventsCodec(grid=4)


def song(*pitches):
    """One voice of sixteenths."""
    return np.array([(1, 0, pitch, 1, 0) for pitch in pitches], np.int64)


def a_set(*songs):
    scores = [CODEC.decode(rows) for rows in songs]
    return MusicSet.of([str(i) for i in range(len(songs))], scores, CODEC)


A = song(60, 62, 64, 65, 67)
RISING = song(40, 41, 42, 43, 44)


def known(some, training, n):
    return known_runs(a_set(training), n).count(some)


def test_copied_runs_are_found_in_any_key():
    assert known(A, A + np.array([0, 0, 5, 0, 0]), 3) == (3, 3)
    assert known(A, RISING, 3) == (0, 3)
    # Of the runs (none 2 2)(2 2 1)(2 1 2) the training song 60 62 64 66 has the first.
    assert known(A, song(60, 62, 64, 66), 3) == (1, 3)


def test_songs_too_short_to_copy_have_no_share():
    assert known(A, A, 9) == known(RISING, A, 9) == (0, 0)
    assert copied_share(a_set(A), a_set(A), 8) is None


def test_the_share_of_a_set_counts_all_runs_of_all_pieces():
    rng = np.random.default_rng(0)
    pieces = [song(*rng.integers(60, 63, 200)) for _ in range(4)]
    some, training = a_set(*pieces[:2]), a_set(*pieces[2:])
    theirs = [ngrams(rows, 8) for rows in training.rows]
    mine = [gram for rows in some.rows for gram in ngrams(rows, 8).elements()]
    wanted = np.mean([any(gram in piece for piece in theirs) for gram in mine])
    assert 0 < wanted < 1
    assert copied_share(some, training, 8) == pytest.approx(wanted)
    assert copied_share(some, some, 16) == 1


def test_the_longest_copy_is_named_with_its_place_in_both_pieces():
    rng = np.random.default_rng(1)
    own, strange, other = (rng.integers(40, 80, 60) for _ in range(3))
    strange[20:45] = own[10:35] + 3
    training = a_set(song(*other), song(*own))
    [copy] = nearest_pieces(a_set(song(*strange)), training)
    assert (copy.song, copy.piece) == (0, 1)
    # The interval into the first copied note is another one.
    assert (copy.longest, copy.song_at, copy.piece_at) == (24, 21, 11)
    assert copy.share8 == pytest.approx(17 / 53)


def test_a_whole_piece_given_back_is_one_copy():
    pieces = [song(*np.random.default_rng(i).integers(40, 80, 30 + i)) for i in range(5)]
    found = nearest_pieces(a_set(*pieces[::-1]), a_set(*pieces))
    assert [copy.piece for copy in found] == [4, 3, 2, 1, 0]
    assert [copy.longest for copy in found] == [34, 33, 32, 31, 30]
    assert {(copy.song_at, copy.piece_at, copy.share8) for copy in found} == {(0, 0, 1.0)}


lines = st.lists(st.integers(60, 63), min_size=2, max_size=12)


@given(st.lists(lines, min_size=1, max_size=3), st.lists(lines, min_size=1, max_size=3))
def test_no_common_run_is_longer_than_the_one_found(songs, pieces):
    """By trying all pairs of places."""
    generated, training = (a_set(*(song(*line) for line in side)) for side in (songs, pieces))
    for copy in nearest_pieces(generated, training):
        mine = tokens(generated.rows[copy.song])
        longest = 0
        for theirs in map(tokens, training.rows):
            for i in range(len(mine)):
                for j in range(len(theirs)):
                    n = min(len(mine) - i, len(theirs) - j)
                    unlike = (mine[i : i + n] != theirs[j : j + n]).any(1)
                    longest = max(longest, int(unlike.argmax()) if unlike.any() else n)
        assert copy.longest == longest
        there = tokens(training.rows[copy.piece])[copy.piece_at :][:longest]
        assert np.array_equal(mine[copy.song_at :][:longest], there)
