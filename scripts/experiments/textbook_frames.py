"""The textbook recurrent GAN on frames: the trainer's own networks, with nothing but cross-entropy.

Noise -> GRU -> frames, fed back and straight-through; a recurrent critic; no pretraining, no
feature matching, no likelihood anchor, no smoothed labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file, save_file

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT, EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.frames_sampler import draw_frames
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_frames_codec
from musicgan.model.frames import FramesGenerator
from musicgan.train.frames_adversarial import FramesAdversarialOptions
from musicgan.train.frames_run import FramesRun
from musicgan.train.rollout import played

from .figures import NOTES, SONGS
from .ground import Place, keep
from .training import run_phases

NAME = "textbook-frames"
MOST_STEPS = 512
UPDATES = 6
"""For each update of ours: as much CPU time as likelihood and our phase take together."""
TEXTBOOK = FramesAdversarialOptions(
    rate=2e-4, critic_rate=2e-4, feature_weight=0.0, anchor=0.0, flip=0.0, critic_warmup=0
)


class TextbookFrames:
    """A run over frames from nothing, adversarial from the first update on."""

    def __init__(self, place: Place) -> None:
        folder = place.data / place.about.folder
        codec = choose_frames_codec(folder)
        self.place, self.codec = place, codec
        options = replace(
            place.options,
            codec="pianoroll",
            frames=TEXTBOOK,
            adversarial_steps=UPDATES * place.updates,
        )
        self.run = FramesRun(Corpus.open(folder, codec), codec, options)

    def train(self, folder: Path) -> None:
        """Train to the end; weights and costs go to `folder`."""
        phase = self.run.phases[1]
        phase.patience = 0
        found = run_phases(self.place, NAME, [phase])
        save_file(self.run.generator.state_dict(), folder / "weights.safetensors")
        keep(found, folder / "trained.json")

    def sets(
        self, folder: Path, events: EventsCodec
    ) -> Iterator[tuple[dict[str, Any], list[Rows], list[Any]]]:
        """Songs in the places of training pieces, as note tuples."""
        run, codec = self.run, self.codec
        run.generator.load_state_dict(load_file(folder / "weights.safetensors"))
        rng = np.random.default_rng([self.place.seed, 7])
        songs = [run.songs[0][i] for i in rng.integers(len(run.songs[0]), size=SONGS)]
        places = np.stack([np.resize(song.places, (MOST_STEPS, 2)) for song in songs])
        conditions = np.stack([song.conditions for song in songs])
        generator = FramesGenerator(played(run.generator), run.config)
        frames = draw_frames(generator, conditions, places, rng)
        rows = [tuples(some, codec, events) for some in frames]
        yield {}, rows, [_Upbeat(song) for song in songs]


class _Upbeat:
    """What `figures.score_of` asks of a piece: where it begins in the bar, and its metre."""

    def __init__(self, song: Any) -> None:
        position = np.zeros((1, 16), np.int64)
        position[0, 9] = song.places[0, 0]
        self.columns = {"fed": position}
        self.conditions = np.array([0, song.conditions[0], 0, 0])


def tuples(frames: Any, codec: PianorollCodec, events: EventsCodec) -> Rows:
    """Frames [T, F] as the first note tuples [N, 5] that they hold."""
    rows = events.encode(codec.decode(frames))[:NOTES]
    if len(rows):
        rows[0, WAIT] = 0
    return rows
