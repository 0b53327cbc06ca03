"""Voices keep to the heights they have in the pieces, as strictly as is asked."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import band_codec, choir_codec, generator_shapes, random_weights, tiny_config

from musicgan.codecs.form import Form
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import open_player, player_of, with_rules
from musicgan.compose.rules import Rules
from musicgan.compose.sampler import Sampler
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.compose.tessitura import MOST_NATS, heights, heights_of
from musicgan.errors import ModelFileError
from musicgan.model.generator import Generator

SONGS = 8
counts = st.lists(st.integers(0, 999), min_size=128, max_size=128).map(np.array)


def at(*pitches, notes=13_000):
    """So many notes of each of these pitches."""
    count = np.zeros(128, np.int64)
    count[list(pitches)] = notes
    return count


def test_a_pitch_is_as_much_commoner_as_there_are_keys_that_move_it_away():
    """A third of 13,000 notes counts for itself and each neighbour, of 13 keys 3 have them."""
    nats = heights(at(60), 6)
    assert nats[[59, 60, 61]] == pytest.approx(np.log(13 / 3), abs=0.01)
    # Six away as a third of the keys had it and the pieces have not.
    assert nats[[54, 66]] == pytest.approx(-MOST_NATS)
    assert nats[[52, 68]] == pytest.approx(0, abs=0.01)


def test_heights_are_relative_to_all_keys_and_not_to_all_pitches():
    """As many notes everywhere say nothing of heights, and nor do keys that are not varied."""
    assert not heights(at(*range(128)), 6).any()
    assert not heights(at(60, 62, 70), 0).any()


@given(counts, st.integers(0, 12))
def test_nothing_is_said_beyond_reason(count, semitones):
    nats = heights(count, semitones)
    assert nats.dtype == np.float32
    assert np.abs(nats).max() <= MOST_NATS


def test_each_voice_has_its_own_and_drums_have_none():
    layout = tiny_config(band_codec()).layout
    rows = np.array([[0, 0, 72, 1, 0], [1, 1, 40, 1, 0], [1, 2, 36, 1, 0]] * 100, np.int16)
    nats = np.array(heights_of([SimpleNamespace(rows=rows)], layout, 6))
    assert nats.shape == (3, 128)
    assert nats.argmax(axis=1)[:2] == pytest.approx([72, 40], abs=1)
    assert not nats[2].any()


def pitches(tessitura, heights):
    """What random networks play so held, a column for each voice that has `heights` [128]."""
    config, rng = tiny_config(choir_codec()), np.random.default_rng(0)
    generator = Generator(random_weights(generator_shapes(config), rng), config)
    rules = Rules(
        np.array([[40, 80]] * 4), np.ones(4, bool), must_end=False,
        tessitura=tessitura, heights=np.stack([heights, 0 * heights] * 2),
    )  # fmt: skip
    bars = EvenBars(
        np.zeros(SONGS, np.int64), np.full(SONGS, 16), np.full(SONGS, 32),
        Form(*np.zeros((2, SONGS, 1), np.int64)),
    )  # fmt: skip
    conditions = np.stack([config.conditions(0, (4, 4), 90, False)] * SONGS)
    noise = rng.standard_normal((SONGS, config.noise)).astype(np.float32)
    tonic = np.zeros(SONGS, np.int64)
    songs = Sampler.begin(generator, conditions, tonic, noise, bars, rules, rng)
    rows = np.concatenate([songs.step().rows for _ in range(60)])
    return [rows[rows[:, 1] % 2 == part, 2] for part in (0, 1)]


def test_usual_heights_are_likelier_in_the_voices_that_have_them_as_strictly_as_is_asked():
    usual = np.zeros(128, np.float32)
    usual[55:60] = 2
    shares, others = [], []
    for tessitura in (0, 0.5, 1):
        held, free = pitches(tessitura, usual)
        shares.append(np.mean((held >= 55) & (held < 60)))
        others.append(np.mean((free >= 55) & (free < 60)))
    assert shares[0] + 0.1 < shares[1] < shares[2] - 0.1
    assert np.ptp(others) < 0.1


@pytest.fixture(scope="module")
def held():
    """A bundled model whose soprano is usually at the top of its range."""
    player = open_player(bundled_path("chorale"))
    heights = np.zeros((4, 128), np.float32)
    heights[0] = np.linspace(-60, 60, 128)
    return with_rules(player, tessitura=0.5, heights=heights)


def top(player, **asked):
    """The mean pitch of its highest voice."""
    notes = compose(player, Settings(bars=3, seed=1, critic=0, **asked)).notes
    return notes["pitch"][notes["track"] == 0].mean()


def test_a_song_keeps_to_them_as_the_model_does_or_as_is_asked(held):
    free = top(with_rules(held, tessitura=0.0))
    assert top(held, tessitura=0) == free
    assert free < top(held) <= top(held, tessitura=1)


def test_who_asks_for_another_register_does_not_ask_for_the_usual_one(held):
    low = {"register": PerVoice(-0.5)}
    assert top(held, **low) == top(with_rules(held, tessitura=0.0), **low)
    assert top(held, **low) < top(held, **low, tessitura=1)


def test_a_model_of_before_plays_as_it_did(held):
    before = with_rules(held, heights=None)
    assert top(before, tessitura=1) == top(before) == top(with_rules(held, tessitura=0.0))


def test_damaged_heights_are_refused(held):
    about = held.file.metadata
    typical = {**about["typical"], "heights": [[0.0] * 128] * 3}
    file = replace(held.file, metadata={**about, "typical": typical})
    with pytest.raises(ModelFileError, match="damaged"):
        player_of(file, Path("some.safetensors"))
