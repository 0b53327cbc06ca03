"""Each operation against torch's own way of doing it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from musicgan.model.pitch_places import pitch_places
from musicgan.train.operations import SMALL_TABLE, bag, dropout, linear, live, spread_pitch


def gradients(out, leaves):
    weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out)
    return torch.autograd.grad((out * weight).sum(), leaves)


@pytest.mark.parametrize("rows", [12, SMALL_TABLE + 12])
@pytest.mark.parametrize("bf16", [False, True])
def test_a_bag_is_a_sum_of_rows(rows, bf16):
    weight = torch.randn(rows, 6, requires_grad=True)
    index = torch.stack([torch.arange(10), torch.full((10,), rows - 1)], 1)
    expected = weight[index].sum(1)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        found = bag(index, weight)
    assert found.dtype == (torch.bfloat16 if bf16 else torch.float32)
    near = {"rtol": 0.02, "atol": 0.04} if bf16 else {"rtol": 1e-5, "atol": 1e-6}
    torch.testing.assert_close(found.float(), expected, **near)
    ours, theirs = gradients(found.float(), [weight]), gradients(expected, [weight])
    torch.testing.assert_close(ours, theirs, **near)


def test_linear_is_the_layer():
    layer, x = nn.Linear(4, 3), torch.randn(2, 5, 4, requires_grad=True)
    leaves = [x, layer.weight, layer.bias]
    torch.testing.assert_close(linear(layer, x), layer(x))
    torch.testing.assert_close(gradients(linear(layer, x), leaves), gradients(layer(x), leaves))


@pytest.mark.parametrize("share", [0.25, 0.5, 0.3])
def test_dropout_drops_its_share_and_keeps_the_mean(share):
    torch.manual_seed(0)
    x = torch.ones(1000, 333, requires_grad=True)
    out = dropout(x, share, True)
    assert float((out == 0).float().mean()) == pytest.approx(share, abs=0.004)
    assert float(out.detach().mean()) == pytest.approx(1, abs=0.005)
    (gradient,) = torch.autograd.grad(out.sum(), [x])
    assert torch.equal(gradient, out.detach())  # kept values and gradients are scaled alike


def test_every_byte_of_the_draws_is_fair():
    torch.manual_seed(0)
    dropped = dropout(torch.ones(20_000, 8), 0.5, True) == 0
    shares = dropped.float().mean(0)
    assert shares.tolist() == pytest.approx([0.5] * 8, abs=0.02)


def test_dropout_repeats_with_the_seed_and_rests_when_not_training():
    x = torch.randn(7, 9)
    first, second = [(torch.manual_seed(1), dropout(x, 0.5, True))[1] for _ in range(2)]
    assert torch.equal(first, second)
    assert not torch.equal(first, dropout(x, 0.5, True))
    assert torch.equal(dropout(x, 0.5, False), x)
    assert torch.equal(dropout(x, 0.0, True), x)


def test_live_is_dropout_of_relu():
    x = torch.randn(50, 40, requires_grad=True)
    torch.manual_seed(3)
    found = live(x, 0.5, True)
    torch.manual_seed(3)
    expected = dropout(F.relu(x), 0.5, True)
    assert torch.equal(found, expected)
    assert torch.equal(*(torch.autograd.grad(out.sum(), [x])[0] for out in (found, expected)))
    assert torch.equal(live(x, 0.5, False), F.relu(x))


@pytest.mark.parametrize("looks_back", [False, True])
def test_spread_pitch_s_gradient(looks_back):
    rows = 1030  # more than one part
    torch.manual_seed(0)
    out = torch.randn(rows, pitch_places(looks_back).outputs, requires_grad=True)
    below = [torch.randint(-1, 128, (rows,)) for _ in range(2 + looks_back)]
    logits = spread_pitch(out, torch.randint(0, 12, (rows,)), *below)
    assert logits.shape == (rows, 128)
    # The logits are linear in the outputs: gradient times outputs gives the logits back.
    weight = torch.randn(rows, 128)
    (gradient,) = torch.autograd.grad((logits * weight).sum(), [out])
    torch.testing.assert_close(
        (gradient * out).sum(1), (logits * weight).sum(1), rtol=1e-3, atol=1e-3
    )
    assert torch.equal(gradient[:, :128], weight)
