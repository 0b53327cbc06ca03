"""The differentiable path: legal frames, gradients through feedback, a critic blind to key."""

import numpy as np
import pytest
import torch

from musicgan.model.frames_config import FramesConfig
from musicgan.train.frame_windows import FrameBatch
from musicgan.train.frames_likelihood import frame_nll, noise_for
from musicgan.train.frames_networks import FramesCritic, FramesGenerator, join, parts, sounding
from musicgan.train.frames_rollout import drawn, roll_out_frames

CONFIG = FramesConfig(
    2, 30, max_position=17, hidden=12, embed=10, noise=4, critic_hidden=8, critic_channels=6
)


def batch(count=3, steps=12, frames=None, mask=None):
    """Windows from silence, in place after place."""
    if frames is None:
        frames = torch.zeros(count, steps, CONFIG.width)
    fed = torch.cat([torch.zeros_like(frames[:, :1]), frames[:, :-1]], 1)
    places = torch.stack([torch.arange(steps) % 16, torch.full((steps,), 3)], -1)
    if mask is None:
        mask = torch.ones(count, steps, dtype=torch.bool)
    zeros = torch.zeros(count, 2, dtype=torch.long)
    return FrameBatch(fed, frames, places.expand(count, -1, -1), zeros, mask)


def generator(seed=0):
    torch.manual_seed(seed)
    made = FramesGenerator(CONFIG)
    torch.nn.init.constant_(made.onset_out.bias, -2.0)
    return made


def rolled(made, given, seed=0, noise=None):
    rng = np.random.default_rng(seed)
    if noise is None:
        noise = noise_for(given, CONFIG.noise, rng, torch.device("cpu"))
    return roll_out_frames(made, given, noise, np.random.default_rng(seed + 1))


def test_a_roll_out_is_of_ones_and_noughts_and_holds_only_what_sounds():
    frames = rolled(generator(), batch(4, 30)).detach().round(decimals=5)
    assert set(frames.unique().tolist()) == {0.0, 1.0}
    onset, hold = parts(frames, CONFIG)
    assert hold.any() and not (onset * hold).any()
    before = torch.cat([torch.zeros_like(hold[:, :1]), sounding(frames, CONFIG)[:, :-1]], 1)
    assert (hold <= before).all()


def test_a_late_frame_moves_the_first_noise():
    """The gradient flows back through every frame fed back, which is what makes this a path."""
    given = batch(2, 10)
    noise = torch.randn(2, 11, CONFIG.noise, requires_grad=True)
    frames = rolled(generator(), given, noise=noise)
    (gradient,) = torch.autograd.grad(frames[:, -1].sum(), noise)
    assert gradient[:, :2].abs().sum() > 0


def test_straight_through_cells_have_the_gradient_of_their_probability():
    probability = torch.tensor([0.2, 0.7], requires_grad=True)
    cells = drawn(probability, torch.tensor([0.5, 0.5]))
    assert cells.tolist() == [0.0, 1.0]
    (cells * torch.tensor([3.0, 5.0])).sum().backward()
    assert probability.grad.tolist() == [3.0, 5.0]


def test_cells_are_drawn_as_often_as_their_probability_says():
    uniform = torch.rand(20_000, generator=torch.Generator().manual_seed(0))
    assert float(drawn(torch.full((20_000,), 0.3), uniform).mean()) == pytest.approx(0.3, abs=0.02)


def test_the_roll_out_draws_what_the_likelihood_believes():
    """Mean onsets of a first frame, over many songs, are the teacher-forced probabilities."""
    made = generator().eval()
    given = batch(3000, 1)
    noise = torch.zeros(3000, 2, CONFIG.noise)
    frames = rolled(made, given, noise=noise).detach()
    with torch.no_grad():
        logits = made(given.fed, given.frames, given.places, given.conditions, noise)
    expected = torch.sigmoid(parts(logits, CONFIG)[0])[0, 0]
    assert parts(frames, CONFIG)[0][:, 0].mean(0) == pytest.approx(expected.numpy(), abs=0.04)


def test_padding_costs_nothing():
    made = generator().eval()
    frames = rolled(made, batch(2, 12)).detach().round()
    noise = torch.zeros(2, 13, CONFIG.noise)
    mask = torch.ones(2, 12, dtype=torch.bool)
    mask[:, 8:] = False
    changed = frames.clone()
    changed[:, 8:] = 1.0
    with torch.no_grad():
        costs = [float(frame_nll(made, batch(2, 12, f, mask), noise)) for f in (frames, changed)]
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_a_hold_of_nothing_costs_nothing_and_an_even_bet_costs_log_two_a_cell():
    made = generator()
    for parameter in made.parameters():
        torch.nn.init.zeros_(parameter)
    nll = frame_nll(made, batch(1, 4), torch.zeros(1, 5, CONFIG.noise))
    assert float(nll.detach()) == pytest.approx(CONFIG.lanes * np.log(2), rel=1e-5)


def test_the_critic_cannot_tell_a_transposition():
    """Away from the edges: its convolutions see neighbours, its pooling forgets where."""
    torch.manual_seed(0)
    critic = FramesCritic(CONFIG).eval()
    cells = torch.zeros(1, 6, CONFIG.slots, 2, CONFIG.pitches)
    for step, pitch in enumerate((14, 16, 14, 13, 15, 14)):
        cells[0, step, 0, 0, pitch] = 1
        cells[0, step, 1, 0, pitch - 1] = 1
    moved, other = cells.roll(2, -1), cells.clone()
    other[:, :, 1] = other[:, :, 1].roll(1, -1)
    given = batch(1, 6)
    with torch.no_grad():
        heard, same, different = (
            critic(c.flatten(2), given.fed[:, 0], given.places, given.conditions).logits
            for c in (cells, moved, other)
        )
    assert torch.allclose(heard, same, atol=1e-5)
    assert not torch.allclose(heard, different, atol=1e-5)


def test_the_critic_judges_every_frame_by_what_came_before():
    """Logits [B, T], features [B, T, H]; a change in the last frame leaves the others alone."""
    torch.manual_seed(0)
    critic = FramesCritic(CONFIG).eval()
    frames = rolled(generator(), batch(2, 8)).detach()
    changed = frames.clone()
    changed[:, -1] = 1 - changed[:, -1]
    given = batch(2, 8)
    verdicts = [
        critic(f, given.fed[:, 0], given.places, given.conditions) for f in (frames, changed)
    ]
    assert verdicts[0].logits.shape == (2, 8)
    assert verdicts[0].features[0].shape == (2, 8, CONFIG.critic_hidden)
    assert torch.allclose(verdicts[0].logits[:, :-1], verdicts[1].logits[:, :-1], atol=1e-6)
    assert not torch.allclose(verdicts[0].logits[:, -1], verdicts[1].logits[:, -1], atol=1e-6)


def test_parts_join_again():
    frames = torch.rand(2, 3, CONFIG.width)
    assert torch.equal(join(*parts(frames, CONFIG), CONFIG), frames)
