"""Phase two for frames: the classic recurrent GAN, generator against critic through the frames.

The generator rolls out freely from noise, its own straight-through frames fed back; the critic
hears every frame. The generator descends cross-entropy on the critic, feature matching on batch
statistics and a likelihood anchor. Longer runs drift: the best evaluation is what is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from musicgan.train import team
from musicgan.train.frame_windows import FrameBatch, FrameWindows
from musicgan.train.frames_likelihood import (
    draw_silenced,
    frame_nll,
    held_out_frames,
    noise_for,
    shared_nll,
)
from musicgan.train.frames_networks import FramesCritic, FramesGenerator
from musicgan.train.frames_quality import FrameJudge
from musicgan.train.frames_rollout import cell_density, roll_out_frames
from musicgan.train.losses import balanced_accuracy, critic_loss, feature_gap, saturation
from musicgan.train.networks import Verdict
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Averaged, Ema, descend


@dataclass(frozen=True)
class FramesAdversarialOptions:
    """Settings of the phase; defaults are the committed recipe's."""

    batch: int = 24
    rate: float = 5e-5
    """Higher, the first few updates undo what likelihood taught."""
    warmup_steps: int = 10
    critic_rate: float = 1e-3
    feature_weight: float = 1.0
    anchor: float = 0.3
    """Of the cross-entropy in nats a frame."""
    flip: float = 0.05
    clip: float = 1.0
    ema: float = 0.98
    critic_warmup: int = 40
    """Updates of the critic before the generator is first moved."""


class FramesAdversarialPhase(Averaged):
    """Generator against critic; selected by how its songs measure against held-out music."""

    name = "adversarial"
    share = 0.4

    def __init__(
        self,
        generator: FramesGenerator,
        critic: FramesCritic,
        judge: FrameJudge,
        train: FrameWindows,
        valid: FrameWindows,
        seed: int,
        options: FramesAdversarialOptions,
        device: torch.device,
        max_steps: int = 400,
        eval_steps: int = 25,
        patience: int = 6,
    ) -> None:
        self.generator = self.network = generator.to(device)
        self.critic = critic.to(device)
        self.judge, self.train, self.valid = judge, train, valid
        self.options, self.device = options, device
        self.max_steps, self.eval_steps, self.patience = max_steps, eval_steps, patience
        self.rng = np.random.default_rng([seed, 2])
        self.optimizer = AdamW(generator.parameters(), options.rate, (0.9, 0.98))
        self.critic_optimizer = AdamW(
            critic.parameters(), options.critic_rate, (0.5, 0.98), weight_decay=0.01
        )
        self.ema = Ema(generator, options.ema)
        self.critic_ema = Ema(critic, options.ema)
        self.accuracy = 0.5

    def begin(self) -> None:
        """Averages start at the likelihood's weights; the critic gets its first lessons."""
        self.ema = Ema(self.generator, self.options.ema)
        for _ in range(self.options.critic_warmup):
            batch = self._batch()
            with torch.no_grad():
                fake = self._roll_out(batch)
            self._critic_step(self._batch(), batch, fake)

    def step(self, progress: float) -> dict[str, float]:
        """One roll-out; one update of the critic and one of the generator on it."""
        options = self.options
        batch, real = self._batch(), self._batch()
        fake = self._roll_out(batch)
        figures = self._critic_step(real, batch, fake.detach())
        self.steps += 1
        warm = min(1.0, self.steps / options.warmup_steps)
        self.learn_at(options.rate * warm * (1 - 0.9 * progress))
        self.generator.train()
        self.critic.requires_grad_(False)
        try:
            return figures | self._generator_step(batch, real, fake)
        finally:
            self.critic.requires_grad_(True)

    def _generator_step(
        self, batch: FrameBatch, real: FrameBatch, fake: Tensor
    ) -> dict[str, float]:
        """One update on a roll-out, by a critic that is not moved."""
        options = self.options
        on_fake = self._listen(batch, fake)
        with torch.no_grad():
            on_real = self._listen(real, real.frames)
        anchor = draw_silenced(self.train, self.ease.rows(options.batch), self.rng).to(self.device)
        nll = shared_nll(frame_nll(self.generator, anchor, self._noise(anchor)), anchor)
        fooled = team.mean(F.softplus(-on_fake.logits).mean())
        gap = feature_gap(*(team.gathered(flat(heard)) for heard in (on_real, on_fake)))
        loss = fooled + options.feature_weight * gap + options.anchor * nll
        norm = descend(self.optimizer, loss, self.generator.parameters(), options.clip)
        self.ema.update()
        return {
            "generator_loss": float(fooled.detach()),
            "feature_gap": float(gap.detach()),
            "train_nll": float(nll.detach()),
            "gradient": float(norm),
            "onsets_a_frame": float(team.mean(cell_density(fake, self.generator))),
        }

    def _critic_step(self, real: FrameBatch, batch: FrameBatch, fake: Tensor) -> dict[str, float]:
        options = self.options
        self.critic.train()
        on_real, on_fake = self._listen(real, real.frames), self._listen(batch, fake)
        loss = team.mean(critic_loss(on_real.logits, on_fake.logits, options.flip))
        for group in self.critic_optimizer.param_groups:
            group["lr"] = options.critic_rate * self.ease.rate * saturation(self.accuracy)
        norm = descend(self.critic_optimizer, loss, self.critic.parameters(), options.clip)
        self.critic_ema.update()
        right = balanced_accuracy(on_real.logits.detach(), on_fake.logits.detach())
        accuracy = float(team.mean(right))
        self.accuracy = 0.9 * self.accuracy + 0.1 * accuracy
        return {
            "critic_loss": float(loss.detach()),
            "critic_accuracy": accuracy,
            "critic_gradient": float(norm),
        }

    def evaluate(self) -> dict[str, float]:
        """Held-out cross-entropy, and how songs from scratch measure against held-out music."""
        generator, critic = self.ema.module, self.critic_ema.module
        assert isinstance(generator, FramesGenerator) and isinstance(critic, FramesCritic)
        nll = held_out_frames(generator, self.valid, self.device)
        songs = self.judge(generator, critic)
        return {"nll": nll, **songs, "score": songs["frechet"]}

    def state(self) -> dict[str, Any]:
        """The critic's, too."""
        return {
            **super().state(),
            "critic": self.critic.state_dict(),
            "critic_optimizer": self.critic_optimizer.state_dict(),
            "critic_ema": self.critic_ema.state(),
            "accuracy": self.accuracy,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state(state)
        self.critic.load_state_dict(state["critic"])
        self.critic_optimizer.load_state_dict(state["critic_optimizer"])
        self.critic_ema.load_state(state["critic_ema"])
        self.accuracy = float(state["accuracy"])

    def _batch(self) -> FrameBatch:
        return self.train.draw_inside(self.ease.rows(self.options.batch), self.rng).to(self.device)

    def _roll_out(self, batch: FrameBatch) -> Tensor:
        rng = team.own_draws(self.rng)
        return roll_out_frames(self.generator, batch, self._noise(batch), rng)

    def _noise(self, batch: FrameBatch) -> Tensor:
        return noise_for(batch, self.generator.config.noise, self.rng, self.device)

    def _listen(self, batch: FrameBatch, frames: Tensor) -> Verdict:
        """The critic on frames in the places of `batch`."""
        verdict: Verdict = self.critic(frames, batch.fed[:, 0], batch.places, batch.conditions)
        return verdict


def flat(verdict: Verdict) -> Tensor:
    """Features of every frame of a batch, [B x T, H]."""
    return verdict.features[0].flatten(0, 1)
