"""Roll-outs on a device are those of the host, number for number, whatever songs look back at."""

import numpy as np
import pytest
import torch

from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train import rollout
from musicgan.train.device import rollout as device_rollout
from musicgan.train.networks import Critic

from ..making import config_for, networks, pieces, windows_of

SONGS, LENGTH, BLOCK, CANDIDATES = 5, 40, 8, 3
COLUMNS = ("rows", "moment", "pitch", "duration", "last", "lowest", "echo", "heard", "tonic")


def both(device, opening, drums, velocity_bins, looks_back, seed=3, block=BLOCK):
    """The roll-outs of host and device from the same windows, weights and random numbers."""
    some = pieces(6, drums=drums, velocity_bins=velocity_bins)
    config = config_for(some, drums, velocity_bins, looks_back)
    windows = windows_of(some, config, LENGTH)
    batch = windows.draw_inside(SONGS, np.random.default_rng(seed), openings=opening == 0)
    generator, _ = networks(config)
    critic = Critic(config)
    generator.eval(), critic.eval()
    noise = np.random.default_rng(seed).standard_normal((SONGS, config.noise)).astype(np.float32)
    sizes = {"block": block, "candidates": CANDIDATES}
    on_host = rollout.roll_out(
        PlayedGenerator(rollout.played(generator), config),
        PlayedCritic(rollout.played(critic), config),
        batch, noise, opening, np.random.default_rng(seed), **sizes,
    )  # fmt: skip
    on_device = device_rollout.roll_out(
        generator.to(device), critic.to(device), batch, torch.from_numpy(noise).to(device), opening,
        np.random.default_rng(seed), **sizes,
    )  # fmt: skip
    return on_host, on_device


def check(device, *setting):
    """All that a roll-out holds, the integers exactly."""
    host, there = both(device, *setting)
    for name in COLUMNS:
        found, wanted = getattr(there.batch, name), getattr(host.batch, name)
        assert found.device.type == device
        assert found.tolist() == wanted.tolist(), name
    assert there.batch.conditions.tolist() == host.batch.conditions.tolist()
    assert there.heard.tolist() == host.heard.tolist()
    for name in ("hidden", "noise", "scores", "features"):
        found, wanted = getattr(there, name), getattr(host, name)
        assert found.shape == wanted.shape
        torch.testing.assert_close(found.cpu(), wanted, atol=1e-4, rtol=1e-4)
    return there


@pytest.mark.parametrize("looks_back", [True, False])
@pytest.mark.parametrize(
    ("opening", "drums", "velocity_bins"), [(0, False, 1), (16, False, 4), (16, True, 2)]
)
def test_a_device_draws_what_the_host_draws(opening, drums, velocity_bins, looks_back):
    there = check("cpu", opening, drums, velocity_bins, looks_back)
    if looks_back:
        assert (there.batch.echo >= 0).any(), "nothing was looked back at"


@pytest.mark.gpu
def test_a_gpu_draws_what_the_host_draws():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    for opening, drums in ((0, False), (16, True)):
        check("cuda", opening, drums, 4, True)


def test_a_memory_that_is_full_lets_go_of_its_older_half_there_too(monkeypatch):
    """Of 8 notes the older half goes; both remember the same."""
    monkeypatch.setattr("musicgan.codecs.echo.MOST", 8)
    monkeypatch.setattr("musicgan.codecs.echo.ROOM", 8)
    monkeypatch.setattr("musicgan.train.device.echo.MOST", 8)
    monkeypatch.setattr("musicgan.train.device.echo.ROOM", 8)
    host, there = both("cpu", 0, False, 1, True, seed=5)
    assert there.batch.rows.tolist() == host.batch.rows.tolist()
    assert there.batch.heard.tolist() == host.batch.heard.tolist()


def test_nothing_waits_for_the_host_while_songs_are_drawn(monkeypatch):
    """A step that asked a tensor for its value would stop a GPU: none of them may."""

    def asked(*_):
        raise AssertionError("a step asked for a value")

    step = device_rollout.Songs.step

    def watched(songs, chance):
        with monkeypatch.context() as patch:
            for name in ("item", "tolist", "numpy", "cpu", "__bool__", "__int__", "__float__"):
                patch.setattr(torch.Tensor, name, asked)
            return step(songs, chance)

    monkeypatch.setattr(device_rollout.Songs, "step", watched)
    _, there = both("cpu", 16, True, 2, True)
    assert len(there.batch.rows) == SONGS * 3 * CANDIDATES
