"""The top voice's steps."""

import math

import numpy as np

from musicgan.evaluate.top_voice import top_step_share
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Score, Track


def score_of(*lines, drums=()):
    rows = [(4 * i, 4, p, 80, v) for v, line in enumerate(lines) for i, p in enumerate(line)]
    tracks = tuple(Track(is_drum=v in drums) for v in range(len(lines)))
    return Score(np.array(rows, NOTE), tracks, ticks_per_beat=4)


def test_only_the_highest_voice_counts():
    # Steps 72 74 and 74 73; a repeat and a third are none.
    assert top_step_share(score_of((48, 60, 48, 60, 48), (72, 74, 73, 73, 76))) == 0.5


def test_drums_are_no_voice():
    assert top_step_share(score_of((60, 62, 64), (100, 60, 100), drums=(1,))) == 1


def test_of_a_chord_the_highest_note_is_the_line():
    rows = [(0, 4, 60, 80, 0), (0, 4, 72, 80, 0), (4, 4, 50, 80, 0), (4, 4, 74, 80, 0)]
    assert top_step_share(Score(np.array(rows, NOTE), ticks_per_beat=4)) == 1


def test_music_without_an_interval_has_no_share():
    assert math.isnan(top_step_share(Score(empty_notes())))
    assert math.isnan(top_step_share(score_of((60,))))
