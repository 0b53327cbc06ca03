"""The classifier: at chance between like sets, right between unlike ones."""

import numpy as np
import pytest

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.two_sample import two_sample_accuracy

CODEC = EventsCodec(grid=4)


def a_set(pieces, seed, steps=(-2, -1, 1, 2), notes=256):
    """Random walks of these steps."""
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(pieces):
        rows = np.ones((notes, 5), np.int64)
        rows[:, 1] = rows[:, 4] = 0
        rows[:, 2] = np.clip(66 + rng.choice(steps, notes).cumsum() % 24, 0, 127)
        rows[:, 3] = rng.integers(1, 3, notes)
        scores.append(CODEC.decode(rows))
    return MusicSet.of([str(i) for i in range(pieces)], scores, CODEC)


def test_sets_made_alike_are_not_told_apart():
    found = [two_sample_accuracy(a_set(30, seed), a_set(30, seed + 100)) for seed in range(3)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_sets_of_other_intervals_are_told_apart():
    assert two_sample_accuracy(a_set(40, 0), a_set(40, 1, steps=(-4, -1, 1, 4))) > 0.95


def test_unlike_numbers_give_no_advantage():
    """Always answering with the larger set's name is right half the time."""
    found = [two_sample_accuracy(a_set(40, seed), a_set(10, seed + 100)) for seed in range(3)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)


def test_the_windows_of_one_piece_are_never_on_both_sides_of_a_fold():
    """Each piece has a pitch of its own: without folds by piece it would be told from memory."""

    def constant(pieces, seed):
        rng = np.random.default_rng(seed)
        rows = np.tile(np.array([1, 0, 60, 1, 0]), (512, 1))
        scores = []
        for _ in range(pieces):
            rows[:, 2] = rng.integers(40, 90)
            scores.append(CODEC.decode(rows))
        return MusicSet.of([str(i) for i in range(pieces)], scores, CODEC)

    found = [two_sample_accuracy(constant(20, seed), constant(20, seed + 50)) for seed in range(4)]
    assert np.mean(found) < 0.6


def test_it_needs_five_pieces_a_side():
    assert two_sample_accuracy(a_set(4, 0), a_set(20, 1)) is None
