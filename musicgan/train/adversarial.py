"""Phase two: the generator against the critic.

From every state of a roll-out K candidate blocks are drawn; the critic's log-ratio increments,
together with feature matching on batch statistics, weigh them; the generator moves probability
from the candidates that sound less like the real music to those that sound more like it, held
to the data by a likelihood anchor. Longer runs drift, so the best evaluation is what is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.model.steps import Floats
from musicgan.train import team
from musicgan.train.critic_trainer import AdversarialOptions, CriticTrainer
from musicgan.train.device import rollout as device_rollout
from musicgan.train.likelihood import HELD_OUT_ROWS, MOST_WINDOWS, autocast, elbo, held_out
from musicgan.train.losses import (
    balanced,
    candidate_loss,
    candidate_push,
    feature_witness,
)
from musicgan.train.networks import Batch, Critic, Generator, Posterior, field_nll
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Averaged, Ema, descend
from musicgan.train.quality import Judge
from musicgan.train.rollout import RollOut, played, roll_out
from musicgan.train.windows import Windows


class AdversarialPhase(Averaged):
    """Generator against critic; selected by how its songs measure against held-out music."""

    name = "adversarial"
    share = 0.3

    def __init__(
        self,
        generator: Generator,
        posterior: Posterior,
        critic: CriticTrainer,
        judge: Judge,
        train: Windows,
        valid: Windows,
        seed: int,
        options: AdversarialOptions,
        device: torch.device,
        max_steps: int = 400,
        eval_steps: int = 25,
        patience: int = 6,
    ) -> None:
        self.generator = self.network = generator.to(device)
        self.posterior = posterior.to(device)
        self.critic, self.judge = critic, judge
        self.train, self.valid = train, valid
        self.options, self.device = options, device
        self.rolls_out_there = device.type != "cpu"
        """Whether songs are drawn on the device: on a CPU numpy is quicker, elsewhere all stays."""
        self.max_steps, self.eval_steps, self.patience = max_steps, eval_steps, patience
        # Short windows are continued from their middle at the latest.
        self.opening = min(options.opening, train.length // 2 // options.block * options.block)
        self.rng = np.random.default_rng([seed, 2])
        # The noise of a window comes from its posterior, which stays as likelihood left it.
        self.optimizer = AdamW(generator.parameters(), options.rate, (0.5, 0.98))
        self.ema = Ema(generator, options.ema)
        self.lessons = 0
        """Of the critic alone, so far."""

    @property
    def turn(self) -> int:
        """Batches so far, by which pieces have their turn: see `Windows.draw`."""
        return self.steps + self.lessons

    def begin(self) -> None:
        """Averages start at the likelihood's weights; the critic gets its first lessons."""
        self.ema = Ema(self.generator, self.options.ema)
        for _ in range(self.options.critic_warmup):
            self.critic_lesson()

    def step(self, progress: float) -> dict[str, float]:
        """One update of the critic and one of the generator."""
        options = self.options
        batch, opening = self._windows(self.ease.rows(options.batch))
        found = self.continued(batch, self._noise(batch.heard, batch, opening), opening)
        real = self._real_features(batch, opening)
        found = found.gathered()
        self.critic.remember(found.heard, batch.conditions.numpy(), opening)
        for _ in range(options.critic_updates):
            figures = self.critic.step(opening, self.rng, self.ease, self.turn)
        figures |= self._generator_step(found, real, progress)
        self.steps += 1
        return figures

    def continued(self, batch: Batch, noise: Floats, opening: int) -> RollOut:
        """What the generator learns from: continuations of real windows, candidates weighed."""
        critic = self.critic.ema.module
        return self._rolled_out(critic, batch, noise, opening, self.options.candidates)

    def _rolled_out(
        self, critic: Module, batch: Batch, noise: Floats, opening: int, candidates: int
    ) -> RollOut:
        assert isinstance(critic, Critic)
        rng, block = team.own_draws(self.rng), self.options.block
        if self.rolls_out_there:
            there = torch.from_numpy(noise).to(self.device)
            return device_rollout.roll_out(
                self.generator, critic, batch, there, opening, rng,
                block=block, candidates=candidates,
            )  # fmt: skip
        config = self.generator.config
        return roll_out(
            PlayedGenerator(played(self.generator), config), PlayedCritic(played(critic), config),
            batch, noise, opening, rng, block=block, candidates=candidates,
        )  # fmt: skip

    def preferred(self, found: RollOut, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """How much likelier each candidate should become, [G, K], and figures to log.

        Around 0: the critic's weights less those of candidates it cannot tell apart.
        """
        witness = feature_witness(real, found.features.flatten(0, 1), found.features)
        advice = self.options.feature_weight * balanced(witness, found.scores)
        return candidate_push(found.scores + advice), {
            "score_spread": float(found.scores.std(-1).mean()),
            "witness_spread": float(witness.std(-1).mean()),
        }

    def _generator_step(self, found: RollOut, real: Tensor, progress: float) -> dict[str, float]:
        options = self.options
        push, figures = self.preferred(found, real)
        rows = self.ease.rows(options.anchor_batch)
        anchor = self.train.draw(rows, self.rng, self.turn).to(self.device)
        self.generator.train()
        with autocast(self.device, options.bf16):
            nll, _ = elbo(self.generator, self.posterior, anchor)
            block_nll = candidate_nll(self.generator, found, self.device)
        likelihood = team.mean(nll.sum()) / team.mean(anchor.mask.sum())
        push = team.own(push).to(self.device)
        chosen = team.mean(candidate_loss(push, block_nll.view_as(push)))
        self.learn_at(options.rate * (1 - 0.9 * progress))
        loss = chosen + options.anchor * likelihood
        norm = descend(self.optimizer, loss, self.generator.parameters(), options.clip)
        self.ema.update()
        return {
            "generator_loss": float(chosen.detach()),
            "train_nll": float(likelihood.detach()),
            "gradient": float(norm),
            **figures,
        }

    def evaluate(self) -> dict[str, float]:
        """Held-out likelihood, and how songs from scratch measure against held-out windows."""
        generator = self.ema.module
        assert isinstance(generator, Generator)
        figures = held_out(
            generator, self.posterior, self.valid, self.device, self.options.bf16,
            MOST_WINDOWS, self.ease.rows(HELD_OUT_ROWS),
        )  # fmt: skip
        config = generator.config
        songs = self.judge(
            PlayedGenerator(played(generator), config),
            PlayedCritic(played(self.critic.ema.module), config),
        )
        return {**figures, **songs, "score": songs["frechet"]}

    def state(self) -> dict[str, Any]:
        """The critic's, too."""
        return {**super().state(), "critic": self.critic.state(), "lessons": self.lessons}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state(state)
        self.critic.load_state(state["critic"])
        self.lessons = int(state.get("lessons", 0))

    def _windows(self, count: int) -> tuple[Any, int]:
        """Real windows to continue: one time in four from the first note on."""
        if self.rng.random() < 0.25:
            return self.train.draw_inside(count, self.rng, openings=True, update=self.turn), 0
        return self.train.draw_inside(count, self.rng, update=self.turn), self.opening

    @torch.no_grad()
    def _noise(self, heard: Tensor, batch: Any, opening: int) -> Floats:
        """A window that is continued brings its own noise; a new song draws it."""
        size = self.generator.config.noise
        drawn = team.own_normal(self.rng, len(heard), size)
        if not opening:
            return drawn
        mu, log_var = self.posterior(batch.to(self.device))
        return np.asarray(mu.cpu().numpy() + np.exp(0.5 * log_var.cpu().numpy()) * drawn)

    @torch.no_grad()
    def _real_features(self, batch: Any, opening: int) -> Tensor:
        """The critic's features of real music where blocks after `opening` end, [N, C], of all."""
        critic, block = self.critic.ema.module.eval(), self.options.block
        verdict = critic(batch.heard.to(self.device), batch.conditions.to(self.device))
        return team.gathered(verdict.features[0][:, opening + block - 1 :: block].flatten(0, 1))

    def critic_lesson(self) -> dict[str, float]:
        """Some updates of the critic alone, on fresh continuations by the present generator."""
        batch, opening = self._windows(self.ease.rows(self.options.critic_batch))
        noise = self._noise(batch.heard, batch, opening)
        found = self._rolled_out(self.critic.critic, batch, noise, opening, 1).gathered()
        self.critic.remember(found.heard, batch.conditions.numpy(), opening)
        lessons = [
            self.critic.step(opening, self.rng, self.ease, self.turn)
            for _ in range(self.options.lesson_updates)
        ]
        self.lessons += 1
        return lessons[-1]


def candidate_nll(generator: Generator, found: RollOut, device: torch.device) -> Tensor:
    """NLL in nats of each candidate block given the state it grew from, [G x K].

    The state has already heard the row before the block; it is not trained through.
    """
    batch, hidden = found.batch.to(device), found.hidden.to(device)
    song = generator.song(batch.conditions, found.noise.to(device))
    states = generator.run(batch.heard[:, :-1], song, hidden)
    states = torch.cat([hidden[:, None].to(states.dtype), states], 1)
    return field_nll(generator.heads(states, batch), batch).sum((1, 2))
