"""The controls of the adversarial phase: the same generator, moved by likelihood alone."""

from __future__ import annotations

import torch

from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.likelihood import autocast, elbo
from musicgan.train.phase import descend


class AnchorPhase(AdversarialPhase):
    """The adversarial phase without its adversary: only the likelihood anchor moves the generator.

    Optimiser, rate, batch, averages and selection are the same, and so is who selects: songs
    against held-out music. It makes no roll-outs and has no critic, so its updates are cheap.
    """

    name = "anchor"

    def begin(self) -> None:
        """There is no critic to teach; its verdicts in the log mean nothing."""

    def step(self, progress: float) -> dict[str, float]:
        """One update on real windows."""
        options = self.options
        rows = self.ease.rows(options.anchor_batch)
        batch = self.train.draw(rows, self.rng, self.turn).to(self.device)
        self.generator.train()
        with autocast(self.device, options.bf16):
            nll, _ = elbo(self.generator, self.posterior, batch)
        likelihood = nll.sum() / batch.mask.sum()
        self.learn_at(options.rate * (1 - 0.9 * progress))
        loss: torch.Tensor = options.anchor * likelihood
        norm = descend(self.optimizer, loss, self.generator.parameters(), options.clip)
        self.ema.update()
        self.steps += 1
        return {"train_nll": float(likelihood.detach()), "gradient": float(norm)}


class FirstCriticPhase(CriticPhase):
    """A critic from nothing on, taught against a generator that never moves."""

    def begin(self) -> None:
        """The first lessons are those of the adversarial phase."""
        self.adversarial.begin()
