"""Voices come in, and come back, about as soon as in the pieces."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import band_codec, tiny_config

from musicgan.compose.player import open_player, player_of, with_rules
from musicgan.compose.settings import Settings
from musicgan.compose.silences import BEATS, Silences, longer_than, silences_of
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.errors import ModelFileError

LAYOUT = tiny_config(band_codec()).layout
GRID = LAYOUT.grid


def test_a_voice_is_likelier_by_as_many_times_as_longer_silences_are_rarer_than_few():
    """Of 99 silences 90 last 1 beat, 8 last 4, one 20; one more is taken to outlast them all."""
    nats = longer_than(np.array([1.0] * 90 + [4.0] * 8 + [20.0]), 0.1)
    assert nats[:3] == pytest.approx([0, 0, np.log(0.1 / 0.1)])
    assert nats[[4, 5, 20]] == pytest.approx([0, np.log(0.1 / 0.02), np.log(0.1 / 0.02)])
    assert nats[[21, BEATS]] == pytest.approx(np.log(0.1 / 0.01))


def test_a_voice_that_often_stays_away_may():
    assert not longer_than(np.array([0.0] * 8 + [np.inf] * 2), 0.1).any()
    assert not longer_than(np.zeros(0), 0.1).any()  # nothing is known of it


@given(st.lists(st.floats(0, 200), max_size=300), st.sampled_from([0.02, 0.1]))
def test_the_longer_it_was_silent_the_likelier_it_is(beats, rare):
    nats = longer_than(np.array(beats), rare)
    assert nats.shape == (BEATS + 1,) and nats.dtype == np.float32
    assert (np.diff(nats) >= 0).all() and nats[0] >= 0


def piece(*notes):
    """Rows of notes given as (onset beat, voice, duration in beats)."""
    onset, voice, beats = np.array(notes).T
    rows = np.zeros((len(notes), 5), np.int64)
    rows[:, 0] = np.diff(onset * GRID, prepend=0)
    rows[:, 1], rows[:, 2], rows[:, 3] = voice, 60, beats * GRID
    return SimpleNamespace(rows=rows)


def test_entries_and_rests_of_each_voice_are_found():
    """Voice 0 begins at once and rests for 3 beats, 1 enters at beat 6, 2 never does.

    A note that lies within a longer one is no rest.
    """
    notes = (0, 0, 4), (1, 0, 1), (6, 1, 1), (7, 0, 1)
    entries, rests = np.array(silences_of([piece(*notes)] * 99, LAYOUT))
    near = {"abs": 0.01}
    assert entries[0][:2] == pytest.approx([0, np.log(50)], **near)
    assert entries[1][[6, 7]] == pytest.approx([0, np.log(50)], **near)
    assert not entries[2].any()
    assert rests[0][[3, 4]] == pytest.approx([0, np.log(2)], **near)
    assert not rests[1:].any()  # they have none, or are not there


def test_each_voice_of_each_song_is_weighed_by_its_own_silence():
    nats = np.zeros((2, 3, BEATS + 1), np.float32)
    nats[0, :, 4:], nats[1, :, 2:] = 1, 5  # before a first note, and after one
    nats[:, 2] = 0
    onset = np.array([4 * GRID, 4 * GRID - 1, 10_000 * GRID])
    last_end = np.array([[-1, -1, -1], [2 * GRID, 2 * GRID, 9_999 * GRID], [0, 0, 0]])
    logits = np.zeros((3, 3), np.float32)
    weighed = Silences(nats, LAYOUT).voice(logits, onset, last_end)
    assert weighed.tolist() == [[1, 5, 0], [0, 0, 0], [1, 0, 0]]
    assert not logits.any()


def test_a_voice_that_sounds_on_beyond_the_onset_is_not_silent():
    nats = np.ones((2, 3, BEATS + 1), np.float32)
    nats[:, :, 0] = 0
    last_end = np.array([[9 * GRID], [5 * GRID + 1], [4 * GRID]])
    weighed = Silences(nats, LAYOUT).voice(np.zeros((1, 3)), np.array([6 * GRID]), last_end)
    assert weighed.tolist() == [[0, 0, 1]]


def shy(player, nats=None):
    """The player with a soprano that does not come of itself, unless what is known brings it."""
    weights = dict(player.file.weights)
    weights["generator.voice_out.bias"] = weights["generator.voice_out.bias"] - [40, 0, 0, 0]
    return with_rules(player_of(replace(player.file, weights=weights), Path("shy")), silences=nats)


def test_a_song_without_a_voice_gets_it_once_few_pieces_wait_as_long():
    player = open_player(bundled_path("chorale"))
    nats = np.zeros((2, 4, BEATS + 1), np.float32)
    nats[:, 0, 8:] = 60
    settings = Settings(bars=6, seed=3, critic=0)

    def soprano(player):
        song = compose(player, settings)
        onset_beat = song.notes["onset_tick"][song.notes["track"] == 0] / song.ticks_per_beat
        return onset_beat[onset_beat < 20]  # where all others hold the last chord, it has to

    assert not len(soprano(shy(player)))
    first, second = soprano(shy(player, nats))[:2]
    assert first == 8
    assert second >= 8 + 8


def test_a_model_that_knows_nothing_of_them_plays_as_before():
    player = open_player(bundled_path("chorale"))
    nothing = np.zeros((2, 4, BEATS + 1), np.float32)
    settings = Settings(bars=4, seed=1, critic=2)
    songs = [compose(with_rules(player, silences=known), settings) for known in (None, nothing)]
    assert songs[0] == songs[1]


def test_damaged_silences_are_refused():
    file = open_player(bundled_path("chorale")).file
    typical = {**file.metadata["typical"], "silences": [[[0.0] * BEATS] * 4] * 2}
    damaged = replace(file, metadata={**file.metadata, "typical": typical})
    with pytest.raises(ModelFileError, match="damaged"):
        player_of(damaged, Path("some.safetensors"))
