"""The second and third phase: the critic learns, its memory keeps, the generator follows it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.phase import Ease
from musicgan.train.rollout import played, roll_out

from .making import ADVERSARIAL, adversarial_of, config_for, pieces, windows_of

LENGTH = 32


@pytest.fixture(scope="module")
def setting():
    """A config, training and held-out windows."""
    some = pieces(4)
    config = config_for(some)
    return config, windows_of(some[:3], config, LENGTH), windows_of(some[3:], config, LENGTH)


@pytest.fixture
def phase(setting):
    return adversarial_of(*setting)


def fakes(phase, count, value):
    """As many fakes, all of one value."""
    width = len(phase.generator.config.layout.input_sizes)
    return np.full((count, LENGTH, width), value), np.zeros((count, 4), np.int64)


def test_the_critic_learns_to_tell_an_untrained_generator(setting):
    options = replace(ADVERSARIAL, batch=8, critic_batch=8, replay=32, critic_rate=0.02)
    phase = adversarial_of(*setting, options=options)
    first = [phase.critic_lesson()["critic_accuracy"] for _ in range(4)]
    for _ in range(12):
        phase.critic_lesson()
    last = [phase.critic_lesson()["critic_accuracy"] for _ in range(4)]
    assert np.mean(last) > max(0.75, np.mean(first))
    assert phase.critic.accuracy > 0.75  # the running mean that slows the critic down


def test_the_critic_is_eased_with_the_phase(setting, monkeypatch):
    """Half the windows, at half the rate: what an update of it takes is its phase's to say."""
    options = replace(ADVERSARIAL, critic_batch=8, replay=32)
    rates, counts = [], []
    for ease in (Ease(), Ease(rate=0.5, batch=0.5), Ease(batch=1 / 64)):
        phase = adversarial_of(*setting, options=options)
        phase.ease = ease
        usual = phase.train.draw_inside

        def counting(count, *rest, usual=usual, **kind):
            counts.append(count)
            return usual(count, *rest, **kind)

        monkeypatch.setattr(phase.train, "draw_inside", counting)
        phase.critic_lesson()
        rates.append(phase.critic.optimizer.param_groups[0]["lr"])
        monkeypatch.undo()
    assert rates[1] == pytest.approx(rates[0] / 2, rel=0.2)
    assert sorted(set(counts)) == [1, 4, 8]


def test_openings_and_continuations_are_remembered_apart(phase):
    trainer = phase.critic
    trainer.remember(*fakes(phase, 2, 0), opening=0)
    trainer.remember(*fakes(phase, 3, 1), opening=16)
    assert [len(memory) for memory in trainer.replay] == [3, 2]
    assert {int(heard.max()) for heard, _ in trainer.replay[0]} == {1}


def test_the_memory_forgets_the_oldest(phase):
    trainer = phase.critic
    for value in range(4):
        trainer.remember(*fakes(phase, 3, value), opening=16)
    assert [int(heard.max()) for heard, _ in trainer.replay[0]] == [2, 2, 2, 3, 3, 3]


def test_the_critics_state_survives_a_checkpoint(setting, phase, tmp_path):
    phase.begin()
    trainer = phase.critic
    save_checkpoint(trainer.state(), tmp_path / "c")
    other = adversarial_of(*setting).critic
    other.remember(*fakes(phase, 5, 1), opening=16)
    other.load_state(load_checkpoint(tmp_path / "c"))
    assert other.accuracy == trainer.accuracy
    for mine, saved in zip(trainer.replay, other.replay, strict=True):
        assert len(mine) == len(saved)
        assert saved.maxlen == ADVERSARIAL.replay
        for (heard, conditions), (h, c) in zip(mine, saved, strict=True):
            assert np.array_equal(heard, h) and np.array_equal(conditions, c)


def test_nobody_judges_the_real_opening(setting, phase):
    """What the first rows of a fake say changes no verdict that is trained on, but for memory."""
    trainer = phase.critic
    heard, conditions = fakes(phase, 4, 1)
    trainer.remember(heard, conditions, opening=LENGTH - 1)
    figures = trainer.step(LENGTH - 1, np.random.default_rng(0), Ease())
    # One verdict a window: the shares right are eighths.
    assert figures["critic_accuracy"] * 8 == round(figures["critic_accuracy"] * 8)


def test_lessons_before_the_first_step_and_averages_from_there(phase):
    with torch.no_grad():
        phase.generator.trunk.weight.add_(1)  # likelihood moved it after the phase was made
    phase.begin()
    assert phase.critic.ema.updates == ADVERSARIAL.critic_warmup * ADVERSARIAL.lesson_updates
    assert phase.ema.updates == 0
    assert torch.equal(phase.ema.module.trunk.weight, phase.generator.trunk.weight)


def test_every_batch_has_its_turn(phase):
    """By which the pieces of a large collection come into play, one shelf after another."""
    phase.begin()
    begun = phase.turn
    for _ in range(3):
        phase.step(0.0)
    assert begun == phase.options.critic_warmup > 0
    assert phase.turn == begun + 3


def test_a_step_moves_generator_and_critic_and_not_the_posterior(phase):
    phase.begin()
    modules = phase.generator, phase.critic.critic, phase.posterior
    before = [[p.detach().clone() for p in module.parameters()] for module in modules]
    figures = phase.step(0.0)
    assert all(np.isfinite(value) for value in figures.values()), figures
    moved = [
        any(not torch.equal(p, q) for p, q in zip(module.parameters(), old, strict=True))
        for module, old in zip(modules, before, strict=True)
    ]
    assert moved == [True, True, False]
    assert {"generator_loss", "train_nll", "critic_loss", "score_spread"} < set(figures)


