"""C-RNN-GAN's four measures on music that its own code got wrong."""

import math

import numpy as np
import pytest

from musicgan.evaluate.crnngan_set import NAMES, crnngan_values
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Score, Track


def score_of(*chords, is_drum=False):
    """Chords in quarters."""
    rows = [(4 * i, 4, pitch, 80, 0) for i, chord in enumerate(chords) for pitch in chord]
    return Score(np.array(rows, NOTE), (Track(is_drum=is_drum),), ticks_per_beat=4)


@pytest.mark.parametrize("tonic", range(12))
def test_a_perfect_scale_is_perfect_in_every_key(tonic):
    scale = [(60 + tonic + step,) for step in (0, 2, 4, 5, 7, 9, 11)]
    assert crnngan_values(score_of(*scale))["scale_consistency"] == pytest.approx(1)


def test_triads_are_all_polyphony():
    assert crnngan_values(score_of((60, 64, 67), (62, 65, 69)))["polyphony"] == 1
    assert crnngan_values(score_of((60, 64, 67), (62,)))["polyphony"] == 0.75
    assert crnngan_values(score_of((60,), (62,)))["polyphony"] == 0


def test_the_span_is_in_semitones():
    assert crnngan_values(score_of((48,), (60,), (55,)))["tone_span"] == 12


def test_repetitions_are_runs_of_three_pitches_heard_before():
    # 60 62 64, 62 64 60, 64 60 62, 60 62 64: the last one is a repetition.
    got = crnngan_values(score_of((60,), (62,), (64,), (60,), (62,), (64,)))
    assert got["three_tone_repetitions"] == 0.25
    assert math.isnan(crnngan_values(score_of((60,), (62,)))["three_tone_repetitions"])


def test_drums_alone_have_none_of_it():
    for score in (score_of((36,), is_drum=True), Score(empty_notes())):
        got = crnngan_values(score)
        assert tuple(got) == NAMES
        assert all(math.isnan(value) for value in got.values())
