"""Averages by hand, and a descent that a bad batch cannot ruin."""

import copy
import math

import numpy as np
import pytest
import torch

from musicgan.train.likelihood import schedule
from musicgan.train.phase import Averaged, Ema, descend


def one_weight(value: float) -> torch.nn.Linear:
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(module.weight, value)
    return module


def set_to(module: torch.nn.Linear, value: float) -> None:
    torch.nn.init.constant_(module.weight, value)


def test_averages_by_hand():
    module = one_weight(0.0)
    ema = Ema(module, decay=0.5)
    set_to(module, 11.0)
    ema.update()  # decay warms up: 2/11 of 0 and 9/11 of 11
    assert ema.module.weight.item() == pytest.approx(9)
    set_to(module, 21.0)
    ema.update()  # 3/12 of 9 and 9/12 of 21
    assert ema.module.weight.item() == pytest.approx(18)
    for _ in range(8):
        ema.update()
    before = ema.module.weight.item()
    set_to(module, 0.0)
    ema.update()  # (1 + 11) / (10 + 11) is more than the decay asked for
    assert ema.module.weight.item() == pytest.approx(before / 2)


def test_averages_stand_apart_and_ask_for_no_gradient():
    module = torch.nn.Sequential(one_weight(1.0), torch.nn.Dropout(0.5))
    ema = Ema(module, 0.9)
    assert not any(p.requires_grad for p in ema.module.parameters())
    assert not ema.module.training and module.training
    set_to(module[0], 5.0)
    assert ema.module[0].weight.item() == 1


def test_averages_go_on_from_their_state():
    module = one_weight(0.0)
    one = Ema(module, 0.9)
    set_to(module, 1.0)
    one.update()
    two = Ema(one_weight(7.0), 0.9)
    two.load_state(one.state())
    assert two.updates == 1
    assert torch.equal(two.module.weight, one.module.weight)


def test_descend_takes_one_step_and_reports_the_norm_before_clipping():
    module = one_weight(3.0)
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    norm = descend(optimizer, 4 * module.weight.sum(), module.parameters(), clip=0.5)
    assert norm == pytest.approx(4)
    assert module.weight.item() == pytest.approx(2.5, abs=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_descend_skips_gradients_that_are_not_finite(bad):
    module = one_weight(3.0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1.0)
    norm = descend(optimizer, bad * module.weight.sum(), module.parameters(), clip=1.0)
    assert not math.isfinite(norm)
    assert module.weight.item() == 3
    descend(optimizer, module.weight.sum(), module.parameters(), clip=1.0)
    assert module.weight.item() < 3


def test_descend_forgets_the_gradient_of_the_step_before():
    module = one_weight(0.0)
    optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
    for _ in range(2):
        assert descend(optimizer, module.weight.sum(), module.parameters(), clip=9.0) == 1


def averaged(weight):
    """A phase that moves one weight."""
    phase = Averaged()
    phase.network = one_weight(weight)
    phase.optimizer = torch.optim.AdamW(phase.network.parameters(), lr=0.1)
    phase.ema = Ema(phase.network, 0.5)
    phase.rng = np.random.default_rng(0)
    return phase


def update(phase):
    """One update by a random amount; the weight and its average after it."""
    weight = phase.network.weight
    descend(phase.optimizer, weight.sum() * phase.rng.random(), [weight], 1.0)
    phase.ema.update()
    phase.steps += 1
    return weight.item(), phase.ema.module.weight.item(), phase.steps


def test_a_phase_goes_on_from_its_state_as_if_never_interrupted():
    one, other = averaged(1.0), averaged(5.0)
    update(one)
    other.load_state(copy.deepcopy(one.state()))
    assert [update(one) for _ in range(3)] == [update(other) for _ in range(3)]


def test_what_a_phase_selected_becomes_its_network():
    phase = averaged(1.0)
    _, mean, _ = update(phase)
    selected = copy.deepcopy(phase.selected())
    assert update(phase)[0] != mean
    phase.restore(selected)
    assert phase.network.weight.item() == mean


@pytest.mark.parametrize(
    ("step", "progress", "factor"),
    [
        (0, 0.0, 0.1),  # a tenth of the warm-up
        (4, 0.0, 0.5),
        (9, 0.0, 1.0),
        (99, 0.5, 0.51),  # halfway down the cosine
        (4, 0.5, 0.255),  # both
        (99, 1.0, 0.02),
    ],
)
def test_schedule_by_hand(step, progress, factor):
    assert schedule(step, progress, warmup_steps=10) == pytest.approx(factor)


def test_a_fused_step_skips_gradients_that_are_not_finite_without_being_asked():
    """As on CUDA; torch has the same updates for a CPU."""
    module = one_weight(3.0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1.0, fused=True)
    norm = descend(optimizer, math.nan * module.weight.sum(), module.parameters(), clip=1.0)
    assert not math.isfinite(norm)
    assert module.weight.item() == 3
    descend(optimizer, module.weight.sum(), module.parameters(), clip=1.0)
    assert module.weight.item() < 3
