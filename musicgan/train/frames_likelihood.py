"""Phase one for frames: teacher-forced cross-entropy of every cell.

The noise is drawn at every step and never inferred, so likelihood alone teaches the generator to
do without it: the draws of the cells vary the songs; the adversarial phase may use the noise.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from musicgan.train import team
from musicgan.train.frame_windows import FrameBatch, FrameWindows, silenced
from musicgan.train.frames_networks import FramesGenerator
from musicgan.train.likelihood import LikelihoodOptions, autocast, schedule
from musicgan.train.losses import frame_loss
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Averaged, Ema, descend

SILENCED = 0.1
"""Share of training steps at which a slot is made to have fallen silent."""


def frame_nll(generator: FramesGenerator, batch: FrameBatch, noise: Tensor) -> Tensor:
    """Cross-entropy in nats a frame over the frames there are; noise [B, T + 1, Z]."""
    logits = generator(batch.fed, batch.frames, batch.places, batch.conditions, noise)
    return frame_loss(logits[batch.mask].float(), batch.frames[batch.mask])


def shared_nll(nll: Tensor, batch: FrameBatch) -> Tensor:
    """Nats a frame over the windows of all processes, from those of this one."""
    frames = batch.mask.sum()
    return team.mean(nll * frames) / team.mean(frames.float())


def noise_for(
    batch: FrameBatch, size: int, rng: np.random.Generator, device: torch.device
) -> Tensor:
    """z for the first state and for every step, [B, T + 1, Z], drawn on the CPU."""
    count, length = batch.mask.shape
    return torch.from_numpy(team.own_normal(rng, count, length + 1, size)).to(device)


def draw_silenced(windows: FrameWindows, count: int, rng: np.random.Generator) -> FrameBatch:
    """Training windows as the likelihood sees them."""
    return silenced(windows.draw(count, rng), windows.codec, SILENCED, rng)


@torch.no_grad()
def held_out_frames(
    generator: FramesGenerator, windows: FrameWindows, device: torch.device
) -> float:
    """Nats a frame over all windows, under the same noise each time."""
    generator.eval()
    rng = np.random.default_rng(0)
    total, frames = 0.0, 0
    for some in windows.every(64):
        batch = some.to(device)
        noise = noise_for(batch, generator.config.noise, rng, device)
        count = int(batch.mask.sum())
        total += float(frame_nll(generator, batch, noise)) * count
        frames += count
    return total / frames


class FramesLikelihoodPhase(Averaged):
    """The generator learns the training windows; selected by held-out cross-entropy."""

    name = "likelihood"
    share = 0.6
    fewest = 300

    def __init__(
        self,
        generator: FramesGenerator,
        train: FrameWindows,
        valid: FrameWindows,
        seed: int,
        options: LikelihoodOptions,
        device: torch.device,
        max_steps: int,
        eval_steps: int = 100,
        patience: int = 6,
    ) -> None:
        self.generator = self.network = generator.to(device)
        self.train, self.valid = train, valid
        self.options, self.device = options, device
        self.max_steps, self.eval_steps, self.patience = max_steps, eval_steps, patience
        self.rng = np.random.default_rng([seed, 1])
        self.optimizer = AdamW(
            generator.parameters(), options.rate, (0.9, 0.98), weight_decay=options.weight_decay
        )
        self.ema = Ema(generator, options.ema)

    def begin(self) -> None:
        """Nothing to prepare."""

    def step(self, progress: float) -> dict[str, float]:
        """One update on random transposed windows."""
        options = self.options
        self.learn_at(options.rate * schedule(self.steps, progress, options.warmup_steps))
        self.generator.train()
        batch = draw_silenced(self.train, self.ease.rows(options.batch), self.rng).to(self.device)
        noise = noise_for(batch, self.generator.config.noise, self.rng, self.device)
        with autocast(self.device, options.bf16):
            loss = shared_nll(frame_nll(self.generator, batch, noise), batch)
        norm = descend(self.optimizer, loss, self.generator.parameters(), options.clip)
        self.ema.update()
        self.steps += 1
        return {"train_nll": float(loss.detach()), "gradient": float(norm)}

    def evaluate(self) -> dict[str, float]:
        """Nats a frame on all held-out windows."""
        generator = self.ema.module
        assert isinstance(generator, FramesGenerator)
        nll = held_out_frames(generator, self.valid, self.device)
        return {"nll": nll, "score": nll}
