"""The differentiable path: noise -> RNN -> frames, each frame fed back, gradients through all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from musicgan.train.frame_windows import FrameBatch
from musicgan.train.frames_networks import FramesGenerator, join, parts, sounding


def drawn(probability: Tensor, uniform: Tensor) -> Tensor:
    """Bernoulli cells, 0 or 1, whose gradient is that of their probability.

    The straight-through estimator (Bengio, Leonard & Courville 2013): biased, of low variance,
    and the critic hears frames as crisp as the real ones.
    """
    hard = (uniform < probability).to(probability.dtype)
    return hard + probability - probability.detach()


def roll_out_frames(
    generator: FramesGenerator, batch: FrameBatch, noise: Tensor, rng: np.random.Generator
) -> Tensor:
    """Frames [B, T, F] that the generator makes of noise [B, T + 1, Z], fed back to itself.

    It starts from the frame before each window of `batch` and has its places and conditions,
    but none of its frames. The cells' own draws come from `rng`.
    """
    config = generator.config
    count, length = batch.mask.shape
    given = generator.inputs(batch.places, batch.conditions, noise[:, 1:])
    hidden = generator.begin(noise[:, 0])
    frame = batch.fed[:, 0]
    made = []
    for step in range(length):
        uniform = rng.random((2, count, config.lanes), dtype=np.float32)
        first, second = torch.from_numpy(uniform).to(frame.device)
        hidden = generator.step(hidden, frame, given[:, step])
        onset = drawn(torch.sigmoid(generator.onset_out(hidden)), first)
        can_hold = sounding(frame, config) * (1 - onset)
        hold = drawn(torch.sigmoid(generator.hold(hidden, onset)) * can_hold, second)
        frame = join(onset, hold, config)
        made.append(frame)
    return torch.stack(made, 1)


def cell_density(frames: Tensor, generator: FramesGenerator) -> Tensor:
    """Onsets a frame: the first thing to go wrong when a roll-out falls silent or to noise."""
    onset, _ = parts(frames.detach(), generator.config)
    return onset.sum(-1).mean()
