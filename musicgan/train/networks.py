"""The recurrent GAN over note tuples as it is trained: torch, same parameter names as played.

Shapes: B songs, T rows, H hidden, E embedding, Z noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from musicgan.codecs.form import Form
from musicgan.model.config import EventsConfig
from musicgan.model.pitch_places import pitch_places
from musicgan.model.posterior import EVERY, LIMITS
from musicgan.model.steps import offsets
from musicgan.train.operations import bag, dropout, linear, live, spread_pitch
from musicgan.train.recurrence import run_gru

Ints = NDArray[np.int64]


class Table(nn.Module):
    """A sum of embeddings of integer columns [..., C] -> [..., E]."""

    def __init__(self, sizes: Sequence[int], width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(sum(sizes), width) * 0.3 / len(sizes) ** 0.5)
        self.register_buffer("offsets", torch.as_tensor(offsets(sizes)), persistent=False)
        self.offsets: Tensor

    def forward(self, columns: Tensor) -> Tensor:
        """Columns [..., C] of any integer type."""
        flat = (columns.reshape(-1, columns.shape[-1]) + self.offsets).long()
        return bag(flat, self.weight).view(*columns.shape[:-1], -1)


@dataclass(frozen=True)
class Past:
    """What songs played before their windows, and their form; steps as in a new `Context`."""

    notes: Ints
    """[B, P] packed as `codecs.echo` has them, right-aligned."""
    durations: Ints
    """[B, P]"""
    bar: Ints
    """[B, T] the song's bar in which each row of the window begins."""
    form: Form
    """[B, N] of the whole songs."""


@dataclass(frozen=True)
class Batch:
    """Windows of songs as the generator reads them, each [B, T, ...]; see `codecs.context`."""

    fed: Tensor
    """[B, T, I] inputs of the row before each row (START before the first)."""
    rows: Tensor
    """[B, T, 5] targets; a wait of END ends a song."""
    moment: Tensor
    pitch: Tensor
    duration: Tensor
    last: Tensor
    """[B, T]"""
    lowest: Tensor
    """[B, T]"""
    echo: Tensor
    """[B, T]"""
    heard: Tensor
    """[B, T, I] inputs of each row itself: what the critic and the posterior hear."""
    tonic: Tensor
    """[B]"""
    conditions: Tensor
    """[B, 4]"""
    mask: Tensor
    """[B, T] 1 where there is a row, END included."""
    past: Past | None = None
    """What was played before, for whoever goes on from these windows."""
    bars_left: Ints | None = None
    """[B, T] bars remaining where the row before each row stands, that bar included, however many:
    the inputs say no more than so many. Of windows that are gone on from."""

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device; its past stays where it is."""
        return replace(self, **{n: c.to(device) for n, c in self.columns().items()})

    def columns(self) -> dict[str, Any]:
        """All of it that lies on a device, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


class Generator(nn.Module):
    """noise z -> GRU -> sequential heads: wait, voice, pitch, duration, velocity."""

    def __init__(self, config: EventsConfig, dropout: float = 0.0) -> None:
        super().__init__()
        layout, sizes = config.layout, config.layout.row_sizes
        wait, voice, pitch, duration, velocity = config.head_widths
        self.config = config
        self.dropout = dropout
        self.embed = Table(layout.input_sizes, config.embed)
        self.condition = Table(config.condition_sizes, config.embed)
        self.noise = nn.Linear(config.noise, config.embed, bias=False)
        self.first = nn.Linear(config.noise, config.hidden)
        self.rnn = nn.GRU(config.embed, config.hidden, batch_first=True)
        self.trunk = nn.Linear(config.hidden, sum(config.widths))
        self.moment = Table(layout.moment_sizes, sum(config.widths[1:]))
        self.pitch_context = Table(layout.pitch_sizes, pitch)
        self.duration_context = Table(layout.duration_sizes, duration)
        self.wait_out = nn.Linear(wait, sizes[0])
        self.voice_out = nn.Linear(voice, sizes[1])
        self.pitch_out = nn.Linear(pitch, pitch_places(layout.looks_back).outputs)
        self.duration_out = nn.Linear(duration, sizes[3])
        if config.heads == 5:
            context = (*layout.duration_sizes, layout.max_duration + 1)
            self.velocity_context = Table(context, velocity)
            self.velocity_out = nn.Linear(velocity, sizes[4])

    def begin(self, noise: Tensor) -> Tensor:
        """Hidden state [B, H] before anything is fed, from z [B, Z]."""
        hidden: Tensor = torch.tanh(self.first(noise))
        return hidden

    def song(self, conditions: Tensor, noise: Tensor) -> Tensor:
        """What stays the same through a song, [B, E], from conditions [B, 4] and z [B, Z]."""
        song: Tensor = self.condition(conditions) + self.noise(noise)
        return song

    def run(self, fed: Tensor, song: Tensor, hidden: Tensor) -> Tensor:
        """Hidden states [B, T, H] after each of the fed inputs [B, T, I]."""
        x = self.embed(fed) + song[:, None]
        x = dropout(x, self.dropout, self.training)
        return dropout(run_gru(self.rnn, x, hidden), self.dropout, self.training)

    def heads(self, hidden: Tensor, batch: Batch) -> list[Tensor]:
        """Logits of each field given those before it, each [B, T, N], from hidden [B, T, H]."""
        first, *others = self.config.widths
        # Split, not sliced: backward then joins the parts instead of padding and adding them.
        wait, rest = torch.split(linear(self.trunk, hidden), [first, sum(others)], -1)
        base = rest + self.moment(batch.moment)
        voice, pitch, duration, *velocity = torch.split(base, others, -1)
        columns, layout = batch.duration, self.config.layout
        own = pitch + self.pitch_context(batch.pitch)
        logits = [
            linear(self.wait_out, self._live(wait)),
            linear(self.voice_out, self._live(voice)),
            pitch_logits(linear(self.pitch_out, self._live(own)), batch, layout.looks_back),
            linear(self.duration_out, self._live(duration + self.duration_context(columns))),
        ]
        if self.config.heads == 5:
            columns = torch.cat([columns, batch.rows[..., 3:4]], -1)
            context = self.velocity_context(columns)
            logits.append(linear(self.velocity_out, self._live(velocity[0] + context)))
        return logits

    def _live(self, x: Tensor) -> Tensor:
        return live(x, self.dropout, self.training)

    def forward(self, batch: Batch, noise: Tensor) -> Tensor:
        """Negative log-likelihood in nats of each field of each row, [B, T, heads]."""
        hidden = self.run(batch.fed, self.song(batch.conditions, noise), self.begin(noise))
        return field_nll(self.heads(hidden, batch), batch)


