"""Knobs for all voices and for one: as text, by name, and in songs."""

from functools import cache

import numpy as np
import pytest

from musicgan.codecs.slots import Slot
from musicgan.compose.effects import VOICE_NATS, Steered
from musicgan.compose.harmony import Beats
from musicgan.compose.in_chords import lean_of
from musicgan.compose.lean import FREE
from musicgan.compose.per_voice import PerVoice, find_voice, parse_per_voice
from musicgan.compose.player import open_player
from musicgan.compose.rules import Rules
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.steering import Steering
from musicgan.compose.styles import bundled_path
from musicgan.compose.wishes import Wishes
from musicgan.errors import ComposeError

PIANO = (Slot("Voice"), Slot("Piano right hand"), Slot("Piano left hand"))


@cache
def bundled(style):
    return open_player(bundled_path(style))


@cache
def per_voice(style, **asked):
    """Notes and their mean pitch in each voice of some songs, [V] each."""
    player = bundled(style)
    made = [
        compose(player, Settings(bars=6, seed=seed, critic=0, **asked)).notes for seed in range(6)
    ]
    notes = np.concatenate(made)
    voices = [notes["pitch"][notes["track"] == v] for v in range(len(player.rules.single))]
    count = np.array([len(pitch) for pitch in voices])
    total = np.array([pitch.sum(dtype=float) for pitch in voices])
    return count, total / np.maximum(count, 1)


# By hand.


def test_a_knob_is_read_from_text():
    assert parse_per_voice("density", ["0.5"]) == PerVoice(0.5)
    assert parse_per_voice("density", ["-1", "Bass: 0.25"]) == PerVoice(-1, (("Bass", 0.25),))
    assert str(PerVoice(-1, (("Bass", 0.25),))) == "-1, Bass:0.25"
    assert [str(PerVoice()), str(PerVoice(0, (("Alto", 1.0),)))] == ["0", "Alto:1"]


@pytest.mark.parametrize("text", ["", "x", "1.1", "-1.01", "nan", "Bass:", ":1", "Bass:two", "1:2"])
def test_what_is_no_place_of_a_knob_is_refused(text):
    said = "register .*: write a number from -1 to 1, or a voice and a number, such as Soprano:0.5"
    with pytest.raises(ComposeError, match=said):
        parse_per_voice("register", [text])


def test_a_voice_is_found_by_its_name_or_a_part_of_it():
    asked = ["Voice", "VOICE", "piano right hand", "left", " right "]
    assert [find_voice(PIANO, name) for name in asked] == [0, 0, 1, 2, 1]
    with pytest.raises(ComposeError, match="'piano' is more than one voice: Voice, Piano right"):
        find_voice(PIANO, "piano")
    for name in ("Alto", ""):
        with pytest.raises(ComposeError, match=f"'{name}' is none of the voices: Voice, Piano r"):
            find_voice(PIANO, name)


def test_values_by_voice():
    knob = PerVoice(0.5, (("left", -1.0), ("voice", 0.25), ("left", 1.0)))
    assert knob.values(PIANO).tolist() == [0.25, 0.5, 1.0]


def test_own_knobs_and_turned_ones_add_up_within_their_range():
    layout = type(bundled("chorale").generator.config.layout)(3, 4, 8, 8, 1, 33, drums=(2,))
    rules = Rules(np.array([[50, 70]] * 3), np.array([False] * 3))
    wishes = Wishes(density=np.array([0.5, -0.5, 0]), register=np.array([1.0, 0, 0]))
    lean = Steered(Steering(density=0.75, register=-2), layout, rules, wishes)
    # 1 and 0.25 are 0.625 together; drums of 0.75 are no part of that.
    said = VOICE_NATS * (np.array([1, 0.25, 0.75]) - 0.625)
    assert lean.voice(np.zeros((1, 3)))[0].tolist() == pytest.approx(said)
    logits, _ = lean.pitch(np.zeros((2, 128)), np.ones((2, 128), bool), np.arange(2), np.zeros(2))
    assert logits[0, 70] == logits[0, 50] and logits[1, 70] < logits[1, 50]


def test_wishes_for_nothing_leave_logits_alone():
    player = bundled("chorale")
    layout = player.generator.config.layout
    wishes = Wishes(None, np.zeros(4), np.zeros(4))
    assert lean_of(Steering(), layout, player.rules, Beats(0, 16, 4), wishes) is FREE


# In songs.


@pytest.mark.parametrize(("style", "voice"), [("chorale", 0), ("chorale", 3), ("lieder", 1)])
def test_one_voice_is_made_denser_or_sparser_than_the_others(style, voice):
    name = bundled(style).codec.slots[voice].name
    few, usual, many = (
        per_voice(style, density=PerVoice(0, ((name, value),)) if value else None)[0]
        for value in (-1, 0, 1)
    )
    assert 1.1 * few[voice] < usual[voice] < many[voice] / 1.1
    assert few[voice] / few.sum() < 0.85 * many[voice] / many.sum()


@pytest.mark.parametrize(("style", "voice"), [("chorale", 0), ("lieder", 2)])
def test_one_voice_is_moved(style, voice):
    name = bundled(style).codec.slots[voice].name
    low, high = (
        per_voice(style, register=PerVoice(0, ((name, value),)))[1] for value in (-1.0, 1.0)
    )
    assert high[voice] > low[voice] + 4
    assert np.argmax(high - low) == voice


def test_all_voices_are_made_denser_and_moved():
    few, low = per_voice("chorale", density=PerVoice(-1), register=PerVoice(-1))
    many, high = per_voice("chorale", density=PerVoice(1), register=PerVoice(1))
    assert (many > 1.5 * few).all() and (high > low + 4).all()


def test_a_voice_of_drums_has_no_register():
    band = bundled("band")
    compose(band, Settings(bars=1, density=PerVoice(0, (("drums", 0.5),))))
    with pytest.raises(ComposeError, match="register: voice 'drums' has no pitches to move"):
        compose(band, Settings(bars=1, register=PerVoice(0, (("Bass", 0.5), ("drums", 0.5)))))


def test_an_unknown_voice_is_refused():
    with pytest.raises(ComposeError, match="voice 'Flute' is none of the voices: Soprano, Alto"):
        compose(bundled("chorale"), Settings(density=PerVoice(0, (("Flute", 1.0),))))
