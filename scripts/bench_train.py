"""Training speed: our likelihood phase beside a bare torch GRU of the same size.

The bare GRU reads random floats of the embedding's width and only carries a gradient back: it
is the limit of what any trainer of this shape can reach. Rounds alternate within one run. The
machine's matmul rate stands beside, for the same product sizes.

    python scripts/bench_train.py [--device cpu|cuda] [--rounds 5] [--batch 64]
        [--hidden 384 512]

The widths are those of the recipe (`musicgan train`'s default, and the bundled lieder's); a
narrower network is further from its GRU, because the heads cost the same at any width.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import make_piece
from musicgan.midifile import read_midi
from musicgan.model.config import EventsConfig
from musicgan.train.likelihood import LikelihoodOptions, LikelihoodPhase, autocast
from musicgan.train.networks import Generator, Posterior
from musicgan.train.songs import analyse_pieces, voice_ranges
from musicgan.train.windows import Windows

ROOT = Path(__file__).parent.parent
LENGTH = 128
GOAL = 0.75


def main() -> int:
    """Print the table; exit 1 when a ratio misses the goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--hidden", type=int, nargs="+", default=[384, 512])
    parser.add_argument("--folder", type=Path, default=ROOT / "midi_data" / "bach-chorales")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(asked.device)
    print(
        f"{'':5} {'':8} {'ours':>10} {'bare GRU':>10} {'ratio':>7} {'matmul':>12}"
        f"   batch {asked.batch} x {LENGTH}, {device}"
    )
    met = True
    for hidden, bf16 in itertools.product(asked.hidden, (False, True)):
        ours, bare = ways(asked.folder, asked.batch, hidden, device, bf16)
        rates: tuple[list[float], list[float]] = ([], [])
        for _ in range(asked.rounds):
            for way, kept in zip((ours, bare), rates, strict=True):
                kept.append(asked.batch * LENGTH / timed(way, device))
        a, b = (statistics.median(r) for r in rates)
        ratio = statistics.median(x / y for x, y in zip(*rates, strict=True))
        met &= ratio >= GOAL
        rate = matmul_rate(asked.batch, hidden, device, bf16)
        print(
            f"{hidden:5} {'bf16' if bf16 else 'float32':8} {a:10.0f} {b:10.0f} {ratio:7.2f}"
            f" {rate / 1e9:8.1f} GF/s"
        )
    print(f"notes a second; goal: a ratio of {GOAL}")
    return int(not met)


def ways(
    folder: Path, batch: int, hidden: int, device: torch.device, bf16: bool
) -> tuple[Callable[[], None], Callable[[], None]]:
    """One update of ours and one of the bare GRU."""
    codec = EventsCodec(4, [("S", 52, False), ("A", 52, False), ("T", 52, False), ("B", 52, False)])
    pieces = [make_piece(p.name, read_midi(p), codec) for p in sorted(folder.glob("*.mid"))]
    layout = Layout(4, 4, 32, 32, 1, 33, looks_back=True)
    config = EventsConfig(layout, ("bench",), hidden=hidden)
    songs = analyse_pieces(pieces, config, voice_ranges(pieces, layout))
    windows = Windows(songs, LENGTH, layout, device=device)
    options = LikelihoodOptions(batch=batch, bf16=bf16)
    phase = LikelihoodPhase(
        Generator(config, 0.3), Posterior(config), windows, windows, 0, options, device, 1
    )
    gru = nn.GRU(config.embed, config.hidden, batch_first=True).to(device)
    optimizer = torch.optim.AdamW(gru.parameters())
    x = torch.randn(batch, LENGTH, config.embed, device=device, requires_grad=True)

    def bare() -> None:
        with autocast(device, bf16):
            out, _ = gru(x)
        optimizer.zero_grad(set_to_none=True)
        out.float().square().mean().backward()
        optimizer.step()

    return lambda: (phase.step(0.5), None)[1], bare


def timed(way: Callable[[], None], device: torch.device, updates: int = 3) -> float:
    """Seconds an update, the first one left out."""
    way()
    _wait(device)
    begin = time.perf_counter()
    for _ in range(updates):
        way()
    _wait(device)
    return (time.perf_counter() - begin) / updates


def matmul_rate(batch: int, hidden: int, device: torch.device, bf16: bool) -> float:
    """FLOP a second of the recurrent product [B, H] x [H, 3H], the best of some."""
    dtype = torch.bfloat16 if bf16 else torch.float32
    a, b = (
        torch.randn(*s, device=device, dtype=dtype) for s in ((batch, hidden), (hidden, 3 * hidden))
    )
    best = np.inf
    for _ in range(20):
        _wait(device)
        begin = time.perf_counter()
        for _ in range(20):
            a @ b
        _wait(device)
        best = min(best, (time.perf_counter() - begin) / 20)
    return 2 * batch * hidden * 3 * hidden / best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    sys.exit(main())
