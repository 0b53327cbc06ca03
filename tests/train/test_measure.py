"""What a model is asked beside its songs: how well it expects real music."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_model import tiny_model

from musicgan.compose.player import player_of
from musicgan.errors import EvaluateError
from musicgan.train.measure import model_nll, reverse_nll
from musicgan.train.networks import Generator
from musicgan.train.songs import analyse_pieces
from musicgan.train.windows import Windows

from .making import LIKELIHOOD, codec, config_for, pieces


@pytest.fixture(autouse=True)
def few_fits(monkeypatch):
    """Random weights have little to fit."""
    monkeypatch.setattr("musicgan.train.measure.FIT_STEPS", 5)


@pytest.fixture(scope="module")
def player():
    some = pieces(4)
    config = config_for(some, velocity_bins=1)
    return player_of(tiny_model(codec(velocity_bins=1), single=True, config=config), Path("x"))


def test_without_noise_it_is_the_plain_likelihood(player):
    some = pieces(3)
    config = player.generator.config
    generator = Generator(config).eval()
    weights = player.file.part("generator")
    generator.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in weights.items()})
    windows = Windows(analyse_pieces(some, config, player.rules.ranges), 128, config.layout)
    [batch] = windows.every(64)
    with torch.no_grad():
        plain = generator(batch, torch.zeros(len(batch.mask), config.noise)).sum()
    nats = float(plain / batch.mask.sum())
    assert model_nll(player, some)["nll_without_noise"] == pytest.approx(nats, rel=1e-5)


def test_the_fitted_bound_is_no_worse_than_no_fit(player):
    """With the prior for a posterior the bound costs no KL, and z = 0 is its mean."""
    found = model_nll(player, pieces(3))
    assert 0 < found["nll"] < 1.02 * found["nll_without_noise"]


def test_a_network_that_looks_back_is_asked_without_the_form_of_the_pieces_too(player):
    some, layout = pieces(3), player.generator.config.layout
    config = replace(player.generator.config, layout=replace(layout, looks_back=False))
    model = tiny_model(codec(velocity_bins=1), single=True, config=config)
    assert "nll_without_form" not in model_nll(player_of(model, Path("x")), some)
    found = model_nll(player, some)
    # Random weights make nothing of a form, but another thing without it.
    assert found["nll_without_form"] != found["nll"]
    assert found["nll_without_form"] == pytest.approx(found["nll"], rel=0.2)


def test_asking_twice_gives_the_same(player):
    assert model_nll(player, pieces(2)) == model_nll(player, pieces(2))


def test_who_learned_from_music_expects_it_better_than_who_learned_from_noise(player):
    music, noise = pieces(6), pieces(6)
    rng = np.random.default_rng(0)
    for piece in noise:
        piece.rows[:, 2] = rng.permutation(piece.rows[:, 2])
        piece.rows[:, 3] = 1
    real = pieces(2, first=10)
    good, bad = (
        reverse_nll(player, some, real, minutes=1e-6, options=LIKELIHOOD) for some in (music, noise)
    )
    assert good < bad


def test_one_piece_teaches_nothing(player):
    with pytest.raises(EvaluateError, match="give at least 2"):
        reverse_nll(player, pieces(1), pieces(1), minutes=0.01)
