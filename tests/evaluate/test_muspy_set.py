"""MusPy's measures by hand; the figures are those that muspy 0.5 gives for the same notes."""

import math

import numpy as np
import pytest

from musicgan.evaluate.muspy_set import NAMES, muspy_values
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Score, Track

TWO_VOICES = (Track(), Track())


def score_of(*notes, tracks=TWO_VOICES):
    """(onset, duration, pitch, track) in sixteenths."""
    rows = [(onset, length, pitch, 80, track) for onset, length, pitch, track in notes]
    return Score(np.array(rows, NOTE), tracks, ticks_per_beat=4)


def test_pitches_are_counted():
    got = muspy_values(score_of((0, 4, 60, 0), (4, 4, 72, 0), (8, 4, 64, 0), (12, 4, 60, 0)))
    assert got["pitch_range"] == 12
    assert got["n_pitches_used"] == 3
    assert got["n_pitch_classes_used"] == 2
    assert got["pitch_entropy"] == pytest.approx(1.5)
    assert got["pitch_class_entropy"] == pytest.approx(0.811278, abs=1e-6)


def test_polyphony_counts_pitches_while_something_sounds():
    # Beats: two pitches, one, none, and three.
    chord = [(12, 4, pitch, 0) for pitch in (60, 64, 67)]
    got = muspy_values(score_of((0, 8, 60, 0), (0, 4, 64, 0), *chord))
    assert got["polyphony"] == pytest.approx((2 + 1 + 3) / 3)
    # More than two pitches: one beat of four.
    assert got["polyphony_rate"] == pytest.approx(1 / 4)


def test_two_voices_on_one_pitch_count_once():
    got = muspy_values(score_of((0, 8, 60, 0), (4, 8, 60, 1), (2, 2, 60, 1)))
    assert got["polyphony"] == 1


def test_a_scale_is_major_or_natural_minor():
    minor = (60, 62, 63, 65, 67, 68, 70)
    assert muspy_values(score_of(*((4 * i, 4, p, 0) for i, p in enumerate(minor))))[
        "scale_consistency"
    ] == pytest.approx(1)
    chromatic = ((4 * i, 4, 60 + i, 0) for i in range(12))
    assert muspy_values(score_of(*chromatic))["scale_consistency"] == pytest.approx(7 / 12)


def test_a_beat_is_empty_when_no_note_touches_it():
    # Notes end at beats 1 and 5, and so touch them; beats 2 and 3 are empty, of 6.
    got = muspy_values(score_of((0, 4, 60, 0), (16, 4, 60, 0)))
    assert got["empty_beat_rate"] == pytest.approx(2 / 6)


def test_groove_is_the_likeness_of_neighbouring_bars():
    # Bars of 16 steps with onsets {0, 4}, {0, 8} and, from step 32, where the music ends, {}.
    got = muspy_values(score_of((0, 1, 60, 0), (4, 1, 60, 0), (16, 1, 60, 0), (24, 8, 60, 0)))
    assert got["groove_consistency"] == pytest.approx(1 - (2 + 2) / (16 * 2))
    assert math.isnan(muspy_values(score_of((0, 4, 60, 0)))["groove_consistency"])


def test_drums_are_looked_at_apart():
    drums = (Track(), Track(is_drum=True))
    strokes = [(onset, 1, 36, 1) for onset in (0, 6, 8, 13)]
    notes = score_of((0, 24, 60, 0), *strokes, tracks=drums).notes
    got = muspy_values(Score(notes, drums, ticks_per_beat=24))
    # Quarters of a beat: 0 and 6; thirds: 0 and 8.
    assert got["drum_in_pattern_rate"] == 0.5
    assert got["drum_pattern_consistency"] == 0.5
    assert got["n_pitches_used"] == 1
    assert math.isnan(muspy_values(score_of((0, 4, 60, 0)))["drum_in_pattern_rate"])


def test_an_empty_score_has_no_pitches_and_nothing_else_to_say():
    got = muspy_values(Score(empty_notes()))
    assert tuple(got) == NAMES
    assert [got[name] for name in NAMES[:3]] == [0, 0, 0]
    assert all(math.isnan(got[name]) for name in NAMES[3:])
