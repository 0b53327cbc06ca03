"""The judge of a generator in training: its songs from scratch against held-out windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT, EventsCodec
from musicgan.codecs.form import Form
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.sampler import Sampler
from musicgan.evaluate.descriptors import descriptors
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.ngrams import distinct_n, nearest_distance, pairwise_distance
from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.model.steps import Ints
from musicgan.train.losses import held_out_verdicts
from musicgan.train.rollout import POSITION, free_rules, song_bar_step
from musicgan.train.songs import Song
from musicgan.train.windows import Windows

Judge = Callable[[Generator, Critic], dict[str, float]]


@dataclass
class SongJudge:
    """Draws songs on held-out conditions, cuts windows, measures them against real ones.

    Figures: `frechet` on musical descriptors, `distinct`, `distance` and `nearest` (where a
    collapse shows), and the critic's loss and accuracy on held-out openings against drawn ones.
    """

    codec: EventsCodec
    valid: Windows
    songs: int
    seed: int = 0

    @cached_property
    def _real_rows(self) -> list[tuple[Rows, int]]:
        """The held-out windows of music, and where in its bar each begins."""
        end = self.valid.layout.end
        return [
            (batch.rows[b].numpy(), int(batch.heard[b, 0, POSITION]))
            for batch in self.valid.every(64)
            for b in range(len(batch.mask))
            if bool(batch.mask[b].all()) and int(batch.rows[b, -1, WAIT]) != end
        ]

    @cached_property
    def _real(self) -> NDArray[np.float64]:
        """Their descriptors, [N, D]."""
        return np.stack([self._describe(*item) for item in self._real_rows])

    def __call__(self, generator: Generator, critic: Critic) -> dict[str, float]:
        """Measure a generator; the same seed each time, so that evaluations are comparable."""
        rng = np.random.default_rng([self.seed, 3])
        chosen = [self.valid.songs[i] for i in rng.integers(len(self.valid.songs), size=self.songs)]
        rows, heard = self.draw(generator, chosen, rng)
        length = self.valid.length
        windows = [(r[:length], p) for r, p in rows]
        middle = heard[:, length, POSITION]
        windows += [(r[length:], int(p)) for (r, _), p in zip(rows, middle, strict=True)]
        fake = np.stack([self._describe(*item) for item in windows])
        names = [window for window, _ in windows]
        return {
            "frechet": float(frechet(self._real, fake)),
            "distinct": float(distinct_n(names, 4)),
            "distance": float(pairwise_distance(names[:64])),
            "nearest": float(nearest_distance(names[:64])),
            **self._verdicts(critic, heard[:, :length], chosen),
        }

    def verdicts(self, generator: Generator, critic: Critic) -> dict[str, float]:
        """The critic on held-out openings and on as many songs drawn anew."""
        rng = np.random.default_rng([self.seed, 4])
        chosen = [self.valid.songs[i] for i in rng.integers(len(self.valid.songs), size=self.songs)]
        _, heard = self.draw(generator, chosen, rng)
        return self._verdicts(critic, heard[:, : self.valid.length], chosen)

    def draw(
        self, generator: Generator, chosen: list[Song], rng: np.random.Generator
    ) -> tuple[list[tuple[Rows, int]], Ints]:
        """Two windows' worth of rows a song, with the bar position they begin at; inputs too."""
        sampler = begin_songs(generator, chosen, rng)
        drawn = [sampler.step() for _ in range(2 * self.valid.length)]
        rows = np.stack([step.rows for step in drawn], axis=1)
        heard = np.stack([step.heard for step in drawn], axis=1)
        return [(r, int(h[0, POSITION])) for r, h in zip(rows, heard, strict=True)], heard

    def _describe(self, rows: Rows, position_step: int) -> NDArray[np.float64]:
        rows = rows.copy()
        rows[0, WAIT] = position_step
        return np.asarray(descriptors(self.codec.decode_on_grid(rows)))

    def _verdicts(self, critic: Critic, drawn: Ints, songs: list[Song]) -> dict[str, float]:
        long = [song for song in self.valid.songs if len(song) > self.valid.length][: self.songs]
        openings = np.stack([song.columns["heard"][: self.valid.length] for song in long])
        real = _listen(critic, openings.astype(np.int64), long)
        fake = _listen(critic, drawn, songs)
        return held_out_verdicts(torch.from_numpy(real), torch.from_numpy(fake))


def begin_songs(
    generator: Generator, songs: Sequence[Song], rng: np.random.Generator, temperature: float = 1.0
) -> Sampler:
    """New songs before their first note, on the conditions, the bars and the form of `songs`."""
    conditions = np.stack([song.conditions for song in songs])
    first = np.stack([song.columns["fed"][0] for song in songs]).astype(np.int64)
    bar_step = song_bar_step(conditions, generator.config.layout.grid)
    count = np.array([song.bars for song in songs])
    form = Form.together([song.form for song in songs])
    bars = EvenBars(-first[:, POSITION], bar_step, count, form)
    noise = rng.standard_normal((len(songs), generator.config.noise)).astype(np.float32)
    tonic = np.array([song.tonic for song in songs])
    rules = free_rules(generator.config)
    return Sampler.begin(generator, conditions, tonic, noise, bars, rules, rng, temperature)


def _listen(critic: Critic, heard: Ints, songs: list[Song]) -> NDArray[np.float64]:
    """Logits at every note, [B, T]."""
    state = critic.begin(np.stack([song.conditions for song in songs]))
    logits = []
    for t in range(heard.shape[1]):
        state, logit = critic.advance(state, heard[:, t])
        logits.append(logit)
    return np.stack(logits, axis=1).astype(np.float64)
