"""The networks as they are trained: heads by hand, likelihood, and that they learn."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.codecs.events import FIELDS
from musicgan.codecs.intervals import INTERVALS, LEAP, NO_INTERVAL
from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.likelihood import (
    HELD_OUT_ROWS,
    LikelihoodOptions,
    LikelihoodPhase,
    bound,
    elbo,
    held_out,
)
from musicgan.train.losses import critic_loss
from musicgan.train.networks import Critic, Posterior, Table, field_nll, pitch_logits
from musicgan.train.optimizer import AdamW
from musicgan.train.rollout import played

from .making import CPU, config_for, networks, pieces, windows_of

OUTPUTS = 128 + 12 + 2 * INTERVALS


@pytest.fixture(scope="module")
def setting():
    """A config and windows of 32 rows."""
    some = pieces(4)
    config = config_for(some)
    return config, windows_of(some, config, 32)


@pytest.fixture(scope="module")
def batch(setting):
    """Eight windows, END among them."""
    _, windows = setting
    drawn = windows.draw(8, np.random.default_rng(5))
    assert ((drawn.rows[..., 0] == windows.layout.end) & (drawn.mask > 0)).any()
    return drawn


def test_a_table_sums_one_row_a_column():
    table = Table((2, 3), 1)
    with torch.no_grad():
        table.weight.copy_(torch.tensor([[1.0], [2.0], [10.0], [20.0], [30.0]]))
    found = table(torch.tensor([[[0, 0], [1, 2]]], dtype=torch.int16))
    assert found.tolist() == [[[11.0], [32.0]]]


def test_pitch_logits_add_pitch_degree_leap_and_height(batch):
    out = torch.zeros(1, 1, OUTPUTS)
    out[..., 60] = 1.0  # middle C itself
    out[..., 128 + 7] = 10.0  # a fifth above the tonic
    out[..., 140 + LEAP - 2] = 100.0  # two semitones down from the voice's last
    out[..., 140 + INTERVALS + LEAP + 12] = 1000.0  # an octave above the lowest
    context = replace(
        batch, tonic=torch.tensor([5]), last=torch.tensor([[62]]), lowest=torch.tensor([[50]])
    )
    logits = pitch_logits(out, context, False)[0, 0]
    # 60 is C (F's fifth), a step down from 62; 62 is an octave above 50; other Cs are fifths too.
    assert logits[60].item() == 111
    assert logits[62].item() == 1000
    assert logits[72].item() == 10
    assert logits[61].item() == 0


def test_pitch_logits_of_a_voice_that_has_not_sung_and_over_silence(batch):
    out = torch.zeros(1, 1, OUTPUTS)
    out[..., 140 + NO_INTERVAL] = 1.0
    out[..., 140 + INTERVALS + NO_INTERVAL] = 2.0
    none = torch.tensor([[-1]])
    one = replace(batch, last=none, lowest=none, tonic=torch.tensor([0]))
    assert pitch_logits(out, one, False)[0, 0].tolist() == [3.0] * 128


def test_leaps_beyond_two_octaves_are_one_class(batch):
    out = torch.zeros(1, 1, OUTPUTS)
    out[..., 140 + 2 * LEAP] = 1.0
    one = replace(
        batch, last=torch.tensor([[60]]), lowest=torch.tensor([[-1]]), tonic=torch.tensor([0])
    )
    logits = pitch_logits(out, one, False)[0, 0]
    assert logits.nonzero().flatten().tolist() == list(range(84, 128))


def test_likelihood_of_a_uniform_guess_is_the_log_of_the_choices(setting, batch):
    config, _ = setting
    sizes = config.layout.row_sizes
    flat = [torch.zeros(*batch.mask.shape, size) for size in sizes]
    nll = field_nll(flat, batch)
    live = (batch.mask > 0) & (batch.rows[..., 0] != config.layout.end)
    for field, size in enumerate(sizes):
        torch.testing.assert_close(
            nll[..., field][live], torch.full((int(live.sum()),), math.log(size))
        )


def test_the_end_row_says_end_and_nothing_else(setting, batch):
    config, _ = setting
    noisy = [torch.randn(*batch.mask.shape, size) for size in config.layout.row_sizes]
    nll = field_nll(noisy, batch)
    end = (batch.rows[..., 0] == config.layout.end) & (batch.mask > 0)
    assert bool((nll[end][:, 0] > 0).all())
    assert not nll[end][:, 1:].any()
    assert not nll[batch.mask == 0].any()


def test_no_row_is_told_what_it_has_to_say(setting, batch):
    """Changing what row t is changes no logit before it, and of its own only the later fields."""
    config, _ = setting
    generator, _ = networks(config)
    generator.eval()
    noise, at = torch.randn(8, config.noise), 10
    changed = {name: x.clone() for name, x in vars(batch).items() if x is not None}
    for name in ("heard", "rows"):
        changed[name][:, at:] = 0
    changed["fed"][:, at + 1 :] = 0
    changed["rows"][:, at:, 3] = 1
    for name in ("moment", "pitch", "duration", "echo"):
        changed[name][:, at + 1 :] = 0
    other = replace(batch, **changed)

    def logits(given):
        song = generator.song(given.conditions, noise)
        hidden = generator.run(given.fed, song, generator.begin(noise))
        return generator.heads(hidden, given)

    for field, (one, two) in enumerate(zip(logits(batch), logits(other), strict=True)):
        until = at + 1 if field < 4 else at  # velocity alone reads the duration from the rows
        assert torch.equal(one[:, :until], two[:, :until])


def test_the_posterior_ignores_padding(setting, batch):
    config, _ = setting
    _, posterior = networks(config)
    short = (batch.mask.sum(1) < 32).nonzero().flatten()
    assert len(short)
    loud = batch.heard.clone()
    loud[batch.mask == 0] = 1
    for one, two in zip(posterior(batch), posterior(replace(batch, heard=loud)), strict=True):
        torch.testing.assert_close(one, two)


def test_trained_and_played_networks_share_their_parameter_names(setting):
    config, _ = setting
    generator, _ = networks(config)
    PlayedGenerator(played(generator), config)
    PlayedCritic(played(Critic(config)), config)
    assert set(played(generator)) == set(generator.state_dict())


def test_critic_and_its_played_twin_say_the_same(setting, batch):
    config, _ = setting
    torch.manual_seed(0)
    critic = Critic(config, dropout=0.5).eval()
    verdict = critic(batch.heard, batch.conditions)
    twin = PlayedCritic(played(critic), config)
    state = twin.begin(batch.conditions.numpy())
    for t in range(batch.heard.shape[1]):
        state, logit = twin.advance(state, batch.heard[:, t].numpy())
        np.testing.assert_allclose(logit, verdict.logits[:, t].detach(), atol=1e-5)
        np.testing.assert_allclose(state.hidden, verdict.features[0][:, t].detach(), atol=1e-5)


def test_the_critic_is_deaf_to_absolute_pitch(setting, batch):
    config, _ = setting
    critic = Critic(config).eval()
    moved = batch.heard.clone()
    moved[..., -1] += 3
    one, two = critic(batch.heard, batch.conditions), critic(moved, batch.conditions)
    assert torch.equal(one.logits, two.logits)


def test_the_critic_learns_to_tell_shuffled_notes(setting, batch):
    config, _ = setting
    torch.manual_seed(1)
    critic = Critic(config)
    optimizer = AdamW(critic.parameters(), 0.005, weight_decay=0.0)
    losses = []
    for _ in range(80):
        shuffled = batch.heard[:, torch.randperm(32)]
        real, fake = critic(batch.heard, batch.conditions), critic(shuffled, batch.conditions)
        loss = critic_loss(real.logits, fake.logits)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(math.log(2), abs=0.1)
    assert np.mean(losses[-5:]) < 0.45


def tiny_phase(setting, **changes) -> LikelihoodPhase:
    config, windows = setting
    options = LikelihoodOptions(batch=8, rate=0.02, warmup_steps=5, ema=0.9, bf16=False)
    generator, posterior = networks(config)
    return LikelihoodPhase(
        generator, posterior, windows, windows, 0, replace(options, **changes), CPU, 60
    )


def test_likelihood_learns_a_tiny_collection(setting):
    phase = tiny_phase(setting)
    before = phase.evaluate()
    for step in range(60):
        figures = phase.step(step / 60)
    after = phase.evaluate()
    assert after["nll_without_noise"] < 0.6 * before["nll_without_noise"]
    assert after["nll"] < 0.6 * before["nll"]
    assert figures["train_nll"] < 0.6 * before["nll_without_noise"]


def test_held_out_figures_add_up(setting):
    config, windows = setting
    generator, posterior = networks(config)
    generator.eval()
    figures = held_out(generator, posterior, windows, CPU, bf16=False)
    again = held_out(generator, posterior, windows, CPU, bf16=False)
    assert figures == again
    fields = sum(figures[f"nll_{name}"] for name in FIELDS)
    assert fields < figures["nll"] == figures["score"]  # the bound pays the KL on top
    batches = windows.every(HELD_OUT_ROWS)
    assert bound(generator, posterior, batches, CPU, bf16=False) == figures["nll"]


def test_elbo_by_hand_where_the_posterior_is_the_prior(setting, batch):
    config, _ = setting
    generator, posterior = networks(config)
    generator.eval()
    with torch.no_grad():
        for parameter in posterior.out.parameters():
            parameter.zero_()
    torch.manual_seed(3)
    nll, kl = elbo(generator, posterior, batch)
    torch.manual_seed(3)
    expected = generator(batch, torch.randn(8, config.noise))
    assert torch.equal(nll, expected)
    assert kl.tolist() == [0.0] * 8


def test_the_posterior_bounds_its_variance(setting, batch):
    config, _ = setting
    posterior = Posterior(config)
    with torch.no_grad():
        posterior.out.weight.mul_(1e6)
    _, log_var = posterior(batch)
    assert float(log_var.detach().max()) == 4 and float(log_var.detach().min()) == -8
