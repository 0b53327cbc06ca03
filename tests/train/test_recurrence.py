"""Our GRU is torch's GRU: the same states, the same gradients."""

import pytest
import torch
from torch import nn

from musicgan.train.recurrence import run_gru


@pytest.fixture
def gru():
    torch.manual_seed(0)
    return nn.GRU(3, 5, batch_first=True).double()


def everything(run, gru, x, hidden):
    """States, and the gradient of a lopsided sum of them with respect to all there is."""
    leaves = [*gru.parameters(), x, hidden]
    states = run(gru, x, hidden)
    weight = torch.linspace(-1, 1, states.numel(), dtype=states.dtype).view_as(states)
    return [states, *torch.autograd.grad((states * weight).sum(), leaves)]


def torchs(gru, x, hidden):
    return gru(x, hidden[None])[0]


@pytest.mark.parametrize(("batch", "steps"), [(1, 1), (4, 7)])
def test_states_and_all_gradients_are_those_of_torch(gru, batch, steps):
    x = torch.randn(batch, steps, 3, dtype=torch.float64, requires_grad=True)
    hidden = torch.randn(batch, 5, dtype=torch.float64, requires_grad=True)
    ours, theirs = (everything(run, gru, x, hidden) for run in (run_gru, torchs))
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)


def test_two_runs_before_one_backward_do_not_disturb_each_other(gru):
    x = torch.randn(2, 2, 6, 3, dtype=torch.float64)
    hidden = torch.zeros(2, 5, dtype=torch.float64)

    def gradient(run):
        both = run(gru, x[0], hidden).square().sum() + run(gru, x[1], hidden).sum()
        return torch.autograd.grad(both, list(gru.parameters()))

    for a, b in zip(gradient(run_gru), gradient(torchs), strict=True):
        torch.testing.assert_close(a, b)


def test_under_autocast_it_is_as_near_to_the_truth_as_torch_s_own(gru):
    gru, x = gru.float(), torch.randn(8, 20, 3)
    hidden = torch.zeros(8, 5)
    exact = torchs(gru, x, hidden)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = run_gru(gru, x, hidden), torchs(gru, x, hidden)
    assert ours.dtype == torch.bfloat16
    error = [(states.float() - exact).abs().max() for states in (ours, theirs)]
    assert error[0] <= 1.5 * error[1] < 0.1


def test_the_state_is_not_touched(gru):
    x, hidden = torch.randn(2, 4, 3, dtype=torch.float64), torch.ones(2, 5, dtype=torch.float64)
    run_gru(gru, x, hidden).sum().backward()
    assert bool((hidden == 1).all())
