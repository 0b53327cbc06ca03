"""Roll-outs of the adversarial phase: drawn by numpy on the host, and by torch on a device.

    python scripts/bench_rollouts.py [--device cpu|cuda] [--songs 16 64] [--hidden 384]
        [--rounds 3]

Both draw the same notes from the same random numbers (`tests/train/device/test_rollout.py`): 8
candidates for each block of 8 notes, windows of 128 of which 32 are given. Rounds alternate. On a
CUDA device the device should win: exit code 1 where it does not. On a CPU the host's is used.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import make_piece
from musicgan.midifile import read_midi
from musicgan.model.config import EventsConfig
from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train import rollout
from musicgan.train.device import rollout as device_rollout
from musicgan.train.networks import Critic, Generator
from musicgan.train.songs import analyse_pieces, voice_ranges
from musicgan.train.windows import Windows

LENGTH, OPENING, CANDIDATES = 128, 32, 8
HERE = Path(__file__).resolve().parents[1]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--songs", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=HERE / "midi_data" / "bach-chorales")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    device, met = torch.device(asked.device), True
    print(f"songs   host notes/s   {device.type} notes/s   ratio")
    for songs in asked.songs:
        rates: list[list[float]] = [[], []]
        for _ in range(asked.rounds):
            for way, kept in zip(ways(asked, songs, device), rates, strict=True):
                kept.append(songs * CANDIDATES * (LENGTH - OPENING) / timed(way))
        host, there = (statistics.median(rate) for rate in rates)
        ratio = statistics.median(b / a for a, b in zip(*rates, strict=True))
        met &= device.type == "cpu" or ratio > 1
        print(f"{songs:5} {host:14,.0f} {there:14,.0f} {ratio:9.2f}")
    return int(not met)


def ways(
    asked: argparse.Namespace, songs: int, device: torch.device
) -> tuple[Callable[[], object], Callable[[], object]]:
    """One roll-out on the host and one on the device, weights sent to the host included."""
    codec = EventsCodec(4, [("S", 52, False), ("A", 52, False), ("T", 52, False), ("B", 52, False)])
    files = sorted(asked.folder.glob("*.mid"))
    pieces = [make_piece(path.name, read_midi(path), codec) for path in files]
    layout = Layout(4, 4, 32, 32, 1, 33, looks_back=True)
    config = EventsConfig(layout, ("bench",), hidden=asked.hidden)
    windows = Windows(analyse_pieces(pieces, config, voice_ranges(pieces, layout)), LENGTH, layout)
    batch = windows.draw_inside(songs, np.random.default_rng(0))
    noise = np.random.default_rng(0).standard_normal((songs, config.noise)).astype(np.float32)
    torch.manual_seed(0)
    generator, critic = Generator(config).to(device), Critic(config).to(device)
    there = torch.from_numpy(noise).to(device)
    return (
        lambda: rollout.roll_out(
            PlayedGenerator(rollout.played(generator), config),
            PlayedCritic(rollout.played(critic), config),
            batch, noise, OPENING, np.random.default_rng(0), candidates=CANDIDATES,
        ),
        lambda: device_rollout.roll_out(
            generator, critic, batch, there, OPENING, np.random.default_rng(0),
            candidates=CANDIDATES,
        ),
    )  # fmt: skip


def timed(way: Callable[[], object]) -> float:
    """Seconds of the second of two: the songs that come of it lie on the host when it is done."""
    way()
    begin = time.perf_counter()
    way()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
