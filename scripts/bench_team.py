#!/usr/bin/env python3
"""Updates a second by one and by several processes that train together, on one machine.

    python scripts/bench_team.py [--processes 2] [--rounds 3] [--device cpu|cuda] [FOLDER]

One thread each on a CPU; on CUDA a device each. The same batches, 64 windows in the first phase
and 16 in the second, shared out among the processes. Runs alternate. What several processes are
to one, over their number, is the efficiency; a machine of fewer cores has none to give. Needs
`pip install 'musicgan[scale]'`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.train import team
from musicgan.train.events_run import EventsRun
from musicgan.train.options import Options

ROOT = Path(__file__).resolve().parent.parent
UPDATES = 5
PHASES = ("likelihood", "adversarial")


def main() -> None:
    """Print the table; or, begun by torchrun, be one of the processes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "midi_data/bach-chorales")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    if "TORCHELASTIC_RUN_ID" in os.environ:
        be_one(asked.folder, asked.device)
        return
    found: dict[int, list[list[float]]] = {1: [], asked.processes: []}
    for _ in range(asked.rounds):
        for processes, rates in found.items():
            rates.append(begun(processes, asked.folder, asked.device))
    print(f"updates a second on {asked.device}, medians of {asked.rounds} runs")
    for at, phase in enumerate(PHASES):
        alone, many = (statistics.median(r[at] for r in rates) for rates in found.values())
        share = many / alone / asked.processes
        print(f"{phase:12} 1: {alone:6.2f}  {asked.processes}: {many:6.2f}  efficiency {share:.2f}")


def begun(processes: int, folder: Path, device: str) -> list[float]:
    """Updates a second of each phase."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), __file__, str(folder), "--device", device]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(number) for number in done.stdout.split()]


def be_one(folder: Path, asked: str) -> None:
    """Train a few steps of each phase with the others; the first one prints."""
    torch.set_num_threads(1)
    device = team.join(torch.device(asked))
    with tempfile.TemporaryDirectory() as cache:
        codec = choose_codec(folder)
        corpus = Corpus.open(folder, codec, cache_dir=cache)
        run = EventsRun(corpus, codec, Options(device=str(device), start="none"))
        for phase in run.phases[: len(PHASES)]:
            phase.step(0.5)
            team.wait()
            begin = time.perf_counter()
            for _ in range(UPDATES):
                phase.step(0.5)
            team.wait()
            if team.leads():
                print(UPDATES / (time.perf_counter() - begin))


if __name__ == "__main__":
    main()
