"""What it takes from the shell: help, and a song of 16 bars in a file.

Each in a process of its own, the interpreter's start included, in rounds, one after the other; the
cheapest round counts, so that what else the machine does counts little. Beside them what nothing
can be under, an empty Python program, and what a player built on torch pays before its first note,
its import, where torch is there. Ends with 1 when one of ours is above its limit.

    python scripts/bench_start.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from typing import NamedTuple


class Cost(NamedTuple):
    """Of one process: seconds of the clock and of the processor, and its memory at the most."""

    wall_sec: float
    cpu_sec: float
    peak_mb: float


NO_LIMIT = Cost(float("inf"), float("inf"), float("inf"))
LIMITS = {
    "musicgan --help": NO_LIMIT._replace(cpu_sec=0.1),
    "musicgan generate": NO_LIMIT._replace(cpu_sec=1.0, peak_mb=150.0),
}


def main() -> int:
    """Print a line for each program; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        programs = {
            "an empty program": "-c pass",
            "musicgan --help": "-m musicgan --help",
            "musicgan generate": "-m musicgan generate --seed 1 --bars 16 --out song.mid",
        }
        if find_spec("torch"):
            programs["import torch"] = "-c 'import torch'"
        costs = cheapest(programs, rounds, folder)
    empty, broken = costs["an empty program"], []
    print(f"{'':20} {'clock s':>8} {'cpu s':>8} {'to empty':>9} {'peak MB':>8}  limits")
    for name, cost in costs.items():
        limits = LIMITS.get(name, NO_LIMIT)
        said = [f"{f} {v:g}" for f, v in limits._asdict().items() if v < float("inf")]
        ratio = cost.cpu_sec / empty.cpu_sec
        print(
            f"{name:20} {cost.wall_sec:8.3f} {cost.cpu_sec:8.3f} {ratio:9.1f} {cost.peak_mb:8.0f}"
            f"  {', '.join(said)}"
        )
        if any(is_ > limit for is_, limit in zip(cost, limits, strict=True)):
            broken.append(name)
    if broken:
        print(f"above the limit: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


def cheapest(programs: dict[str, str], rounds: int, folder: str) -> dict[str, Cost]:
    """Of every program the least of each figure, the rounds going through all of them in turn."""
    runs: dict[str, list[Cost]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, arguments in programs.items():
            runs[name].append(cost_of([sys.executable, *shlex.split(arguments)], folder))
    return {
        name: Cost(*(min(figures) for figures in zip(*some, strict=True)))
        for name, some in runs.items()
    }


def cost_of(command: list[str], folder: str) -> Cost:
    """What one process in `folder` took; `wait4` knows, so this runs where POSIX does."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(
        time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    )


if __name__ == "__main__":
    sys.exit(main())
