"""The same steps on another device come to the same, but for rounding."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.train.likelihood import LikelihoodPhase, has_bf16
from musicgan.train.rollout import played

from .making import ADVERSARIAL, CPU, LIKELIHOOD, adversarial_of, config_for, pieces, windows_of


@pytest.fixture(scope="module")
def setting():
    """A config, training and held-out windows."""
    some = pieces(4)
    config = config_for(some)
    return config, windows_of(some[:3], config, 32), windows_of(some[3:], config, 32)


def gpu():
    """The CUDA device, or a reason to skip."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    return torch.device("cuda")


def two_and_one(setting, device):
    """Two likelihood steps and an adversarial one without dropout; figures and weights."""
    config, train, valid = setting
    options = replace(ADVERSARIAL, critic_warmup=1, rate=1e-3, critic_rate=1e-3)
    phase = adversarial_of(config, train, valid, options, device)
    phase.generator.dropout = phase.critic.critic.dropout = 0.0
    first = LikelihoodPhase(
        phase.generator, phase.posterior, train, valid, 0, LIKELIHOOD, device, max_steps=2
    )
    with torch.no_grad():
        phase.posterior.out.weight.zero_()
        phase.posterior.out.bias[phase.generator.config.noise :] = -50.0  # noise all but fixed
    figures = [first.step(0.0), first.step(0.5)]
    phase.begin()
    figures.append(phase.step(0.0))
    weights = played(phase.generator)
    weights |= {f"critic {name}": value for name, value in played(phase.critic.critic).items()}
    return figures, weights


def test_the_comparison_of_devices_compares(setting):
    """On one device it agrees exactly, so that a difference on two is the device's."""
    (one, weights), (two, others) = (two_and_one(setting, CPU) for _ in range(2))
    assert one == two
    assert all(np.array_equal(weights[name], others[name]) for name in weights)


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(setting):
    device = gpu()
    (one, weights), (two, others) = (two_and_one(setting, d) for d in (CPU, device))
    for mine, theirs in zip(one, two, strict=True):
        assert mine.keys() == theirs.keys()
        for name in ("train_nll", "kl_nats", "critic_loss"):
            if name in mine:
                assert theirs[name] == pytest.approx(mine[name], rel=0.05, abs=0.05), name
    for name, value in weights.items():
        np.testing.assert_allclose(others[name], value, atol=0.05, err_msg=name)


def test_a_torch_built_without_onednn_has_no_bf16(monkeypatch):
    """There the question itself does not exist."""
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    monkeypatch.setattr(torch.ops, "mkldnn", object())
    assert has_bf16() is False
