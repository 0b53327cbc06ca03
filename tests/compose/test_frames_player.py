"""Songs of frame models: as long as asked, in the key asked, nothing left sounding."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_frames import tiny_frames_model
from tiny_model import choir_codec, tiny_model

from musicgan.chords import parse_progression
from musicgan.compose.band import Band
from musicgan.compose.frames_player import FramesPlayer, compose_frames, frames_player_of
from musicgan.compose.kinds import compose_any, open_any
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import Player, player_of
from musicgan.compose.settings import Settings
from musicgan.compose.write import write_songs
from musicgan.errors import ComposeError, ModelFileError
from musicgan.midifile import read_midi
from musicgan.model.file import save_model
from musicgan.score import Key
from musicgan.theory import estimate_key

BAR_STEP = 12


def player(single=True, onset_bias=-2.0, seed=0):
    return frames_player_of(tiny_frames_model(single, seed, onset_bias), Path("in memory"))


def overlaps(score, track):
    """Pairs of notes of a track that sound at once."""
    notes = score.notes[score.notes["track"] == track]
    end = notes["onset_tick"] + notes["duration_tick"]
    return int((notes["onset_tick"][1:] < np.maximum.accumulate(end)[:-1]).sum())


@settings(max_examples=15)
@given(
    bars=st.integers(1, 6),
    seed=st.integers(0, 999),
    temperature=st.sampled_from([0.05, 0.5, 1.0, 5.0]),
    onset_bias=st.sampled_from([-40.0, -3.0, 3.0]),
)
def test_a_song_ends_in_the_bar_asked_for_whatever_the_model(bars, seed, temperature, onset_bias):
    """Also for a model that would rather be silent, or strike everything at once."""
    asked = Settings(bars=bars, seed=seed, temperature=temperature)
    score = compose_frames(player(onset_bias=onset_bias), asked)
    assert (bars - 1) * BAR_STEP < score.end_tick <= bars * BAR_STEP
    assert score.notes["onset_tick"].min() == 0
    assert not overlaps(score, 0)
    assert score == score.snapped(4)


def test_no_rest_is_longer_than_a_bar():
    score = compose_frames(player(onset_bias=-40.0), Settings(bars=8))
    end = score.notes["onset_tick"] + score.notes["duration_tick"]
    rests = score.notes["onset_tick"][1:] - np.maximum.accumulate(end)[:-1]
    assert rests.max() <= BAR_STEP


def test_slots_that_are_not_single_play_chords():
    score = compose_frames(player(single=False, onset_bias=0.0), Settings(bars=2))
    assert overlaps(score, 0)


def test_the_same_seed_is_the_same_song_and_another_is_not():
    one, again, other = (compose_frames(player(), Settings(bars=4, seed=s)) for s in (5, 5, 6))
    assert one == again
    assert one != other


def test_tempo_and_metre_are_as_asked_or_the_collection_s():
    habit = compose_frames(player(), Settings(bars=2))
    assert (habit.metres[0].numerator, habit.metres[0].denominator) == (3, 4)
    assert habit.tempos[0].us_per_beat == round(60e6 / 90)
    asked = compose_frames(player(), Settings(bars=2, tempo_bpm=120.0, metre=(4, 4)))
    assert asked.tempos[0].us_per_beat == 500_000
    assert 16 < asked.end_tick <= 32


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("is_minor", [False, True])
def test_a_key_is_met_by_transposing(tonic, is_minor):
    """The song is the one drawn, moved by half an octave at most; drums stay."""
    asked = Settings(bars=4, key=Key(0, tonic, is_minor))
    moved = compose_frames(player(), asked)
    other = compose_frames(player(), replace(asked, key=Key(0, 0, is_minor)))
    assert moved.keys == (Key(0, tonic, is_minor),)
    for track, steps in ((0, tonic), (1, 0)):
        before, after = (s.notes[s.notes["track"] == track]["pitch"] for s in (other, moved))
        difference = np.sort(after).astype(int) - np.sort(before).astype(int)
        assert ((difference - steps) % 12 == 0).all()
    found = estimate_key(moved)
    relative = (found.tonic + (9 if is_minor else 3)) % 12
    assert tonic == (found.tonic if found.is_minor == is_minor else relative)


@pytest.mark.parametrize(
    ("asked", "named"),
    [(Settings(critic=16), "critic 16"), (Settings(top_p=0.9), "top-p 0.9"),
     (Settings(block=4), "block 4"), (Settings(parallels=0.1), "parallels 0.1"),
     (Settings(crossings=2), "crossings 2"), (Settings(returns=2), "returns 2"),
     (Settings(tessitura=1), "tessitura 1"),
     (Settings(form="AB"), "form AB"),
     (Settings(chords=parse_progression("C Am")), "chords C Am"),
     (Settings(density=PerVoice(0.5)), "density 0.5: a frame model has no use"),
     (Settings(register=PerVoice(0, (("piano", 1.0),))), "register piano:1: a frame"),
     (Settings(instruments=Band((("piano", 0),))), "instruments piano:Acoustic Grand Piano")],
)  # fmt: skip
def test_what_frames_cannot_do_is_refused_in_one_line(asked, named):
    with pytest.raises(ComposeError, match=named) as refused:
        compose_frames(player(), asked)
    assert "\n" not in str(refused.value)


def test_a_primer_is_refused_and_no_critic_is_no_request():
    song = compose_frames(player(), Settings(bars=2, critic=0))
    assert song == compose_frames(player(), Settings(bars=2))
    with pytest.raises(ComposeError, match="primer"):
        compose_frames(player(), Settings(bars=2), song)


def test_a_model_is_opened_by_its_kind(tmp_path):
    files = {"frames": tiny_frames_model(True), "events": tiny_model(choir_codec(), single=True)}
    for kind, expected in (("frames", FramesPlayer), ("events", Player)):
        path = tmp_path / f"{kind}.safetensors"
        save_model(files[kind], path)
        opened = open_any(path)
        assert isinstance(opened, expected)
        assert len(compose_any(opened, Settings(bars=1)))


def test_a_model_of_another_kind_is_refused_by_name(tmp_path):
    path = tmp_path / "odd.safetensors"
    save_model(tiny_frames_model(True, kind="oracle"), path)
    with pytest.raises(ModelFileError, match="oracle"):
        open_any(path)
    with pytest.raises(ModelFileError, match="frames"):
        player_of(tiny_frames_model(True), path)


@pytest.mark.parametrize("damage", [{"config": {}}, {"voices": {}}, {"voices": {"single": [True]}}])
def test_a_damaged_description_is_one_line(damage):
    with pytest.raises(ModelFileError, match="damaged"):
        frames_player_of(tiny_frames_model(True, **damage), Path("broken.safetensors"))


def test_a_written_song_is_the_song(tmp_path):
    out = tmp_path / "song.mid"
    (written,) = write_songs(player(), [Settings(bars=3, seed=2)], out)
    song = compose_frames(player(), Settings(bars=3, seed=2))
    assert (written.bars, written.notes) == (3, len(song))
    assert np.array_equal(read_midi(out).snapped(4).notes["pitch"], song.notes["pitch"])
