"""What the critic says of a whole piece, note by note."""

from dataclasses import replace

import numpy as np
from tiny_model import choir_codec

from musicgan.compose.hearing import verdicts
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.score import Score, empty_notes


def test_every_note_gets_a_chance(choir):
    song = compose(choir, Settings(bars=4, seed=1, critic=0))
    found = verdicts(choir, song)
    assert found.shape == (len(song),)
    assert ((found > 0) & (found < 1)).all() and len(np.unique(found)) > 10
    assert np.array_equal(found, verdicts(choir, song))


def test_without_a_critic_or_notes_there_is_none(choir):
    song = compose(choir, Settings(bars=1, seed=1, critic=0))
    assert verdicts(replace(choir, critic=None), song) is None
    silent = Score(empty_notes(), tuple(slot.track for slot in choir_codec().slots))
    assert verdicts(choir, silent) is None


def test_the_bundled_critic_tells_a_song_from_its_shuffled_pitches():
    player = open_player(bundled_path("chorale"))
    song = compose(player, Settings(bars=8, seed=3))
    notes = song.notes.copy()
    rng = np.random.default_rng(0)
    for track in range(4):
        own = notes["track"] == track
        notes["pitch"][own] = rng.permutation(notes["pitch"][own])
    spoiled = song.with_notes(notes)
    assert verdicts(player, song).mean() > verdicts(player, spoiled).mean() + 0.2
