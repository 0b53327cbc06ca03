"""Each descriptor on music small enough to count by hand."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.samples import sample_scores
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptor_matrix, descriptors
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Score, Track

PITCHED = {"pitch_mean", "bass_mean"}
"""The descriptors that transposing is allowed to change."""


def score_of(*voices, drums=()):
    """Voices as lists of (onset, duration, pitch) in quarter beats; `drums`: which are drums."""
    rows = [(on, length, p, 80, v) for v, line in enumerate(voices) for on, length, p in line]
    tracks = tuple(Track(str(v), 0, v in drums) for v in range(len(voices)))
    return Score(np.array(rows, NOTE), tracks, ticks_per_beat=4)


def quarters(*pitches):
    """A voice of quarter notes."""
    return [(4 * i, 4, pitch) for i, pitch in enumerate(pitches)]


def values(score):
    return dict(zip(DESCRIPTORS, descriptors(score), strict=True))


def test_a_scale_in_quarters():
    got = values(score_of(quarters(60, 62, 64, 65, 67, 69, 71, 72)))
    wanted = {
        "notes_per_beat": 1,
        "onsets_per_beat": 1,
        "wait_mean": 1,
        "wait_sd": 0,
        "duration_mean": 1,
        "duration_entropy": 0,
        "on_beat_share": 1,
        "off_eighth_share": 0,
        "rhythm_repetition": 1,
        "polyphony_mean": 1,
        "polyphony_sd": 0,
        "silence_share": 0,
        "pitch_mean": 66.25,
        "pitch_range": 12,
        "scale_share": 1,
        "step_share": 1,
        "repeat_share": 0,
        "leap_share": 0,
        "interval_mean": 12 / 7,
        "consonance_share": 0,
        "chord_share": 0,
    }
    assert {name: got[name] for name in wanted} == pytest.approx(wanted)


def test_rhythm_is_counted_in_beats():
    # Onsets at 0, 1/4, 1/2 and 2 beats; the last note ends at 4.
    got = values(score_of([(0, 1, 60), (1, 1, 60), (2, 2, 60), (8, 8, 60)]))
    assert got["notes_per_beat"] == 1
    assert got["wait_mean"] == pytest.approx(2 / 3)
    assert got["duration_mean"] == pytest.approx((0.25 + 0.25 + 0.5 + 2) / 4)
    assert got["duration_entropy"] == 1.5
    assert got["on_beat_share"] == 0.5
    assert got["off_eighth_share"] == 0.25
    assert got["silence_share"] == 0.25
    assert got["repeat_share"] == 1


def test_a_beat_repeats_the_rhythm_of_the_one_before_or_does_not():
    same = [(0, 2, 60), (2, 2, 62), (4, 2, 64), (6, 2, 65)]
    assert values(score_of(same))["rhythm_repetition"] == 1
    assert values(score_of([(0, 2, 60), (2, 2, 62), (4, 4, 64)]))["rhythm_repetition"] == 0


def test_polyphony_is_weighted_by_time():
    # One voice for 4 beats, a second one during half of them.
    got = values(score_of([(0, 16, 60)], [(0, 8, 67)]))
    assert got["polyphony_mean"] == 1.5
    assert got["polyphony_sd"] == 0.5


def test_melody_is_followed_within_each_voice():
    got = values(score_of(quarters(72, 72, 74), quarters(48, 57, 55)))
    assert got["repeat_share"] == 0.25
    assert got["step_share"] == 0.5
    assert got["leap_share"] == 0.25
    assert got["interval_mean"] == pytest.approx((0 + 2 + 9 + 2) / 4)
    assert got["leap_recovery"] == 1


def test_of_a_chord_in_one_voice_the_highest_note_is_the_line():
    got = values(score_of([(0, 4, 60), (0, 4, 67), (4, 4, 50), (4, 4, 69)]))
    assert got["interval_mean"] == 2
    assert got["step_share"] == 1


def test_a_figure_that_comes_back_is_repetition_even_transposed():
    figure = [0, 2, 4, 0]
    line = [60 + p for p in figure] + [67 + p for p in figure]
    assert values(score_of(quarters(*line)))["figure_repetition"] == pytest.approx(1 / 5)
    assert values(score_of(quarters(60, 61, 63, 66, 70, 75)))["figure_repetition"] == 0


@pytest.mark.parametrize(
    ("pitches", "share"),
    [
        ((60, 64, 67), 1),
        ((60, 63, 67, 75), 1),
        ((52, 60, 67, 70), 1),
        ((60, 60, 64), 1),
        ((60, 61, 62), 0),
        ((60, 66, 72), 0),
        ((60, 72, 84), 0),
    ],
    ids=["major", "minor", "dominant seventh", "no fifth", "cluster", "tritone", "unison"],
)
def test_three_notes_or_more_form_a_chord_or_do_not(pitches, share):
    score = score_of(*(quarters(pitch) for pitch in pitches))
    assert values(score)["chord_share"] == share


def test_intervals_between_pitch_classes_are_told_apart():
    # C E G B: thirds C-E E-G G-B, fifths C-G E-B, and one seventh, C-B.
    got = values(score_of(*(quarters(pitch) for pitch in (48, 64, 67, 83))))
    assert got["consonance_share"] == pytest.approx(5 / 6)
    assert got["second_share"] == pytest.approx(1 / 6)
    # A tritone is counted once though it is its own inversion: with C-F# among C E F#.
    assert values(score_of(*(quarters(p) for p in (60, 64, 66))))["second_share"] == pytest.approx(
        1 / 3
    )


def test_parallel_fifths_and_octaves_are_found_and_contrary_motion_is_not_parallel():
    fifths = values(score_of(quarters(67, 69), quarters(48, 50)))
    octaves = values(score_of(quarters(72, 74), quarters(60, 62)))
    sixths = values(score_of(quarters(69, 71), quarters(60, 62)))
    contrary = values(score_of(quarters(67, 72), quarters(60, 53)))
    away = values(score_of(quarters(72, 79), quarters(60, 55)))
    assert (fifths["parallel_share"], octaves["parallel_share"]) == (1, 1)
    assert (sixths["parallel_share"], sixths["contrary_share"]) == (0, 0)
    assert (contrary["parallel_share"], contrary["contrary_share"]) == (0, 1)
    assert (away["parallel_share"], away["contrary_share"]) == (0, 1)


def test_a_pair_of_which_one_voice_holds_is_not_counted():
    # Of the two steps up only 69-71 over 62-64 counts.
    got = values(score_of(quarters(67, 69, 71), [(0, 8, 62), (8, 4, 64)]))
    assert got["parallel_share"] == 1
    got = values(score_of(quarters(67, 69), [(0, 8, 60)]))
    assert got["parallel_share"] == got["contrary_share"] == 0


def test_voices_cross_where_the_usually_higher_one_is_lower():
    got = values(score_of(quarters(72, 72, 50, 72), quarters(60, 60, 60, 60)))
    assert got["crossing_share"] == 0.25


def test_the_bass_is_the_lowest_note_at_each_beat():
    got = values(score_of(quarters(72, 72), quarters(48, 50)))
    assert got["bass_mean"] == 49
    assert values(score_of([(1, 1, 60), (2, 1, 64)]))["bass_mean"] == 60  # nothing at a beat


def test_drums_have_rhythm_but_no_pitch():
    alone = values(score_of(quarters(36, 38), drums=(0,)))
    assert alone["notes_per_beat"] == 1
    assert alone["pitch_mean"] == alone["polyphony_mean"] == 0
    melody = quarters(60, 64)
    with_drums = values(score_of(melody, quarters(36, 38), drums=(1,)))
    assert with_drums["pitch_mean"] == 62
    assert with_drums["notes_per_beat"] == 2


def test_an_empty_score_is_all_zero():
    assert not descriptors(Score(empty_notes())).any()
    assert descriptor_matrix([]).shape == (0, len(DESCRIPTORS))


@pytest.mark.parametrize("name", sample_scores())
def test_awkward_scores_give_finite_numbers_and_shares_between_0_and_1(name):
    got = values(sample_scores()[name])
    assert np.isfinite(list(got.values())).all()
    shares = [got[n] for n in got if n.endswith(("_share", "_repetition", "_recovery"))]
    assert min(shares) >= 0
    assert max(shares) <= 1 + 1e-12


lines = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 8), st.integers(40, 80)), min_size=1, max_size=12
)


@given(st.lists(lines, min_size=1, max_size=3), st.integers(-12, 12))
def test_all_but_the_mean_heights_are_blind_to_transposition(voices, semitones):
    score = score_of(*voices)
    before, after = values(score), values(score.transposed(semitones))
    for name in DESCRIPTORS:
        moved = semitones if name in PITCHED else 0
        assert after[name] == pytest.approx(before[name] + moved, abs=1e-9), name


@given(st.lists(lines, min_size=1, max_size=3))
def test_the_resolution_of_the_score_does_not_matter(voices):
    score = score_of(*voices)
    finer = score.notes.copy()
    finer["onset_tick"] *= 30
    finer["duration_tick"] *= 30
    same = Score(finer, score.tracks, ticks_per_beat=120)
    np.testing.assert_allclose(descriptors(same), descriptors(score), atol=1e-9)


@given(lines, st.lists(st.integers(-2, 2), min_size=12, max_size=12))
def test_vertical_intervals_are_blind_to_octaves(line, octaves):
    moved = [(on, n, p + 12 * k) for (on, n, p), k in zip(line, octaves, strict=False)]
    one, other = values(score_of(line)), values(score_of(moved))
    assert one["consonance_share"] == other["consonance_share"]
    assert one["second_share"] == other["second_share"]


def test_a_note_that_never_ends_and_a_rest_without_end_cost_nothing():
    far = 4_000_000_000
    score = score_of([(0, far, 60), (far, 1, 62)], [(far, far, 64)])
    tracemalloc.start()
    assert np.isfinite(descriptors(score)).all()
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 1e6