def test_the_learning_rate_falls_to_a_tenth(phase):
    phase.begin()
    rates = []
    for progress in (0.0, 0.5, 1.0):
        phase.step(progress)
        rates.append(phase.optimizer.param_groups[0]["lr"] / ADVERSARIAL.rate)
    assert rates == pytest.approx([1, 0.55, 0.1])


def test_short_windows_are_continued_from_their_middle(setting):
    """Windows no longer than the opening used to leave no block to weigh."""
    config, _, _ = setting
    some = pieces(3)
    train = windows_of(some, config, LENGTH)
    phase = adversarial_of(config, train, train, replace(ADVERSARIAL, opening=32))
    assert phase.opening == 16
    for _ in range(8):  # openings and continuations both
        figures = phase.step(0.0)
    assert np.isfinite(figures["generator_loss"])
    assert all(len(memory) for memory in phase.critic.replay)


@pytest.mark.parametrize("opening", [0, 16])
def test_real_features_are_taken_where_candidates_end(setting, phase, opening):
    config, train, _ = setting
    batch = train.draw_inside(3, np.random.default_rng(0), openings=opening == 0)
    critic = PlayedCritic(played(phase.critic.ema.module), config)
    state, hidden = critic.begin(batch.conditions.numpy()), []
    for t in range(LENGTH):
        state, _ = critic.advance(state, batch.heard.numpy()[:, t])
        hidden.append(state.hidden)
    expected = np.stack(hidden[opening + 7 :: 8], 1).reshape(-1, config.critic_hidden)
    found = phase._real_features(batch, opening)
    torch.testing.assert_close(found, torch.from_numpy(expected), atol=1e-5, rtol=1e-4)


def test_it_learns_the_same_from_songs_that_were_drawn_on_its_device(setting):
    """Here the device is this CPU: losses and gradients are the same, update after update."""
    figures = []
    for there in (False, True):
        torch.manual_seed(0)  # of the weights and of what dropout leaves out
        phase = adversarial_of(*setting)
        phase.rolls_out_there = there
        figures.append([phase.critic_lesson(), *(phase.step(0.0) for _ in range(3))])
    for one, other in zip(*figures, strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)


def test_the_generator_comes_to_prefer_what_the_critic_likes(setting):
    """With a critic that likes one thing only, many steps make that thing more frequent."""
    options = replace(
        ADVERSARIAL, anchor=0.0, feature_weight=0.0, critic_rate=0.0, batch=4, candidates=8,
        rate=0.04,
    )  # fmt: skip
    phase = adversarial_of(*setting, options=options)
    layout = phase.generator.config.layout
    critic = phase.critic.ema.module
    with torch.no_grad():
        # It opens its first cell at notes of voice 1 and shuts it at those of voice 0.
        for parameter in critic.parameters():
            parameter.zero_()
        voice = layout.input_sizes[0]
        critic.embed.weight[voice, 0], critic.embed.weight[voice + 1, 0] = -1, 1
        new_gate = 2 * phase.generator.config.critic_hidden
        critic.rnn.weight_ih_l0[new_gate, 0] = 3
        critic.out.weight[0, 0] = 5
    phase.critic.ema.update = lambda: None

    def share() -> float:
        batch, opening = phase.train.draw_inside(16, np.random.default_rng(0)), 16
        noise = np.zeros((16, phase.generator.config.noise), np.float32)
        return float((songs(phase, batch, noise, opening) == 1).mean())

    before = share()
    for _ in range(15):
        phase.step(0.0)
    assert share() > before + 0.2


def songs(phase, batch, noise, opening):
    """Voices of continuations by the present generator."""
    config = phase.generator.config
    found = roll_out(
        PlayedGenerator(played(phase.generator), config),
        PlayedCritic(played(phase.critic.critic), config),
        batch, noise, opening, np.random.default_rng(1), candidates=1,
    )  # fmt: skip
    return found.heard[:, opening:, 1]


def test_the_critic_phase_moves_the_critic_alone_and_keeps_its_best(setting, phase):
    phase.begin()
    last = CriticPhase(phase, phase.judge, max_steps=3)
    generator = [p.detach().clone() for p in phase.generator.parameters()]
    average = {k: v.clone() for k, v in phase.critic.ema.module.state_dict().items()}
    figures = last.step(0.0)
    assert np.isfinite(figures["critic_loss"])
    assert all(map(torch.equal, generator, phase.generator.parameters()))
    found = last.evaluate()
    assert found["score"] == found["critic_held_out_loss"] > 0
    selected = {"updates": 7, "weights": average}
    last.restore(selected)
    now = phase.critic.ema.module.state_dict()
    assert all(torch.equal(now[name], value) for name, value in average.items())


def test_selection_is_by_the_distance_of_songs_from_held_out_music(phase):
    figures = phase.evaluate()
    assert figures["score"] == figures["frechet"]
    assert {"nll", "distinct", "critic_held_out_accuracy"} < set(figures)


def test_restoring_makes_the_average_the_generator(phase):
    phase.begin()
    phase.step(0.0)
    assert not torch.equal(phase.ema.module.trunk.weight, phase.generator.trunk.weight)
    phase.restore(phase.selected())
    assert torch.equal(phase.ema.module.trunk.weight, phase.generator.trunk.weight)
