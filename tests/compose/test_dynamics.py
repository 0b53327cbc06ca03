"""Dynamics: marks and hairpins read, velocities by hand, and songs of all kinds."""

from functools import cache

import numpy as np
import pytest
from tiny_frames import tiny_frames_model
from tiny_model import four_voices

from musicgan.compose.dynamics import MARKS, Dynamics, parse_dynamics, shaped
from musicgan.compose.frames_player import compose_frames, frames_player_of
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.errors import ComposeError


@cache
def bundled(style):
    return open_player(bundled_path(style))


SCALE = four_voices(*((4 * i, 4, 60 + i, 0) for i in range(5)))


def velocities(score):
    return score.notes["velocity"].tolist()


def test_marks_and_hairpins_are_read():
    assert parse_dynamics("p<f>p") == Dynamics(("p", "f", "p"))
    assert parse_dynamics("  pp < mp<  fff ") == Dynamics(("pp", "mp", "fff"))
    assert parse_dynamics("mf") == Dynamics(("mf",))
    assert [str(parse_dynamics(text)) for text in ("p < f>p", "mp")] == ["p<f>p", "mp"]


@pytest.mark.parametrize("text", ["", "<", "p<", "<f", "p f", "P<f", "p<<f", "p-f", "80"])
def test_what_is_no_dynamics_is_refused(text):
    with pytest.raises(ComposeError, match=r"write marks from ppp, .* such as p<f>p"):
        parse_dynamics(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f<p", "f<p does not get louder"),
        ("p<f>ff", "f>ff does not get softer"),
        ("p<p", "p<p does not get louder"),
        ("p>p", "p>p does not get softer"),
    ],
)
def test_a_hairpin_the_wrong_way_is_refused(text, said):
    with pytest.raises(ComposeError, match=said):
        parse_dynamics(text)


def test_velocities_by_hand():
    """Five notes at 0, 4, ... 16 of 16 steps; 49 is p and 96 is f."""
    assert velocities(shaped(SCALE, parse_dynamics("p<f"), 0, 16)) == [49, 61, 72, 84, 96]
    assert velocities(shaped(SCALE, parse_dynamics("p<f>p"), 0, 16)) == [49, 72, 96, 72, 49]
    assert velocities(shaped(SCALE, parse_dynamics("pp"), 0, 16)) == [33] * 5
    assert shaped(SCALE, None, 0, 16) is SCALE


def test_what_comes_before_stays_as_it_is():
    assert velocities(shaped(SCALE, parse_dynamics("p<f"), 8, 16)) == [80, 80, 49, 72, 96]
    assert shaped(SCALE, parse_dynamics("p"), 20, 30) is SCALE


def test_accents_stay_and_nothing_leaves_what_midi_can_say():
    notes = SCALE.notes.copy()
    notes["velocity"] = [90, 70, 80, 80, 80]
    accented = SCALE.with_notes(notes)
    assert velocities(shaped(accented, parse_dynamics("mp"), 0, 16)) == [74, 54, 64, 64, 64]
    notes = notes.copy()
    notes["velocity"] = [127, 1, 64, 64, 64]
    for mark in MARKS:
        loud = velocities(shaped(SCALE.with_notes(notes), Dynamics((mark,)), 0, 16))
        assert all(1 <= velocity <= 127 for velocity in loud)
        assert loud[0] > loud[1]


@pytest.mark.parametrize("style", ["chorale", "lieder"])
def test_a_song_swells_and_its_notes_stay(style):
    told = ["onset_tick", "duration_tick", "pitch", "track"]
    bar_tick = 4 * bundled(style).codec.grid
    means = []
    for seed in range(4):
        asked = {"bars": 8, "seed": seed, "critic": 0, "metre": (4, 4)}
        plain = compose(bundled(style), Settings(**asked)).notes
        swell = compose(bundled(style), Settings(**asked, dynamics=parse_dynamics("p<f>p"))).notes
        assert plain[told].tolist() == swell[told].tolist()
        bar = swell["onset_tick"] // bar_tick
        means.append([swell["velocity"][bar == n].mean() for n in range(8)])
    # A song's own accents stay: one bar of one song may be louder than the swell has it.
    mean = np.nanmean(means, axis=0)
    assert np.argmax(mean) in (3, 4) and mean[0] < 62 and mean[7] < 62 and max(mean) > 85


def test_a_primer_keeps_its_loudness():
    primer = four_voices((0, 4, 67, 0), (4, 4, 60, 0), (8, 8, 62, 0))
    song = compose(
        bundled("chorale"), Settings(bars=2, critic=0, dynamics=Dynamics(("pp",))), primer
    )
    before = song.notes["onset_tick"] < 16
    assert set(velocities(song.with_notes(song.notes[before]))) == {80}
    assert set(velocities(song.with_notes(song.notes[~before]))) == {33}


def test_frames_have_dynamics_too(tmp_path):
    player = frames_player_of(tiny_frames_model(True), tmp_path)
    song = compose_frames(player, Settings(bars=4, dynamics=parse_dynamics("pp<ff")))
    onset = song.notes["onset_tick"]
    assert velocities(song)[int(onset.argmin())] < 45 and velocities(song)[int(onset.argmax())] > 90
    assert (
        np.diff(song.notes["velocity"][np.argsort(onset, kind="stable")].astype(int)) >= 0
    ).all()