def pitch_logits(out: Tensor, batch: Batch, looks_back: bool) -> Tensor:
    """Outputs of the pitch head [B, T, O] -> logits of 128 pitches, [B, T, 128]."""
    tonic = batch.tonic[:, None].expand(out.shape[:2])
    columns = (tonic, batch.last, batch.lowest, *([batch.echo] if looks_back else []))
    rows = (column.flatten().long() for column in columns)
    return spread_pitch(out.flatten(0, 1), *rows).view(*out.shape[:2], 128)


def field_nll(logits: Sequence[Tensor], batch: Batch) -> Tensor:
    """Cross-entropy of each field in nats, [B, T, heads]; 0 beyond the end.

    The row that ends a song says END in its wait and nothing else.
    """
    end = batch.rows[..., 0] == logits[0].shape[-1] - 1
    fields = []
    for index, logit in enumerate(logits):
        target = batch.rows[..., index].long()
        nll = F.cross_entropy(logit.float().flatten(0, 1), target.flatten(), reduction="none")
        live = batch.mask if index == 0 else batch.mask * ~end
        fields.append(nll.view_as(target) * live)
    return torch.stack(fields, -1)


class Posterior(nn.Module):
    """What noise could have made these windows: q(z | notes), pooled over notes.

    Pooling keeps what a whole window has in common (texture, register, density) and leaves the
    order of notes to the generator; every other note says enough of that.
    """

    def __init__(self, config: EventsConfig) -> None:
        super().__init__()
        self.embed = Table(config.layout.input_sizes, config.embed)
        self.mix = nn.Linear(config.embed, config.embed)
        self.out = nn.Linear(2 * config.embed, 2 * config.noise)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z, each [B, Z]."""
        notes = F.relu(linear(self.mix, F.relu(self.embed(batch.heard[:, ::EVERY]))))
        mask = batch.mask[:, ::EVERY, None].to(notes.dtype)
        mean = (notes * mask).sum(1) / mask.sum(1).clamp(min=1)
        peak = (notes * mask).amax(1)
        mu, log_var = self.out(torch.cat([mean, peak], -1)).float().chunk(2, -1)
        return mu, log_var.clamp(*LIMITS)


@dataclass(frozen=True)
class Verdict:
    """What the critic says: log odds of real at every note, and the features behind them."""

    logits: Tensor
    """[B, T]"""
    features: tuple[Tensor, ...]
    """each [B, T, H]"""


class Critic(nn.Module):
    """A GRU over transposition-invariant inputs with a verdict at every note."""

    def __init__(self, config: EventsConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        self.embed = Table(config.layout.input_sizes[:-1], config.critic_embed)
        self.condition = Table(config.condition_sizes, config.critic_embed)
        self.rnn = nn.GRU(config.critic_embed, config.critic_hidden, batch_first=True)
        self.out = nn.Linear(config.critic_hidden, 1)

    def forward(self, heard: Tensor, conditions: Tensor) -> Verdict:
        """Verdict on notes whose inputs are [B, T, I]."""
        x = self.embed(heard[..., :-1]) + self.condition(conditions)[:, None]
        x = dropout(x, self.dropout, self.training)
        features = run_gru(self.rnn, x, x.new_zeros(len(x), self.rnn.hidden_size))
        logits = self.out(dropout(features, self.dropout, self.training)).squeeze(-1).float()
        return Verdict(logits, (features.float(),))
