"""Drums alone: songs without a key, and clear words where pitches are asked for."""

import numpy as np
import pytest

from musicgan.chords import parse_progression
from musicgan.compose.accompany import accompany
from musicgan.compose.idea import hear_idea, in_the_manner_of
from musicgan.compose.infill import infill
from musicgan.compose.like import songs_like
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.write import write_songs
from musicgan.corpus.piece import make_piece
from musicgan.errors import ComposeError
from musicgan.notes import NOTE
from musicgan.score import Key, Score, Track


def beat(bars):
    """Two strokes a beat, on quarters of a beat."""
    rows = [(2 * i, 1, 36 + i % 2 * 6, 90, 0) for i in range(8 * bars)]
    return Score(np.array(rows, NOTE), (Track("kit", 0, True),), ticks_per_beat=4)


@pytest.mark.parametrize("critic", [0, 3])
def test_a_song_of_drums_states_no_key(kit, critic, tmp_path):
    song = compose(kit, Settings(bars=3, seed=1, critic=critic))
    assert len(song) and song.keys == ()
    assert [track.is_drum for track in song.tracks] == [True]
    [written] = write_songs(kit, [Settings(bars=3, seed=1)], tmp_path / "beat.mid")
    assert written.key is None


def test_bars_of_a_beat_are_filled_and_a_beat_gives_an_idea(kit):
    filled = infill(kit, Settings(seed=2), beat(6), 3, 4)
    tick = filled.ticks_per_beat * 4
    outside = filled.notes[
        (filled.notes["onset_tick"] < 2 * tick) | (filled.notes["onset_tick"] >= 4 * tick)
    ]
    assert len(outside) == 32
    idea = hear_idea(kit, beat(6), "beat")
    assert idea.key is None
    song = compose(kit, in_the_manner_of(Settings(seed=1), idea, bars=2))
    assert len(song)


def test_what_needs_pitches_is_refused(kit):
    with pytest.raises(ComposeError, match="key Am: this model plays drums alone"):
        compose(kit, Settings(key=Key(0, 9, True)))
    with pytest.raises(ComposeError, match="chords: this model plays drums alone"):
        compose(kit, Settings(chords=parse_progression("C F")))
    tune = Score(np.array([(0, 4, 72, 80, 0), (4, 4, 74, 80, 0)], NOTE), ticks_per_beat=4)
    with pytest.raises(ComposeError, match="a melody needs a voice with pitches"):
        accompany(kit, Settings(), tune)


def test_a_layout_knows_whether_it_is_all_drums(kit, band):
    assert kit.generator.config.layout.is_percussion
    assert not band.generator.config.layout.is_percussion


def test_songs_like_real_beats_are_songs(kit):
    piece = make_piece("beat", beat(4), kit.codec)
    [song] = songs_like(kit, [piece], critic=2, temperature=1)
    assert len(song) and song.keys == ()
