"""Two tiny players: a choir of single voices, and a band that plays chords, with drums."""

from pathlib import Path

import pytest
from tiny_model import band_codec, choir_codec, tiny_model

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
