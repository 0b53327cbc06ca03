"""The textbook recurrent GAN on note tuples: noise in, numbers out, cross-entropy, nothing else.

As C-RNN-GAN (Mogren 2016) without its feature matching and its pretraining: a recurrent generator
reads noise and its own last note and writes each field of the next note as a number in 0 to 1; a
bidirectional recurrent critic hears real and generated notes. Everything is differentiable; the
numbers become a note when the song is written down. Shapes: B songs, T notes, D numbers a note.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from musicgan.codecs.base import Rows
from musicgan.codecs.layout import Layout
from musicgan.model.steps import Ints
from musicgan.train.losses import balanced_accuracy, critic_loss
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Averaged, Ema, descend
from musicgan.train.windows import Windows

Judge = Callable[[Rows], float]
"""Songs [B, T, 5] -> how far they are from held-out music."""

NOISE = 32
JUDGED_SONGS, JUDGED_NOTES = 128, 256
RATE = 2e-4
BATCH = 32


class Scale:
    """Note tuples as numbers from 0 to 1 and back."""

    def __init__(self, layout: Layout, ranges: Ints) -> None:
        lowest, highest = int(ranges[:, 0].min()), int(ranges[:, 1].max())
        longest = (layout.max_wait, layout.max_duration)
        self.low = np.array([0, 0, lowest, 1, 0], np.float64)
        high = (longest[0], layout.voices - 1, highest, longest[1], layout.velocity_bins - 1)
        self.fields = 5 if layout.velocity_bins > 1 else 4
        self.span = np.array(high, np.float64) - self.low + 1

    def numbers(self, rows: Rows, rng: np.random.Generator) -> NDArray[np.float32]:
        """Rows [..., 5] -> [..., D]; each value anywhere within its own share of 0 to 1."""
        spread = (rows - self.low + rng.random(rows.shape)) / self.span
        return np.clip(spread, 0, 1)[..., : self.fields].astype(np.float32)

    def rows(self, numbers: NDArray[np.float32]) -> Rows:
        """The note tuples that numbers [..., D] stand for, [..., 5]."""
        rows = np.zeros((*numbers.shape[:-1], 5), np.int64)
        span, low = self.span[: self.fields], self.low[: self.fields]
        cut = np.minimum(np.floor(numbers.astype(np.float64) * span), span - 1)
        rows[..., : self.fields] = (cut + low).astype(np.int64)
        return rows


class NumbersGenerator(nn.Module):
    """z_t and the last note -> GRU -> the next note."""

    def __init__(self, fields: int, hidden: int) -> None:
        super().__init__()
        self.fields = fields
        self.cell = nn.GRUCell(NOISE + fields, hidden)
        self.out = nn.Linear(hidden, fields)

    def forward(self, noise: Tensor) -> Tensor:
        """Notes [B, T, D] from noise [B, T, Z]."""
        hidden = noise.new_zeros(len(noise), self.cell.hidden_size)
        note = noise.new_full((len(noise), self.fields), 0.5)
        notes = []
        for z in noise.unbind(1):
            hidden = self.cell(torch.cat([z, note], -1), hidden)
            note = torch.sigmoid(self.out(hidden))
            notes.append(note)
        return torch.stack(notes, 1)


class NumbersCritic(nn.Module):
    """A verdict at every note, from both directions."""

    def __init__(self, fields: int, hidden: int) -> None:
        super().__init__()
        self.rnn = nn.GRU(fields, hidden // 2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, notes: Tensor) -> Tensor:
        """Logits [B, T] of notes [B, T, D]."""
        features, _ = self.rnn(notes)
        logits: Tensor = self.out(features).squeeze(-1)
        return logits


class TextbookEvents(Averaged):
    """Generator against critic from the first update on; selected as all rows are."""

    name = "textbook"
    share = 1.0
    eval_steps = 100
    patience = 0

    def __init__(
        self,
        train: Windows,
        scale: Scale,
        judge: Judge,
        seed: int,
        hidden: int,
        max_steps: int,
        device: torch.device,
    ) -> None:
        self.train, self.scale, self.judge, self.device = train, scale, judge, device
        self.max_steps = max_steps
        self.rng = np.random.default_rng([seed, 6])
        self.generator = self.network = NumbersGenerator(scale.fields, hidden).to(device)
        self.critic = NumbersCritic(scale.fields, hidden).to(device)
        self.optimizer = AdamW(self.generator.parameters(), RATE, (0.5, 0.999), weight_decay=0.0)
        self.critic_optimizer = AdamW(
            self.critic.parameters(), RATE, (0.5, 0.999), weight_decay=0.0
        )
        self.ema = Ema(self.generator, 0.99)

    def begin(self) -> None:
        """Nobody was taught anything before."""

    def step(self, progress: float) -> dict[str, float]:
        """One update of the critic and one of the generator."""
        batch = self.train.draw_inside(BATCH, self.rng)
        real = torch.from_numpy(self.scale.numbers(batch.rows.numpy(), self.rng)).to(self.device)
        fake = self.generator(self._noise(BATCH, real.shape[1]))
        on_real, on_fake = self.critic(real), self.critic(fake.detach())
        loss = critic_loss(on_real, on_fake)
        descend(self.critic_optimizer, loss, self.critic.parameters(), 1.0)
        self.critic.requires_grad_(False)
        try:
            fooled = nn.functional.softplus(-self.critic(fake)).mean()
            descend(self.optimizer, fooled, self.generator.parameters(), 1.0)
        finally:
            self.critic.requires_grad_(True)
        self.ema.update()
        return {
            "critic_loss": float(loss.detach()),
            "critic_accuracy": float(balanced_accuracy(on_real.detach(), on_fake.detach())),
            "generator_loss": float(fooled.detach()),
        }

    def evaluate(self) -> dict[str, float]:
        """How its songs measure against held-out windows."""
        songs = self.draw(JUDGED_SONGS, JUDGED_NOTES, np.random.default_rng(3))
        distance = self.judge(songs)
        return {"frechet": distance, "score": distance}

    @torch.no_grad()
    def draw(self, count: int, notes: int, rng: np.random.Generator) -> Rows:
        """Songs [B, T, 5]."""
        generator = self.ema.module
        noise = rng.standard_normal((count, notes, NOISE)).astype(np.float32)
        numbers = generator(torch.from_numpy(noise).to(self.device))
        return self.scale.rows(numbers.cpu().numpy())

    def state(self) -> dict[str, Any]:
        """The critic's, too."""
        critic = self.critic.state_dict(), self.critic_optimizer.state_dict()
        return {**super().state(), "critic": critic[0], "critic_optimizer": critic[1]}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state(state)
        self.critic.load_state_dict(state["critic"])
        self.critic_optimizer.load_state_dict(state["critic_optimizer"])

    def _noise(self, count: int, notes: int) -> Tensor:
        drawn = self.rng.standard_normal((count, notes, NOISE)).astype(np.float32)
        return torch.from_numpy(drawn).to(self.device)
