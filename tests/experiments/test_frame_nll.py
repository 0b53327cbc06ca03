"""The frame-wise check: its figure by hand, and that the network learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scripts.experiments.frame_nll import KEYS, PlainGru, Settings, held_out, moved, train


def rolls(count):
    """Two chords in turn."""
    roll = np.zeros((12, KEYS), np.float32)
    roll[::2, [40, 44]] = roll[1::2, [45, 49]] = 1
    return [roll[: 8 + i % 5] for i in range(count)]


def test_a_network_that_knows_nothing_says_88_times_ln_2():
    model = PlainGru(8, 0.0).eval()
    torch.nn.init.zeros_(model.out.weight)
    torch.nn.init.zeros_(model.out.bias)
    assert held_out(model, rolls(5)) == pytest.approx(KEYS * np.log(2), rel=1e-5)


def test_what_follows_is_learned():
    parts = {part: rolls(8) for part in ("train", "valid", "test")}
    settings = replace(Settings(), hidden=32, dropout=0.0, rate=0.03, updates=300, every=100)
    valid, test, update = train(parts, settings, 0)
    assert valid < 1 and test < 1 and update > 0


def test_a_roll_moves_as_far_as_the_keys_reach():
    roll = np.zeros((2, KEYS), np.float32)
    roll[0, 2], roll[1, 87] = 1, 1
    found = {int(moved(roll, np.random.default_rng(seed))[0].argmax()) for seed in range(60)}
    assert found == {0, 1, 2}
