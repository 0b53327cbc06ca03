"""Tiny players: a choir of single voices, a band that plays chords, with drums, and drums alone."""

from pathlib import Path

import pytest
from tiny_model import band_codec, choir_codec, tiny_model

from musicgan.codecs.events import EventsCodec
from musicgan.compose.player import Player, player_of
from musicgan.model.file import load_model, save_model


@pytest.fixture(scope="session")
def choir_file(tmp_path_factory) -> Path:
    """The model file of the choir."""
    path = tmp_path_factory.mktemp("models") / "choir.safetensors"
    save_model(tiny_model(choir_codec(), single=True), path)
    return path


@pytest.fixture(scope="session")
def choir(choir_file) -> Player:
    """Four voices, each one note at a time."""
    return player_of(load_model(choir_file), choir_file)


@pytest.fixture(scope="session")
def band() -> Player:
    """Piano, bass and drums, all free to play chords."""
    return player_of(tiny_model(band_codec(), single=False), Path("in memory"))


@pytest.fixture(scope="session")
def kit() -> Player:
    """Drums alone."""
    codec = EventsCodec(grid=12, slots=[("drums", 0, True)], velocity_bins=8)
    return player_of(tiny_model(codec, single=False), Path("in memory"))
