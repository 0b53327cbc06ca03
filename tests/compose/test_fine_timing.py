"""A model that learned to play beside the grid does so, in files, in bars and with given notes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_model import tiny_model

from musicgan.codecs.events import EventsCodec
from musicgan.compose.accompany import accompany
from musicgan.compose.bars import LiveSong
from musicgan.compose.dynamics import Dynamics
from musicgan.compose.infill import infill
from musicgan.compose.player import player_of
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.midifile import read_midi, write_midi
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Metre, Score, Track

GRID, FINE = 4, 8
SLOTS = (("piano", 0, False), ("bass", 32, False), ("drums", 0, True))
SOUND = ["onset_tick", "duration_tick", "pitch", "velocity", "track"]


@pytest.fixture(scope="module")
def player():
    codec = EventsCodec(GRID, SLOTS, velocity_bins=4, fine=FINE)
    return player_of(tiny_model(codec, single=False), Path("in memory"))


@pytest.fixture(scope="module")
def song(player):
    return compose(player, Settings(bars=6, seed=3))


def late_parts(score):
    """How late each note is, in parts of a step."""
    half = FINE // 2
    return (score.notes["onset_tick"].astype(int) + half) % FINE - half


def test_a_song_is_played_beside_the_grid(song):
    assert song.ticks_per_beat == GRID * FINE
    late = late_parts(song)
    assert set(late[song.notes["onset_tick"] >= FINE].tolist()) == set(range(-4, 4))
    assert song.metres[0].tick == 0 and song.end_tick <= 6 * 16 * FINE


def test_a_file_holds_the_timing(song, tmp_path):
    write_midi(song, tmp_path / "song.mid")
    read = read_midi(tmp_path / "song.mid")
    scale = read.ticks_per_beat // song.ticks_per_beat
    assert read.ticks_per_beat % song.ticks_per_beat == 0
    # A file has no empty tracks: voices are told by their order.
    wanted = np.unique(song.notes["track"], return_inverse=True)[1]
    assert read.notes["track"].tolist() == wanted.tolist()
    for name, factor in (("onset_tick", scale), ("duration_tick", scale), ("pitch", 1)):
        assert read.notes[name].tolist() == (song.notes[name].astype(int) * factor).tolist()


def test_bar_by_bar_it_is_the_same_song(player, song):
    bars = list(LiveSong(player, Settings(bars=6, seed=3)).bars())
    found = [
        (max(0, n.onset_step * FINE + n.late_part), n.pitch, n.velocity, n.voice)
        for bar in bars
        for n in bar.notes
    ]
    expected = song.notes[["onset_tick", "pitch", "velocity", "track"]].tolist()
    assert sorted(found) == sorted(expected)


def test_dynamics_reach_to_the_end_of_the_song(player, song):
    swelling = Settings(bars=6, seed=3, dynamics=Dynamics(("pp", "ff")))
    loud = compose(player, swelling).notes
    assert loud["onset_tick"].tolist() == song.notes["onset_tick"].tolist()
    third = len(loud) // 3
    assert loud["velocity"][:third].mean() + 30 < loud["velocity"][-third:].mean()
    assert loud["velocity"][-third:].mean() < 105, "not louder than ff before the end"


def off_the_grid(beats=24, seed=1):
    """Crotchets of a piano and a bass, up to 20 ms early or late, 480 ticks a beat at 120."""
    rng = np.random.default_rng(seed)
    rows = []
    for beat in range(beats):
        late = rng.integers(-20, 21, 2) if beat else (0, 0)
        rows.append((480 * beat + late[0], 300, 70 + beat % 5, int(rng.integers(40, 100)), 0))
        rows.append((480 * beat + late[1], 420, 40 + beat % 3, 60, 1))
    notes = sort_notes(np.array(rows, NOTE))
    return Score(notes, (Track("piano"), Track("bass", 32)), (), (Metre(0, 4, 4),))


def test_a_primer_keeps_its_timing(player):
    primer = off_the_grid(8)
    song = compose(player, Settings(bars=2, seed=1), primer)
    # 15 ticks of 480 are one part of a step.
    given = {(round(n["onset_tick"] / 15), int(n["pitch"])) for n in primer.notes[:-4]}
    told = set(song.notes[["onset_tick", "pitch"]].tolist())
    assert given <= told


def test_infilled_bars_are_played_too_and_the_rest_stays_as_it_was(player):
    before = off_the_grid()
    filled = infill(player, Settings(seed=2), before, 3, 4)
    assert replace(filled, notes=before.notes) == before
    first, last = 2 * 1920, 4 * 1920

    def inside(score):
        return (score.notes["onset_tick"] >= first) & (score.notes["onset_tick"] < last)

    kept = filled.notes[~inside(filled)][SOUND].tolist()
    assert kept == before.notes[~inside(before)][SOUND].tolist()
    new = filled.notes["onset_tick"][inside(filled)].astype(int)
    assert len(set((new % 120).tolist())) > 3, "all on sixteenths"
    assert (new % 15 == 0).all(), "on no part of a sixteenth"


def test_a_melody_is_played_as_it_stands(player):
    tune = off_the_grid()
    melody = tune.with_notes(tune.notes[tune.notes["track"] == 0])
    song = accompany(player, Settings(seed=1), melody)
    piano = song.notes[song.notes["track"] == 0]
    assert piano["velocity"].tolist() == melody.notes["velocity"].tolist()
    part = np.rint(melody.notes["onset_tick"].astype(int) / 15).astype(int)
    assert piano["onset_tick"].tolist() == part.tolist()
    assert len(song.notes) > len(piano)
