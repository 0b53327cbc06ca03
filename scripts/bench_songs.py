"""What a note of a whole song costs at so many candidates, and what of it the networks take.

Processor time of songs of 16 bars with all that belongs to them, the choice among 32 endings
included; beside it the networks alone, for as many songs at once and on columns made up: what is
left is the context, the rules, the draws and the endings. The cheapest of the rounds counts, so
that what else the machine does counts little.

    OPENBLAS_NUM_THREADS=1 python scripts/bench_songs.py [--rounds 5] [--model FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from musicgan.codecs.stages import Before
from musicgan.compose.player import Player, open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.model.generator import Generator, GeneratorState
from musicgan.model.steps import Ints

CANDIDATES = 0, 4, 8, 16
BARS, SEEDS, STEPS = 16, 3, 64


def main() -> None:
    """Print a line for each number of candidates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, help="default: the bundled chorale model")
    asked = parser.parse_args()
    player = open_player(asked.model or bundled_path("chorale"))
    print(f"{'candidates':>10} {'ms a note':>10} {'networks alone':>15}")
    for count in CANDIDATES:
        songs = song_ms(player, count, asked.rounds)
        networks = cheapest(network_steps(player, max(count, 1), count > 0), asked.rounds) / STEPS
        print(f"{count:10} {songs:10.3f} {networks:15.3f}")


def cheapest(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return min(times) * 1e3


def song_ms(player: Player, critic: int, rounds: int) -> float:
    """Milliseconds a note, over some songs."""
    total = notes = 0.0
    for seed in range(SEEDS):
        settings = Settings(bars=BARS, seed=seed, critic=critic)
        notes += len(compose(player, settings))
        total += cheapest(partial(compose, player, settings), rounds)
    return total / notes


def network_steps(player: Player, batch: int, listens: bool) -> Callable[[], None]:
    """`STEPS` steps of the generator for `batch` songs, and of the critic where it listens."""
    generator, critic = player.generator, player.critic
    layout, rng = generator.config.layout, np.random.default_rng(0)

    def columns(sizes: Sequence[int]) -> Ints:
        return rng.integers(0, sizes, (batch, len(sizes)))

    sizes = (layout.input_sizes, layout.moment_sizes, layout.pitch_sizes, layout.duration_sizes)
    rows = [[columns(s) for s in sizes] for _ in range(STEPS)]
    conditions = np.zeros((batch, 4), np.int64)
    noise = np.zeros((batch, generator.config.noise), np.float32)
    sounding = [np.full(batch, n) for n in (0, 60, 48, 64, 4)]

    def run() -> None:
        state = generator.begin(conditions, noise)
        heard = critic.begin(conditions) if critic is not None and listens else None
        for columns in rows:
            state = network_step(generator, state, columns, sounding)
            if critic is not None and heard is not None:
                heard, _ = critic.advance(heard, columns[0])

    return run


def network_step(
    generator: Generator, state: GeneratorState, columns: Sequence[Ints], sounding: Sequence[Ints]
) -> GeneratorState:
    """One step and all heads; columns of input, moment, pitch and duration [B, ...].

    `sounding` are tonic, last, lowest and echoed pitch and a duration, [B] each.
    """
    inputs, moment, own, duration = columns
    tonic, last, lowest, echo, length = sounding
    state = generator.advance(state, inputs)
    generator.wait(state)
    base = generator.moment(state, moment)
    generator.voice(base)
    generator.pitch(base, tonic, Before(own, last, lowest, echo, length))
    generator.duration(base, duration)
    if generator.config.heads == 5:
        generator.velocity(base, duration, length)
    return state


if __name__ == "__main__":
    main()
