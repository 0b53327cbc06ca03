"""What an earlier bar suggests is as likely as the rules say, field by field and in songs."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_model import choir_codec, generator_shapes, random_weights, tiny_config

from musicgan.codecs.context import ECHO
from musicgan.codecs.form import Form
from musicgan.compose.composition import FORM_RETURNS
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.player import open_player, with_rules
from musicgan.compose.returns import Returns
from musicgan.compose.rules import COMMONEST, RAREST, Rules
from musicgan.compose.sampler import Sampler
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.evaluate.repetition import returning_bars
from musicgan.model.generator import Generator

LAYOUT = tiny_config(choir_codec()).layout
SONGS, BARS, BAR_STEPS = 6, 8, 16


def heard(wait, voice, times=4.0):
    """Returns of two songs: the first is told so much, the second looks nowhere."""
    inputs = np.zeros((2, len(LAYOUT.input_sizes)), np.int64)
    inputs[0, ECHO][:2] = wait, voice
    inputs[1, ECHO] = LAYOUT.no_echo
    returns = Returns(LAYOUT, times)
    returns.hear(inputs)
    return returns


def likelier(logits):
    """{(song, value): times as likely} where anything has changed."""
    return {
        (int(song), int(value)): pytest.approx(float(np.exp(logits[song, value])))
        for song, value in zip(*logits.nonzero(), strict=True)
    }


def test_when_the_next_note_comes_and_in_which_voice_if_it_comes_then():
    returns = heard(wait=3, voice=1)
    none = np.zeros((2, LAYOUT.end + 1), np.float32)
    assert likelier(returns.wait(none)) == {(0, 3): 4}
    voices = np.zeros((2, LAYOUT.voices), np.float32)
    assert likelier(returns.voice(voices, np.array([3, 3]))) == {(0, 1): 4}
    assert likelier(returns.voice(voices, np.array([2, 2]))) == {}
    assert not none.any() and not voices.any()  # which are the networks' own


@pytest.mark.parametrize(("times", "kept"), [(0, RAREST), (0.3, 0.3), (4, 4), (99, COMMONEST)])
def test_so_many_times_as_likely_within_reason(times, kept):
    none = np.zeros((2, LAYOUT.end + 1), np.float32)
    assert likelier(heard(wait=3, voice=1, times=times).wait(none)) == {(0, 3): kept}


def test_each_song_has_its_own():
    other = heard(wait=0, voice=2).take(np.array([1, 0, 0]))
    none = np.zeros((3, LAYOUT.end + 1), np.float32)
    assert likelier(other.wait(none)) == {(1, 0): 4, (2, 0): 4}


def drawn(times, codec=None, looks_back=True, lag=2):
    """How often notes of random networks are exactly what the form looks back at."""
    codec = codec or choir_codec()
    config, rng = tiny_config(codec, looks_back=looks_back), np.random.default_rng(0)
    lags = np.tile(np.where(np.arange(BARS) < lag, 0, lag * BAR_STEPS), (SONGS, 1))
    form = Form(lags, np.zeros_like(lags))
    sampler = Sampler.begin(
        Generator(random_weights(generator_shapes(config), rng), config),
        np.stack([config.conditions(0, (4, 4), 90, False)] * SONGS),
        np.zeros(SONGS, np.int64),
        rng.standard_normal((SONGS, config.noise)).astype(np.float32),
        EvenBars(*(np.full(SONGS, n) for n in (0, BAR_STEPS, BARS)), form),
        Rules(np.tile([50, 70], (4, 1)), np.ones(4, bool), returns=times),
        rng,
    )
    songs = [[] for _ in range(SONGS)]
    while not sampler.ended.all():
        rows, ended = sampler.step().rows, sampler.ended
        for song, row, over in zip(songs, rows, ended, strict=True):
            if not over:
                song.append(row.tolist())
    found = []
    for song in songs:
        onset = np.cumsum([row[0] for row in song])
        notes = {(int(at), *row[1:4]) for at, row in zip(onset, song, strict=True)}
        later = [note for note in notes if note[0] >= lag * BAR_STEPS]
        found += [(at - lag * BAR_STEPS, *rest) in notes for at, *rest in later]
    return float(np.mean(found))


def test_songs_return_as_faithfully_as_the_rules_say():
    free, usual, more, most = (drawn(times) for times in (0.02, 1.0, 5.0, 10.0))
    assert free <= usual < more / 2 < more < most
    assert most > 4 * usual


def test_networks_that_do_not_look_back_are_left_alone():
    assert drawn(10.0, looks_back=False) == drawn(1.0, looks_back=False)


def test_a_song_returns_as_faithfully_as_is_asked():
    free, usual, faithful = (returned(times) for times in (0.02, None, 10.0))
    assert free < usual < faithful


def returned(times):
    """The share of bars that return in five tunes."""
    fiddle = open_player(bundled_path("fiddle"))
    songs = [compose(fiddle, Settings(seed=seed, returns=times)) for seed in range(5)]
    found, looked_at = np.sum([returning_bars(song) for song in songs], axis=0)
    return found / looked_at


def test_a_form_that_is_asked_for_is_heard(choir):
    """Unless it is said how faithfully, or the model is more faithful by itself."""
    form, plain = Settings(bars=8, form="AA", critic=0), Settings(bars=8, critic=0)
    assert compose(choir, form) == compose(choir, replace(form, returns=FORM_RETURNS))
    assert compose(choir, form) != compose(choir, replace(form, returns=1.0))
    assert compose(choir, plain) == compose(choir, replace(plain, returns=1.0))
    held = with_rules(choir, returns=9.0)
    assert compose(held, form) == compose(choir, replace(form, returns=9.0))


def test_what_is_asked_of_a_song_goes_before_the_models_own(choir):
    held = with_rules(choir, returns=10.0)
    asked = Settings(bars=8, seed=3, form="AA", critic=0, returns=1.0)
    assert compose(held, asked) == compose(choir, asked)
    assert compose(held, replace(asked, returns=None)) != compose(choir, asked)
