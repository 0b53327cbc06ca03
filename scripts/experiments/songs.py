"""Songs of a generator in training, as they are measured: freely drawn, or guided by its critic."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.compose.composition import CLAMP
from musicgan.compose.sampler import Sampler
from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.train.quality import begin_songs
from musicgan.train.rollout import draw_block
from musicgan.train.songs import Song

BLOCK = 8
GREEDY = 1e-3
"""A temperature at which the likeliest value is always drawn."""
SAID_NOTES = 128
"""Of a song, where it is asked how many there are and what one costs."""


def free_songs(
    generator: Generator,
    songs: Sequence[Song],
    notes: int,
    rng: np.random.Generator,
    temperature: float,
) -> Rows:
    """New songs [B, T, 5] on the conditions of `songs`."""
    sampler = begin_songs(generator, songs, rng, temperature)
    return np.stack([sampler.step().rows for _ in range(notes)], axis=1)


def guided_songs(
    generator: Generator,
    critic: Critic,
    songs: Sequence[Song],
    notes: int,
    rng: np.random.Generator,
    temperature: float,
    candidates: int,
) -> Rows:
    """The same, each block of 8 notes chosen among K by the critic, as `generate` chooses it."""
    count = len(songs)
    sampler = begin_songs(generator, songs, rng, temperature)
    state = critic.begin(np.stack([song.conditions for song in songs]))
    logits = np.zeros(count, np.float32)
    spread = np.repeat(np.arange(count), candidates)
    rows: list[Rows] = []
    while len(rows) < notes:
        many: Sampler = sampler.take(spread)
        drawn, listeners, after = draw_block(many, critic, state.take(spread), BLOCK)
        score = (after - logits[spread]).reshape(count, candidates)
        centred = np.clip(score - score.mean(1, keepdims=True), -CLAMP, CLAMP)
        weight = np.exp(centred).cumsum(1)
        mark = rng.random((count, 1)) * weight[:, -1:]
        kept = np.arange(count) * candidates + (weight < mark).sum(1)
        rows += [step.rows[kept] for step in drawn]
        sampler, state, logits = many.take(kept), listeners.take(kept), after[kept]
    return np.stack(rows[:notes], axis=1)


def distinct_greedy(generator: Generator, song: Song, noises: int = 64) -> int:
    """Different songs among those of so many noises z, nothing else being left to chance."""
    rng = np.random.default_rng(0)
    rows = free_songs(generator, [song] * noises, SAID_NOTES, rng, GREEDY)
    return len({song.tobytes() for song in rows})


def cost_ms(
    generator: Generator,
    critic: Critic,
    songs: Sequence[Song],
    candidates: int,
    rounds: int = 3,
) -> float:
    """CPU milliseconds a note of guided songs drawn at once; 0 candidates: unguided."""
    rng = np.random.default_rng(0)
    best = np.inf
    for _ in range(rounds):
        begun = time.process_time()
        if candidates:
            guided_songs(generator, critic, songs, SAID_NOTES, rng, 1.0, candidates)
        else:
            free_songs(generator, songs, SAID_NOTES, rng, 1.0)
        best = min(best, (time.process_time() - begun) / SAID_NOTES / len(songs))
    return 1000 * best
