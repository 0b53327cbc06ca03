"""Windows drawn ahead, while a device is at work, are the ones that would have been drawn then."""

from dataclasses import replace

import pytest
import torch

from musicgan.train.likelihood import LikelihoodOptions, LikelihoodPhase
from musicgan.train.phase import Ease

from .making import CPU, config_for, networks, pieces, windows_of

OPTIONS = LikelihoodOptions(batch=6, rate=0.02, warmup_steps=2, ema=0.9, bf16=False)


@pytest.fixture(scope="module")
def setting():
    """A config and windows of 32 rows."""
    some = pieces(4)
    config = config_for(some)
    return config, windows_of(some, config, 32)


def phase_of(setting, draws_ahead, **changes):
    """A phase from the same weights each time; here the device at work is this CPU."""
    torch.manual_seed(0)
    config, windows = setting
    generator, posterior = networks(config)
    options = replace(OPTIONS, **changes)
    phase = LikelihoodPhase(generator, posterior, windows, windows, 0, options, CPU, 60)
    phase.draws_ahead = draws_ahead
    return phase


def test_on_a_cpu_nothing_is_drawn_ahead(setting):
    config, windows = setting
    phase = LikelihoodPhase(*networks(config), windows, windows, 0, OPTIONS, CPU, 60)
    assert not phase.draws_ahead
    phase.step(0.0)
    assert phase._ahead is None


def test_it_learns_the_same(setting):
    one, other = (
        [phase.step(0.0) for _ in range(5)]
        for phase in (phase_of(setting, ahead) for ahead in (False, True))
    )
    assert one == other


def test_it_goes_on_from_its_state_with_the_windows_that_were_drawn(setting):
    whole = phase_of(setting, True)
    figures = [whole.step(0.0) for _ in range(5)]
    first = phase_of(setting, True)
    assert [first.step(0.0) for _ in range(3)] == figures[:3]
    noise = torch.get_rng_state()
    second = phase_of(setting, True)
    second.load_state(first.state())
    torch.set_rng_state(noise)
    assert [second.step(0.0) for _ in range(2)] == figures[3:]


def test_where_there_is_less_room_by_then_fewer_are_drawn_anew(setting):
    """As if nothing had been drawn ahead: no random number is lost."""
    figures = []
    for ahead in (False, True):
        phase = phase_of(setting, ahead)
        phase.step(0.0)
        phase.ease = Ease(batch=0.5)
        figures.append([phase.step(0.0), phase.step(0.0)])
    assert figures[0] == figures[1]
