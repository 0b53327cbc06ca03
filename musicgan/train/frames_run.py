"""A run over frames: networks, phases and model file of the differentiable recurrent GAN."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.frames_player import compose_frames, frames_player_of
from musicgan.compose.settings import Settings
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.errors import CorpusError
from musicgan.model.file import ModelFile
from musicgan.model.frames_config import FramesConfig
from musicgan.score import Score
from musicgan.train.choose import LONGEST_BEAT
from musicgan.train.frame_windows import FrameSong, FrameWindows, frame_songs, slot_ranges
from musicgan.train.frames_adversarial import FramesAdversarialPhase
from musicgan.train.frames_likelihood import FramesLikelihoodPhase
from musicgan.train.frames_networks import FramesCritic, FramesGenerator
from musicgan.train.frames_quality import FrameJudge
from musicgan.train.look import Samples
from musicgan.train.options import Options, about, choose_device, likelihood_steps, typical
from musicgan.train.phase import Phase
from musicgan.train.rollout import played

WINDOW = 64
"""Steps in a training window."""
SHORTEST_WINDOW = 16


class FramesRun:
    """Networks, phases and the model file of a run over frames."""

    unused: tuple[str, ...] = ("adversarial", "critic_steps", "start")
    """Options that make no difference here."""

    def __init__(self, corpus: Corpus, codec: PianorollCodec, options: Options) -> None:
        torch.manual_seed(options.seed)
        self.corpus, self.codec, self.options = corpus, codec, options
        self.device = choose_device(options.device)
        train, valid = (_long_enough(corpus.pieces(part)) for part in ("train", "valid"))
        if not train or not valid:
            raise CorpusError(
                f"{corpus.folder}: too few pieces of {SHORTEST_WINDOW} steps or more to train on "
                "and to check against: give more music"
            )
        longest = LONGEST_BEAT * codec.grid + 1
        self.config = FramesConfig(len(codec.slots), codec.n_pitches, longest, hidden=options.width)
        ranges = slot_ranges(train, codec)
        self.ranges = ranges
        self.songs = [frame_songs(part, codec, self.config, ranges) for part in (train, valid)]
        self.typical = typical(train)
        self._valid = valid
        self.single = single_slots(self.songs[0], self.config)
        self.generator = FramesGenerator(self.config, options.dropout)
        self.critic = FramesCritic(self.config, options.critic_dropout)
        self.phases = self._phases()

    @property
    def music(self) -> dict[str, int]:
        """How many `pieces` there were to learn, and how many `held_out`."""
        return {"pieces": len(self.songs[0]), "held_out": len(self.songs[1])}

    def _phases(self) -> list[Phase]:
        options, device, seed = self.options, self.device, self.options.seed
        length = window_length(self.songs)
        train, valid = (FrameWindows(songs, length, self.codec) for songs in self.songs)
        likelihood = FramesLikelihoodPhase(
            self.generator, train, valid, seed, options.likelihood, device,
            likelihood_steps(options, train.steps, length),
        )  # fmt: skip
        adversarial = FramesAdversarialPhase(
            self.generator, self.critic, FrameJudge(valid, seed=seed), train, valid, seed,
            options.frames, device, options.adversarial_steps,
        )  # fmt: skip
        return [likelihood, adversarial]

    def model_file(self, history: Sequence[dict[str, Any]]) -> ModelFile:
        """The model as it stands. The critic has no part in playing and stays behind."""
        weights = {f"generator.{k}": v for k, v in played(self.generator).items()}
        return ModelFile(weights, about("frames", self, history))

    def samples(self, count: int, bars: int) -> Samples:
        """Songs of so many bars by the present weights, without disturbing any random state.

        The critic of frames judges steps, not notes: there are no verdicts.
        """
        player = frames_player_of(self.model_file([]), Path("in memory"))
        asked = [Settings(bars=bars, seed=1 + number) for number in range(count)]
        songs = [compose_frames(player, settings) for settings in asked]
        return Samples(songs, None)

    def held_out(self, most: int) -> list[Score]:
        """At most so many of the pieces held out, spread evenly."""
        chosen = np.linspace(0, len(self._valid) - 1, min(most, len(self._valid))).astype(int)
        return [self.codec.decode(self._valid[at].rows.astype(np.float32)) for at in chosen]

    def summary(self) -> str:
        """What was chosen, in a few lines."""
        train = self.songs[0]
        steps = sum(len(song) for song in train)
        slots = ", ".join(slot.name for slot in self.codec.slots)
        lines = [
            f"music: {len(train)} pieces, {steps:,} frames to learn, {len(self.songs[1])} held out",
            f"voices: {slots}; pitches {self.codec.low_pitch} to {self.codec.high_pitch}",
            f"grid: {self.codec.grid} steps a beat",
            f"network: {self.config.hidden} wide, begins at random; on {self.device}",
        ]
        return "\n".join(lines)


def single_slots(songs: Sequence[FrameSong], config: FramesConfig) -> list[bool]:
    """Slots that hardly ever sound two notes at once: in under 1% of their sounding steps."""
    sounds, overlaps = np.zeros(config.slots), np.zeros(config.slots)
    for song in songs:
        onset, hold = config.parts(song.frames)
        notes = (onset | hold).reshape(len(song), config.slots, config.pitches).sum(-1)
        sounds += (notes > 0).sum(0)
        overlaps += (notes > 1).sum(0)
    return [bool(o < 0.01 * s) for o, s in zip(overlaps, np.maximum(sounds, 1), strict=True)]


def window_length(songs: Sequence[Sequence[FrameSong]]) -> int:
    """Steps of a window: as long as half the pieces of each part allow, up to `WINDOW`."""
    fits = min(int(np.median([len(song) for song in part])) for part in songs)
    return max(SHORTEST_WINDOW, min(WINDOW, fits // 8 * 8))


def _long_enough(pieces: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in pieces if len(piece.rows) >= SHORTEST_WINDOW]
