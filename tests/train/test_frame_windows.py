"""Windows of frames: what they hold, what transposing does, where they end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.corpus.piece import make_piece
from musicgan.errors import CorpusError
from musicgan.model.frames_config import FramesConfig
from musicgan.train.frame_windows import (
    FrameWindows,
    frame_songs,
    shifted,
    silenced,
    slot_ranges,
    struck,
)

from .making import BASS, DRUMS, LEAD, tune

CODEC = PianorollCodec(4, (LEAD, BASS, DRUMS), low_pitch=30, high_pitch=90)
CONFIG = FramesConfig(3, CODEC.n_pitches, max_position=33)


def songs(count=3, bars=4):
    pieces = [make_piece(str(s), tune(s, bars, drums=True), CODEC) for s in range(count)]
    return pieces, frame_songs(pieces, CODEC, CONFIG, slot_ranges(pieces, CODEC))


def test_a_song_lasts_to_the_end_of_its_last_bar():
    """And its places count its bars down to the last one."""
    pieces, made = songs()
    for piece, song in zip(pieces, made, strict=True):
        assert len(song) == len(song.places) == piece.bar_start_step[-1]
        downbeats = piece.bar_start_step[1:-1]
        assert not song.places[downbeats, 0].any()
        assert song.places[0, 1] == piece.n_bars
        assert song.places[-1, 1] == 1
        assert np.array_equal(song.frames[: len(piece.rows)], piece.rows > 0)


def test_struck_notes_are_the_score_s():
    pieces, _ = songs(1)
    score = CODEC.normalized(tune(0, 4, drums=True))
    expected = {(n["onset_tick"], n["track"], n["pitch"]) for n in score.notes}
    assert {tuple(row) for row in struck(pieces[0], CODEC).tolist()} == expected


@given(st.integers(0, 20), st.integers(-5, 5))
def test_shifted_frames_are_those_of_the_transposed_score(seed, semitones):
    """Drums stay, and with room to move nothing is lost."""
    score = tune(seed, 2, drums=True)
    frames = CODEC.encode(score) > 0
    expected = CODEC.encode(score.transposed(semitones)) > 0
    assert np.array_equal(shifted(frames, semitones, CODEC), expected)


def test_a_shift_allowed_keeps_every_note():
    _, made = songs(5)
    for song in made:
        assert 0 in song.shifts
        for shift in song.shifts.tolist():
            assert shifted(song.frames, shift, CODEC).sum() == song.frames.sum()


def test_what_is_fed_is_the_frame_before():
    """Also before the first frame of a window, unless it begins the piece."""
    _, made = songs(1)
    windows = list(FrameWindows(made, 16, CODEC).every(2))
    first = windows[0]
    assert not first.fed[0, 0].any()
    assert (first.fed[:, 1:] == first.frames[:, :-1]).all()
    assert (first.fed[1, 0] == first.frames[0, -1]).all()
    assert first.frames[0].sum() == made[0].frames[:16].sum()


def test_every_frame_is_seen_once_and_padding_is_masked():
    _, made = songs(3)
    windows = FrameWindows(made, 20, CODEC)
    batches = list(windows.every(4))
    assert sum(int(batch.mask.sum()) for batch in batches) == sum(map(len, made))
    cells = sum(float(batch.frames.sum()) for batch in batches)
    assert cells == sum(song.frames.sum() for song in made)
    for batch in batches:
        assert not batch.frames[~batch.mask].any()


def test_windows_drawn_inside_are_full_and_drawn_again_alike():
    _, made = songs(3)
    windows = FrameWindows(made, 32, CODEC)
    one, again = (windows.draw_inside(8, np.random.default_rng(1)) for _ in range(2))
    assert one.mask.all()
    assert (one.frames == again.frames).all() and (one.places == again.places).all()
    assert one.frames.shape == (8, 32, CODEC.width)


def test_no_piece_as_long_as_a_window_is_said_so():
    _, made = songs(2)
    with pytest.raises(CorpusError, match="500 steps"):
        FrameWindows(made, 500, CODEC).draw_inside(1, np.random.default_rng(0))


def test_silenced_slots_bring_back_what_they_hold():
    """Where a slot has fallen silent in what is fed, a held note is an onset to predict; what
    sounds stays the same, and what is real is never a hold of something not fed."""
    _, made = songs(3)
    whole = FrameWindows(made, 32, CODEC).draw_inside(40, np.random.default_rng(0))
    lost = silenced(whole, CODEC, 0.2, np.random.default_rng(1))
    shape = (40, 32, 3, 2, CODEC.n_pitches)
    fed, before, frames, truth = (
        x.numpy().reshape(shape) for x in (lost.fed, whole.fed, lost.frames, whole.frames)
    )
    assert np.array_equal(frames.any(3), truth.any(3))
    assert not (frames[..., 1, :] > fed.any(3)).any()
    fell = before.any((3, 4)) & ~fed.any((3, 4))
    share = fell.sum() / before.any((3, 4)).sum()
    assert share == pytest.approx(0.2, abs=0.05)
    kept = fed.any((3, 4))
    assert np.array_equal(fed[kept], before[kept])
    assert np.array_equal(frames[kept], truth[kept])


def test_nothing_is_silenced_when_nothing_is_asked():
    _, made = songs(1)
    whole = FrameWindows(made, 32, CODEC).draw_inside(4, np.random.default_rng(0))
    same = silenced(whole, CODEC, 0.0, np.random.default_rng(1))
    assert (same.fed == whole.fed).all() and (same.frames == whole.frames).all()
