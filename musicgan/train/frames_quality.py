"""The judge of a frame generator in training: its songs from scratch against held-out pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from musicgan.codecs.base import Rows
from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.frames_sampler import draw_frames
from musicgan.errors import CorpusError
from musicgan.evaluate.descriptors import descriptors
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.ngrams import distinct_n, nearest_distance, pairwise_distance
from musicgan.model.frames import FramesGenerator as PlayedGenerator
from musicgan.train.frame_windows import FrameWindows
from musicgan.train.frames_networks import FramesCritic, FramesGenerator
from musicgan.train.losses import held_out_verdicts
from musicgan.train.rollout import played

Bools = NDArray[np.bool_]
FEWEST_NOTES = 4
"""A window with fewer holds no n-gram and nothing to compare."""
LONGEST_STEP = 512


@dataclass
class FrameJudge:
    """Draws songs in the places of held-out pieces, cuts both alike, measures them.

    Figures: `frechet` on musical descriptors; `distinct`, `distance` and `nearest`, where a
    collapse shows; the critic's loss and accuracy on held-out windows against drawn ones.
    """

    valid: FrameWindows
    songs: int = 48
    seed: int = 0

    def __post_init__(self) -> None:
        length = self.valid.length
        self._long = [song for song in self.valid.songs if len(song) >= length]
        every = range(len(self._long))
        self._cuts = [
            (index, begin)
            for index in every
            for begin in range(0, min(LONGEST_STEP, len(self._long[index])) - length + 1, length)
        ]
        real = [self._long[i].frames[b : b + length] for i, b in self._cuts]
        before = [_before(self._long[i].frames, b) for i, b in self._cuts]
        if len(real) < 2:
            raise CorpusError(
                f"the pieces held out have fewer than 2 windows of {length} steps: give more music"
            )
        self._real = np.stack([self._describe(frames) for frames in real])
        self._real_frames, self._real_before = np.stack(real), np.stack(before)

    def __call__(self, generator: FramesGenerator, critic: FramesCritic) -> dict[str, float]:
        """Measure a generator; the same seed each time, so that evaluations are comparable."""
        rng = np.random.default_rng([self.seed, 3])
        length = self.valid.length
        fakes, before, cuts = self._draw(generator, rng)
        fake = np.stack([self._describe(frames) for frames in fakes])
        figures = {"frechet": float(frechet(self._real, fake))}
        rows = [self._rows(frames) for frames in fakes[: 2 * self.songs]]
        rows = [row for row in rows if len(row) >= FEWEST_NOTES]
        if len(rows) >= 2:
            figures["distinct"] = float(distinct_n(rows, FEWEST_NOTES))
            figures["distance"] = float(pairwise_distance(rows))
            figures["nearest"] = float(nearest_distance(rows))
        picked = rng.permutation(len(cuts))[: len(self._cuts)]
        real = self._listen(critic, self._real_frames, self._real_before, self._cuts)
        heard = self._listen(critic, fakes[picked], before[picked], [cuts[i] for i in picked])
        assert real.shape[1] == length
        return figures | held_out_verdicts(real, heard)

    def _draw(
        self, generator: FramesGenerator, rng: np.random.Generator
    ) -> tuple[Bools, Bools, list[tuple[int, int]]]:
        """Windows of drawn songs, the frame before each, and the (piece, begin) it stands for."""
        chosen = np.arange(self.songs) % len(self._long)
        places = [self._long[index].places[:LONGEST_STEP] for index in chosen]
        table = np.zeros((self.songs, max(map(len, places)), 2), np.int64)
        for row, place in zip(table, places, strict=True):
            row[: len(place)] = place
        conditions = np.stack([self._long[index].conditions for index in chosen])
        network = PlayedGenerator(played(generator), generator.config)
        frames = draw_frames(network, conditions, table, rng)
        found = [(s, cut) for s in range(self.songs) for cut in self._cuts if cut[0] == chosen[s]]
        length = self.valid.length
        windows = np.stack([frames[s, b : b + length] for s, (_, b) in found])
        before = np.stack([_before(frames[s], b) for s, (_, b) in found])
        return windows, before, [cut for _, cut in found]

    def _describe(self, frames: Bools) -> NDArray[np.float64]:
        return np.asarray(descriptors(self.valid.codec.decode(frames)))

    def _rows(self, frames: Bools) -> Rows:
        return tuples(frames, self.valid.codec)

    @torch.no_grad()
    def _listen(
        self, critic: FramesCritic, frames: Bools, before: Bools, cuts: list[tuple[int, int]]
    ) -> Tensor:
        """Logits at every frame, [B, T]."""
        length = self.valid.length
        device = next(critic.parameters()).device
        songs = [(self._long[index], begin) for index, begin in cuts]
        places = np.stack([song.places[begin : begin + length] for song, begin in songs])
        conditions = np.stack([song.conditions for song, _ in songs])
        verdict = critic(
            torch.from_numpy(frames.astype(np.float32)).to(device),
            torch.from_numpy(before.astype(np.float32)).to(device),
            torch.from_numpy(places).to(device),
            torch.from_numpy(conditions).to(device),
        )
        logits: Tensor = verdict.logits.cpu()
        return logits


def tuples(frames: Bools, codec: PianorollCodec) -> Rows:
    """Frames [T, F] as note tuples [N, 5], which n-grams are made of."""
    events = EventsCodec(grid=codec.grid, slots=codec.slots, velocity_bins=1)
    return events.encode(codec.decode(frames))


def _before(frames: Bools, begin: int) -> Bools:
    return np.asarray(frames[begin - 1] if begin else np.zeros_like(frames[0]))
