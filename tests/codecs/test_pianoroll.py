"""Frames: what cell stands for what, and that any frames become notes again."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgan.codecs.pianoroll import MAX_CELLS, PianorollCodec
from musicgan.errors import CodecError
from musicgan.notes import NOTE
from musicgan.score import Score, Track

PIANO = (Track("piano"),)
DUET = (("high", 0, False), ("low", 32, False))


def score_of(*notes, tracks=PIANO):
    """A score of (onset, duration, pitch, velocity, track) on a grid of 4."""
    return Score(np.array(list(notes), NOTE), tracks, ticks_per_beat=4)


def test_a_note_is_one_onset_and_then_holds():
    roll = PianorollCodec(low_pitch=60, high_pitch=71).encode(score_of((1, 3, 62, 80, 0)))
    assert roll.dtype == np.float32
    assert roll.shape == (4, 2 * 12)
    assert np.argwhere(roll).tolist() == [[1, 2], [2, 12 + 2], [3, 12 + 2]]


def test_repeated_notes_stay_apart_and_long_ones_whole():
    codec = PianorollCodec()
    repeated = score_of((0, 2, 60, 80, 0), (2, 2, 60, 80, 0))
    one = score_of((0, 4, 60, 80, 0))
    assert codec.decode(codec.encode(repeated)).notes["duration_tick"].tolist() == [2, 2]
    assert codec.decode(codec.encode(one)).notes["duration_tick"].tolist() == [4]


def test_each_slot_has_its_own_cells():
    codec = PianorollCodec(slots=DUET, low_pitch=60, high_pitch=71)
    tracks = (Track("high"), Track("low", 32))
    roll = codec.encode(score_of((0, 1, 60, 80, 0), (0, 1, 60, 80, 1), tracks=tracks))
    assert np.flatnonzero(roll[0]).tolist() == [0, 24]
    assert codec.decode(roll).notes["track"].tolist() == [0, 1]


def test_the_loudest_onset_is_one_and_the_softest_just_above_the_threshold():
    codec = PianorollCodec(velocity_bins=4)
    roll = codec.encode(score_of((0, 1, 60, 127, 0), (0, 1, 64, 1, 0)))
    assert sorted(roll[roll > 0]) == [0.625, 1.0]
    assert codec.decode(roll).notes["velocity"].tolist() == [112, 16]


def test_every_velocity_survives_127_bins():
    codec = PianorollCodec(velocity_bins=127)
    score = score_of(*((i, 1, 60, i + 1, 0) for i in range(127)))
    assert codec.decode(codec.encode(score)).notes["velocity"].tolist() == list(range(1, 128))


def test_pitched_notes_fold_into_the_range_by_octaves_and_drums_outside_are_dropped():
    codec = PianorollCodec(slots=(*DUET, ("kit", 0, True)), low_pitch=48, high_pitch=71)
    tracks = (Track("a"), Track("b"), Track("k", 0, True))
    score = score_of((0, 1, 0, 80, 0), (1, 1, 72, 80, 1), (2, 1, 47, 80, 2), tracks=tracks)
    assert codec.normalized(score).notes["pitch"].tolist() == [48, 60]


def test_a_hold_with_nothing_to_continue_is_silent():
    codec = PianorollCodec()
    roll = np.zeros((4, codec.width), np.float32)
    roll[1:, codec.n_pitches + 39] = 1
    assert len(codec.decode(roll)) == 0
    roll[2, 39] = 1
    assert codec.decode(roll).notes[["onset_tick", "duration_tick"]].tolist() == [(2, 2)]


def test_a_note_at_the_last_step_does_not_run_into_the_next_pitch():
    codec = PianorollCodec()
    roll = np.zeros((2, codec.width), np.float32)
    roll[1, 39] = 1
    roll[0, codec.n_pitches + 40] = 1
    assert codec.decode(roll).notes["duration_tick"].tolist() == [1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_decode_agrees_with_reading_cell_by_cell(data):
    """The vectorised decoder against a loop that follows each pitch through time."""
    codec = PianorollCodec(slots=DUET, low_pitch=60, high_pitch=71)
    seed = data.draw(st.integers(0, 2**32 - 1))
    length = data.draw(st.integers(0, 12))
    rng = np.random.default_rng(seed)
    roll = rng.choice([0.0, 0.4, 0.5, 1.0, np.nan], (length, codec.width)).astype(np.float32)
    wanted = []
    for slot in range(2):
        for pitch in range(12):
            onset = roll[:, 24 * slot + pitch] >= 0.5
            hold = roll[:, 24 * slot + 12 + pitch] >= 0.5
            for step in np.flatnonzero(onset):
                end = step + 1
                while end < length and hold[end] and not onset[end]:
                    end += 1
                wanted.append((step, slot, 60 + pitch, end - step))
    got = codec.decode(roll).notes
    fields = ("onset_tick", "track", "pitch", "duration_tick")
    assert list(zip(*(got[f].tolist() for f in fields), strict=True)) == sorted(wanted)


def test_a_score_too_long_is_refused_before_anything_is_allocated():
    codec = PianorollCodec()
    longest = MAX_CELLS // codec.width
    score = score_of((longest, 1, 60, 80, 0))
    tracemalloc.start()
    with pytest.raises(CodecError, match=f"roll of {longest + 1} steps is too long.*{longest};"):
        codec.encode(score)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 1e6


@pytest.mark.parametrize("shape", [(3,), (3, 175), (3, 176, 1)])
def test_frames_of_a_wrong_shape_are_refused(shape):
    with pytest.raises(CodecError, match=r"expected numbers \[T, 176\]"):
        PianorollCodec().decode(np.zeros(shape, np.float32))


def test_frames_that_are_not_numbers_are_refused():
    with pytest.raises(CodecError, match="expected numbers"):
        PianorollCodec().decode(np.full((3, 176), "x"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"grid": 0}, "grid 0 .* 1 to 48"),
        ({"grid": 49}, "grid 49 .* 1 to 48"),
        ({"velocity_bins": 128}, "velocity_bins 128 .* 1 to 127"),
        ({"low_pitch": 60, "high_pitch": 70}, "pitches 60 to 70 .* at least 11"),
        ({"low_pitch": -1}, "pitches -1 to 108"),
        ({"high_pitch": 128}, "pitches 21 to 128"),
        ({"slots": ()}, "slots: empty"),
    ],
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(CodecError, match=said):
        PianorollCodec(**options)


def test_codecs_with_the_same_options_are_equal():
    assert PianorollCodec(slots=DUET) == PianorollCodec(**PianorollCodec(slots=DUET).options())
    assert PianorollCodec(grid=6) != PianorollCodec()
    assert hash(PianorollCodec()) == hash(PianorollCodec())
