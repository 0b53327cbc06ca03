"""The recurrent GAN over frames as it is trained: torch, same parameter names as played.

Shapes: B songs, T steps, F cells = S slots x (onset, hold) x P pitches, L = S P lanes, H hidden,
Z noise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicgan.model.frames_config import FramesConfig
from musicgan.train.networks import Table, Verdict
from musicgan.train.operations import dropout
from musicgan.train.recurrence import run_gru

NEVER = -30.0
"""Logit of a hold that has nothing to hold."""
RARE = -4.0
"""Where onset logits begin: most cells are empty."""


class FramesGenerator(nn.Module):
    """noise -> GRU -> frames: onset cells, then hold cells given the onsets."""

    def __init__(self, config: FramesConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        self.frame = nn.Linear(config.width, config.embed, bias=False)
        self.place = Table(config.place_sizes, config.embed)
        self.condition = Table(config.condition_sizes, config.embed)
        self.noise = nn.Linear(config.noise, config.embed, bias=False)
        self.first = nn.Linear(config.noise, config.hidden)
        self.rnn = nn.GRU(config.embed, config.hidden, batch_first=True)
        self.onset_out = nn.Linear(config.hidden, config.lanes)
        self.hold_out = nn.Linear(config.hidden, config.lanes)
        self.hold_given = nn.Linear(config.lanes, config.lanes, bias=False)
        nn.init.constant_(self.onset_out.bias, RARE)
        nn.init.normal_(self.frame.weight, std=0.3)

    def begin(self, noise: Tensor) -> Tensor:
        """Hidden state [B, H] before any frame, from z [B, Z]."""
        hidden: Tensor = torch.tanh(self.first(noise))
        return hidden

    def inputs(self, places: Tensor, conditions: Tensor, noise: Tensor) -> Tensor:
        """What does not depend on the frames, [B, T, E]: places [B, T, 2], noise [B, T, Z]."""
        given: Tensor = self.place(places) + self.condition(conditions)[:, None] + self.noise(noise)
        return given

    def step(self, hidden: Tensor, frame: Tensor, given: Tensor) -> Tensor:
        """Hidden state [B, H] after the frame before [B, F], from one step [B, E] of `inputs`."""
        weights = [weight for layer in self.rnn.all_weights for weight in layer]
        return torch.gru_cell(self.frame(frame) + given, hidden, *weights)

    def hold(self, hidden: Tensor, onset: Tensor) -> Tensor:
        """Logits [..., L] of the holds given the onsets [..., L]."""
        logits: Tensor = self.hold_out(hidden) + self.hold_given(onset)
        return logits

    def forward(
        self, fed: Tensor, frames: Tensor, places: Tensor, conditions: Tensor, noise: Tensor
    ) -> Tensor:
        """Logits [B, T, F] of every cell, the true frames before it and onsets beside it given.

        `fed` and `frames` [B, T, F], `places` [B, T, 2], `conditions` [B, 2]; noise [B, T + 1, Z],
        of which the first makes the first state.
        """
        x = dropout(self.frame(fed), self.dropout, self.training)
        x = x + self.inputs(places, conditions, noise[:, 1:])
        hidden = run_gru(self.rnn, x, self.begin(noise[:, 0]))
        hidden = dropout(hidden, self.dropout, self.training)
        onset, _ = parts(frames, self.config)
        held = self.hold(hidden, onset).masked_fill(
            (sounding(fed, self.config) * (1 - onset)) == 0, NEVER
        )
        return join(self.onset_out(hidden), held, self.config)


def parts(frames: Tensor, config: FramesConfig) -> tuple[Tensor, Tensor]:
    """Onset and hold cells of frames [..., F], each [..., L]."""
    cells = frames.reshape(*frames.shape[:-1], config.slots, 2, config.pitches)
    return cells[..., 0, :].flatten(-2), cells[..., 1, :].flatten(-2)


def join(onset: Tensor, hold: Tensor, config: FramesConfig) -> Tensor:
    """The inverse of `parts`."""
    shape = (*onset.shape[:-1], config.slots, config.pitches)
    cells = torch.stack([onset.reshape(shape), hold.reshape(shape)], -2)
    return cells.flatten(-3)


def sounding(frames: Tensor, config: FramesConfig) -> Tensor:
    """1 for lanes with an onset or a hold, [..., F] -> [..., L]."""
    onset, hold = parts(frames, config)
    return (onset + hold).clamp(max=1.0)


class FramesCritic(nn.Module):
    """Convolutions over pitch, pooled, then a GRU: a verdict at every frame.

    Pooling over pitches and pitch classes makes what it hears blind to transposition, on which
    a critic depends, and leaves it differentiable: `near` sees leaps and close harmony of this
    frame and the one before, `chroma` the pitch classes that sound together in any octave.
    """

    def __init__(self, config: FramesConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.dropout = dropout
        channels, hidden = config.critic_channels, config.critic_hidden
        self.near = nn.Conv1d(4 * config.slots, channels, 25, padding=12)
        self.chroma = nn.Conv1d(2 * config.slots, channels, 12)
        self.place = Table(config.place_sizes, hidden)
        self.condition = Table(config.condition_sizes, hidden)
        self.mix = nn.Linear(4 * channels, hidden)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)
        classes = torch.arange(config.pitches) % 12
        self.register_buffer("classes", F.one_hot(classes, 12).float(), persistent=False)
        self.classes: Tensor

    def forward(
        self, frames: Tensor, before: Tensor, places: Tensor, conditions: Tensor
    ) -> Verdict:
        """Verdict on frames [B, T, F]; `before` [B, F] is the frame before the first."""
        config, (count, length) = self.config, frames.shape[:2]
        last = torch.cat([before[:, None], frames[:, :-1]], 1)
        pair = torch.cat([last, frames], -1).view(-1, 4 * config.slots, config.pitches)
        sound = torch.cat([sounding(last, config), sounding(frames, config)], -1)
        sound = sound.view(-1, 2 * config.slots, config.pitches) @ self.classes
        near = F.relu(self.near(pair))
        chroma = F.relu(self.chroma(torch.cat([sound, sound[..., :11]], -1)))
        pooled = torch.cat([near.mean(-1), near.amax(-1), chroma.mean(-1), chroma.amax(-1)], -1)
        heard = self.mix(dropout(pooled, self.dropout, self.training))
        heard = heard.view(count, length, -1)
        x = F.relu(heard + self.place(places) + self.condition(conditions)[:, None])
        features, _ = self.rnn(x)
        logits = self.out(dropout(features, self.dropout, self.training)).squeeze(-1)
        return Verdict(logits.float(), (features.float(),))
