"""What the critic says of a whole piece, note by note."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_model import choir_codec

from musicgan.compose.hearing import verdicts
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.midifile import read_midi
from musicgan.notes import empty_notes
from musicgan.score import Score

CHORALES = Path(__file__).parents[2] / "midi_data" / "bach-chorales"


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


@pytest.mark.parametrize("name", ["bwv66.6", "bwv244.40", "bwv274"])
def test_the_bundled_critic_tells_a_chorale_from_its_shuffled_pitches(name):
    player = open_player(bundled_path("chorale"))
    song = player.codec.normalized(read_midi(CHORALES / f"{name}.mid"))
    notes = song.notes.copy()
    rng = np.random.default_rng(0)
    for track in range(4):
        own = notes["track"] == track
        notes["pitch"][own] = rng.permutation(notes["pitch"][own])
    real, spoiled = verdicts(player, song), verdicts(player, song.with_notes(notes))
    assert real.mean() > 0.5 > 0.2 > spoiled.mean()
