"""Recorded work comes to what the work itself comes to, gradients included."""

import numpy as np
import pytest
import torch

from musicgan.train.device.recorded import WARM_UPS, Recorded
from musicgan.train.likelihood import LikelihoodOptions, LikelihoodPhase

from ..making import CPU, config_for, networks, pieces, windows_of


def summed(layer, columns):
    """A loss whose gradient is the sum of `x`."""
    layer.zero_grad(set_to_none=True)
    loss = layer(columns["x"]).sum()
    loss.backward()
    return {"loss": loss.detach()}


def check(device):
    """Windows of two sizes, in turn; how often the work was done itself."""
    layer, done = torch.nn.Linear(3, 1, bias=False).to(device), []
    recorded = Recorded(lambda columns: (done.append(1), summed(layer, columns))[1], layer)
    for rows in (2, 2, 2, 5, 5, 2):
        x = torch.randn(rows, 3, device=device)
        layer.weight.grad = None
        found = recorded({"x": x})
        torch.testing.assert_close(layer.weight.grad, x.sum(0)[None])
        torch.testing.assert_close(found["loss"], layer(x).sum())
        with torch.no_grad():
            layer.weight += 1  # a replay reads weights as they are by then
    return len(done)


def test_without_a_cuda_device_the_work_is_simply_done():
    assert check("cpu") == 6


@pytest.mark.gpu
def test_on_a_gpu_it_is_done_to_record_each_shape_anew():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    assert check("cuda") == 3 * (WARM_UPS + 1)


@pytest.mark.gpu
def test_what_is_random_in_a_recording_is_drawn_anew():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    recorded = Recorded(lambda c: {"y": torch.dropout(c["x"], 0.5, True)}, torch.nn.Identity())
    x = torch.ones(1000, device="cuda")
    first, second = (recorded({"x": x})["y"].clone() for _ in range(2))
    assert 300 < int((first != second).sum()) < 700


def likelihood(device, seed=0):
    """The phase over the same pieces and weights, without anything random but the windows."""
    some = pieces(4)
    config = config_for(some)
    torch.manual_seed(seed)
    generator, posterior = networks(config)
    generator.dropout = 0.0
    with torch.no_grad():
        posterior.out.weight.zero_()
        posterior.out.bias[config.noise :] = -50.0
    windows = windows_of(some, config, 32)
    options = LikelihoodOptions(batch=4, bf16=False)
    return LikelihoodPhase(generator, posterior, windows, windows, 0, options, device, 8)


@pytest.mark.gpu
def test_a_recorded_update_is_the_update_itself():
    """On one device, some updates in a row, with a batch that changes its size in between."""
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    phases = [likelihood(torch.device("cuda")) for _ in range(2)]
    assert isinstance(phases[0]._gradients, Recorded)
    phases[1]._gradients = phases[1]._backward
    for update in range(6):
        for phase in phases:
            phase.ease = type(phase.ease)(batch=0.5 if update in (3, 4) else 1.0)
        one, two = (phase.step(update / 6) for phase in phases)
        assert one == pytest.approx(two, rel=1e-3), update
    weights = [[p.detach().cpu() for p in phase.network.parameters()] for phase in phases]
    for mine, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-3)


def test_the_likelihood_phase_is_recorded_where_one_process_trains():
    phase = likelihood(CPU)
    assert isinstance(phase._gradients, Recorded)
    assert phase.step(0.0)["train_nll"] > 0
