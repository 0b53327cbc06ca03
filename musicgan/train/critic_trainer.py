"""The critic in training: updates on real windows against fresh fakes and remembered ones."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from musicgan.model.steps import Ints
from musicgan.train import team
from musicgan.train.likelihood import autocast
from musicgan.train.losses import balanced_accuracy, critic_loss, feature_gap, saturation
from musicgan.train.networks import Critic
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Ease, Ema, descend
from musicgan.train.windows import Windows


@dataclass(frozen=True)
class AdversarialOptions:
    """Settings of the phase; defaults are the committed recipe's."""

    batch: int = 16
    anchor_batch: int = 32
    critic_batch: int = 32
    opening: int = 32
    block: int = 8
    candidates: int = 8
    rate: float = 2e-4
    critic_rate: float = 2e-3
    anchor: float = 0.5
    feature_weight: float = 0.5
    """Of feature matching beside the log-ratios, once both spread the same."""
    flip: float = 0.05
    clip: float = 1.0
    ema: float = 0.98
    critic_ema: float = 0.98
    critic_updates: int = 1
    """Of the critic for each of the generator."""
    lesson_updates: int = 2
    """Of the critic for each batch of fakes when it learns alone."""
    critic_warmup: int = 60
    """Lessons before the generator is first moved."""
    replay: int = 512
    bf16: bool = True


class CriticTrainer:
    """The critic, its optimiser, its averages, and a memory of recent fakes."""

    def __init__(
        self, critic: Critic, train: Windows, options: AdversarialOptions, device: torch.device
    ) -> None:
        self.critic = critic.to(device)
        self.train, self.options, self.device = train, options, device
        self.optimizer = AdamW(
            critic.parameters(), options.critic_rate, (0.5, 0.98), weight_decay=0.01
        )
        self.ema = Ema(critic, options.critic_ema)
        # Openings and continuations are kept apart: where a window begins can be heard.
        self.replay: list[deque[tuple[Ints, Ints]]] = [
            deque(maxlen=options.replay) for _ in range(2)
        ]
        self.accuracy = 0.5

    def remember(self, heard: Ints, conditions: Ints, opening: int) -> None:
        """Take in fakes [B, T, I] of all processes, whose first `opening` rows are real.

        `conditions` [b, 4] are those of the windows of this process.
        """
        conditions = team.gathered(torch.from_numpy(conditions)).numpy()
        fakes = zip(heard.astype(np.int16), conditions, strict=True)
        self.replay[opening == 0].extend(fakes)

    def step(
        self, opening: int, rng: np.random.Generator, ease: Ease, update: int = 0
    ) -> dict[str, float]:
        """One update on real windows against fakes: half the newest, half remembered ones.

        The first `opening` rows of the fakes are real and judged by nobody; `update`, that of the
        phase, is for `Windows.draw_inside`.
        """
        options = self.options
        windows = ease.rows(options.critic_batch)
        replay = self.replay[opening == 0]
        half = min(max(1, windows // 2), len(replay))
        newest = range(len(replay) - half, len(replay))
        chosen = (*newest, *rng.integers(len(replay), size=half))
        fake = self._tensors(team.own([replay[i] for i in chosen]))
        batch = self.train.draw_inside(windows, rng, openings=opening == 0, update=update)
        self.critic.train()
        with autocast(self.device, options.bf16):
            on_real = self.critic(batch.heard.to(self.device), batch.conditions.to(self.device))
            on_fake = self.critic(*fake)
        real, faked = on_real.logits[:, opening:], on_fake.logits[:, opening:]
        loss = team.mean(critic_loss(real, faked, options.flip))
        for group in self.optimizer.param_groups:
            group["lr"] = options.critic_rate * ease.rate * saturation(self.accuracy)
        norm = descend(self.optimizer, loss, self.critic.parameters(), options.clip)
        self.ema.update()
        accuracy = float(team.mean(balanced_accuracy(real.detach(), faked.detach())))
        self.accuracy = 0.9 * self.accuracy + 0.1 * accuracy
        last = (team.gathered(heard.features[0][:, -1].detach()) for heard in (on_real, on_fake))
        gap = feature_gap(*last)
        return {
            "critic_loss": float(loss.detach()),
            "critic_accuracy": accuracy,
            "critic_gradient": float(norm),
            "feature_gap": float(gap),
        }

    def state(self) -> dict[str, Any]:
        """Everything, the remembered fakes included."""
        return {
            "critic": self.critic.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state(),
            "replay": [
                [np.stack(column) for column in zip(*replay, strict=True)] for replay in self.replay
            ],
            "accuracy": self.accuracy,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.critic.load_state_dict(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema.load_state(state["ema"])
        for replay, saved in zip(self.replay, state["replay"], strict=True):
            replay.clear()
            if saved:
                replay.extend(zip(*saved, strict=True))
        self.accuracy = float(state["accuracy"])

    def _tensors(self, fakes: list[tuple[Ints, Ints]]) -> tuple[Tensor, Tensor]:
        heard = torch.from_numpy(np.stack([h for h, _ in fakes]))
        conditions = torch.from_numpy(np.stack([c for _, c in fakes]))
        return heard.to(self.device), conditions.to(self.device)
