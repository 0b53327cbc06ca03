"""The optimiser is torch's own and loads nothing besides torch."""

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from musicgan.train.optimizer import AdamW  # noqa: E402

ALONE = """
import sys, torch
from musicgan.train.optimizer import AdamW
weight = torch.nn.Parameter(torch.ones(3))
optimizer = AdamW([weight], 0.1)
optimizer.zero_grad(set_to_none=True)
weight.sum().backward()
torch.nn.utils.clip_grad_norm_([weight], 1.0)
optimizer.step()
optimizer.load_state_dict(optimizer.state_dict())
assert weight[0] < 1
print("torch._dynamo" in sys.modules)
"""


def descended(kind, rounds=5):
    """Weights after some updates, a save and a load in between, and what was saved."""
    torch.manual_seed(0)
    network = torch.nn.Linear(4, 3)
    optimizer = kind(network.parameters(), 0.1, (0.5, 0.98), weight_decay=0.01)
    for number in range(rounds):
        optimizer.zero_grad(set_to_none=True)
        network(torch.randn(2, 4)).pow(2).sum().backward()
        optimizer.step()
        if number == 2:
            saved = optimizer.state_dict()
            optimizer = kind(network.parameters(), 0.5)
            optimizer.load_state_dict(saved)
    return network.state_dict(), optimizer.state_dict()


def test_it_is_torchs_to_the_bit():
    (weights, ours), (expected, theirs) = descended(AdamW), descended(torch.optim.AdamW)
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    assert ours["param_groups"] == theirs["param_groups"]
    for number, moments in theirs["state"].items():
        assert all(torch.equal(ours["state"][number][n], value) for n, value in moments.items())


def test_a_step_records_no_gradients():
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = AdamW([weight], 0.1)
    weight.sum().backward()
    optimizer.step()
    assert weight.grad_fn is None and weight.requires_grad


def test_torchs_compiler_stays_where_it_is():
    command = [sys.executable, "-c", ALONE]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.split() == ["False"]


def test_a_state_saved_on_another_device_keeps_this_ones_way():
    """On CUDA updates are fused; on a CPU they stay torch's usual ones, to the bit."""
    optimizer = AdamW([torch.nn.Parameter(torch.ones(3))], 0.1)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["fused"] = True
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["fused"] is None
