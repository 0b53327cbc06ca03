"""What a note costs that a critic chooses among K candidates: of one song, and of many at once.

    OPENBLAS_NUM_THREADS=1 python -m scripts.experiments.guided_cost chorales --data DATA

Networks of the experiment's size with random weights, which cost what trained ones do, in numpy on
one core; processor time, the cheapest of the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.train.rollout import played

from .ground import COLLECTIONS, Place
from .songs import cost_ms

CANDIDATES = 0, 4, 8, 16
TOGETHER = 1, 8, 64


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments.guided_cost",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("collection", choices=list(COLLECTIONS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    place = Place(asked.collection, asked.data, 0, Path("build/experiments"), asked.hidden)
    print(
        "| candidates | " + " | ".join(f"{count} at once, ms a note" for count in TOGETHER) + " |"
    )
    print("|---|" + "---|" * len(TOGETHER))
    for candidates, row in zip(CANDIDATES, costs_ms(place, asked.rounds), strict=True):
        print(f"| {candidates} | " + " | ".join(f"{cost:.2f}" for cost in row) + " |", flush=True)


def costs_ms(place: Place, rounds: int) -> Iterator[list[float]]:
    """Milliseconds a note with each of `CANDIDATES`, for each number of songs at once."""
    run = place.run()
    generator = Generator(played(run.generator), run.config)
    critic = Critic(played(run.critic.ema.module), run.config)
    real = place.songs(run, "train")
    songs = [real[i % len(real)] for i in range(max(TOGETHER))]
    for candidates in CANDIDATES:
        yield [cost_ms(generator, critic, songs[:n], candidates, rounds) for n in TOGETHER]


if __name__ == "__main__":
    main()
