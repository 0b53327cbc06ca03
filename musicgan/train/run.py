"""A training run from a folder of MIDI to one model file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from musicgan.codecs.base import Codec
from musicgan.codecs.events import EventsCodec
from musicgan.compose.player import Player, player_of
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec, choose_frames_codec
from musicgan.corpus.piece import Piece
from musicgan.corpus.scan import Progress, find_midi
from musicgan.errors import CorpusError, ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile, save_model
from musicgan.model.frames_config import FramesConfig
from musicgan.score import Score
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.choose import choose_layout
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.critic_trainer import CriticTrainer
from musicgan.train.forms import forms_of
from musicgan.train.frames_run import FramesRun
from musicgan.train.guidance import GuidancePhase
from musicgan.train.lengths import WINDOW, judged_length, shared_length
from musicgan.train.likelihood import LikelihoodPhase
from musicgan.train.lock import alone_in
from musicgan.train.loop import Loop
from musicgan.train.networks import Critic, Generator, Posterior
from musicgan.train.options import (
    Options,
    about,
    choose_device,
    likelihood_steps,
    settings_of,
    typical,
)
from musicgan.train.phase import Phase
from musicgan.train.quality import SongJudge
from musicgan.train.rollout import played
from musicgan.train.start import choose_start
from musicgan.train.watch import Watch
from musicgan.train.windows import Windows, analyse_pieces, voice_ranges

SHORTEST_PIECE = 16


class Run(Protocol):
    """What training by any codec has in common."""

    corpus: Corpus
    options: Options
    unused: tuple[str, ...]
    """Options that make no difference to this run."""

    @property
    def codec(self) -> Codec:
        """How scores become rows."""
        ...

    @property
    def config(self) -> EventsConfig | FramesConfig:
        """Sizes of the networks."""
        ...

    @property
    def phases(self) -> list[Phase]:
        """What the loop runs, in turn."""
        ...

    def model_file(self, history: Sequence[dict[str, Any]]) -> ModelFile:
        """The model as it stands."""
        ...

    def sample(self) -> Score:
        """A song by the present weights, without disturbing any random state."""
        ...

    def summary(self) -> str:
        """What was chosen, in one line."""
        ...


class EventsRun:
    """Networks, phases and the model file of a run over note tuples.

    With `looks_back` false the networks have no memory but their state (`codecs.echo`).
    """

    unused: tuple[str, ...] = ("frames",)
    """Options that make no difference here."""

    def __init__(
        self, corpus: Corpus, codec: EventsCodec, options: Options, looks_back: bool = True
    ) -> None:
        torch.manual_seed(options.seed)
        self.corpus, self.codec = corpus, codec
        self.device = choose_device(options.device)
        train, valid = (_long_enough(corpus.pieces(part)) for part in ("train", "valid"))
        if not train or not valid:
            raise CorpusError(
                f"{corpus.folder}: too few pieces of {SHORTEST_PIECE} notes or more to train on "
                "and to check against: give more music"
            )
        layout = choose_layout(codec, train, looks_back)
        config = EventsConfig(layout, (options.style,), hidden=options.width)
        self.ranges = voice_ranges(train, layout)
        self.songs = [analyse_pieces(part, config, self.ranges) for part in (train, valid)]
        self.start = choose_start(options.start, config, self.ranges, self.songs[1])
        if self.start:
            config = self.start.sized(config)
            if options.hidden not in (None, config.hidden):
                raise ModelFileError(
                    f"{self.start.name} is {config.hidden} wide: leave the width out, or begin "
                    "with none"
                )
            options = replace(options, start=self.start.name, hidden=config.hidden)
        self.config, self.options = config, options
        self._typical = {**typical(train), "forms": forms_of(train, self.songs[0])}
        self._train, self._valid = train, valid
        self._kept = kept_share(corpus, [*train, *valid])
        self.single = single_voices(train, layout.voices)
        self.generator = Generator(self.config, options.dropout)
        self.posterior = Posterior(self.config)
        critic = Critic(self.config, options.critic_dropout)
        if self.start:
            self.start.fill(self.ranges, self.generator, self.posterior, critic)
        self.phases = self._phases(critic)

    def _phases(self, critic: Critic) -> list[Phase]:
        options, device, seed = self.options, self.device, self.options.seed
        layout, augmentation = self.config.layout, options.augmentation
        train, valid = (Windows(songs, WINDOW, layout, augmentation) for songs in self.songs)
        length = judged_length(self.songs[1], min(shared_length(songs) for songs in self.songs))
        short, short_valid = (Windows(songs, length, layout, augmentation) for songs in self.songs)
        self.critic = CriticTrainer(critic, short, options.adversarial, device)
        judge = SongJudge(self.codec, short_valid, seed=seed)
        likelihood = LikelihoodPhase(
            self.generator, self.posterior, train, valid, seed, options.likelihood, device,
            likelihood_steps(options, train.rows, WINDOW),
        )  # fmt: skip
        adversarial = AdversarialPhase(
            self.generator, self.posterior, self.critic, judge, short, valid, seed,
            options.adversarial, device, options.adversarial_steps,
        )  # fmt: skip
        critic_phase = CriticPhase(adversarial, judge, options.critic_steps)
        self.guidance = GuidancePhase(
            self._player, self._valid, self._train, length, seed, options.minutes
        )
        return [likelihood, adversarial, critic_phase, self.guidance]

    @property
    def music(self) -> dict[str, int]:
        """How many `pieces` there were to learn, and how many `held_out`."""
        return {"pieces": len(self.songs[0]), "held_out": len(self.songs[1])}

    @property
    def typical(self) -> dict[str, Any]:
        """The collection's habits, and the critic's once it is known."""
        chosen = self.guidance.chosen
        return self._typical if chosen is None else {**self._typical, "critic": chosen}

    def _player(self) -> Player:
        return player_of(self.model_file([]), Path("in memory"))

    def model_file(self, history: Sequence[dict[str, Any]]) -> ModelFile:
        """The model as it stands: averaged generator and critic, and the posterior."""
        weights = {f"generator.{k}": v for k, v in played(self.generator).items()}
        weights |= {f"posterior.{k}": v for k, v in played(self.posterior).items()}
        weights |= {f"critic.{k}": v for k, v in played(self.critic.ema.module).items()}
        return ModelFile(weights, about("events", self, history))

    def sample(self) -> Score:
        """A song of 16 bars by the present weights, without disturbing any random state."""
        return compose(self._player(), Settings(seed=1, critic=0))

    def summary(self) -> str:
        """What was chosen, in one line."""
        layout, train = self.config.layout, self.songs[0]
        notes = sum(len(song) for song in train)
        slots = ", ".join(slot.name for slot in self.codec.slots)
        return (
            f"{len(train)} pieces, {notes} notes to learn, {len(self.songs[1])} pieces held out; "
            f"{layout.grid} steps a beat; voices: {slots}; "
            f"{layout.velocity_bins} velocities; {self._kept:.1%} of the notes kept; "
            f"begins {f'with {self.start.name}' if self.start else 'at random'}; on {self.device}"
        )


def _events(folder: Path, options: Options, progress: Progress | None) -> Run:
    codec = choose_codec(folder, options.voices, options.grid)
    return EventsRun(Corpus.open(folder, codec, progress=progress), codec, options)


def _frames(folder: Path, options: Options, progress: Progress | None) -> Run:
    codec = choose_frames_codec(folder, options.grid)
    return FramesRun(Corpus.open(folder, codec, progress=progress), codec, options)


RUNS: dict[str, Callable[[Path, Options, Progress | None], Run]] = {
    "events": _events,
    "pianoroll": _frames,
}
"""What `Options.codec` names."""


def train(
    folder: Path,
    out: Path,
    options: Options,
    *,
    resume: bool = False,
    watch: Watch | None = None,
) -> ModelFile:
    """Train on the MIDI files under `folder` and write the model to `out`.

    The checkpoint lies beside it in `OUT.run/`, where one run is at work at a time. Raises
    `CorpusError`, `DeviceError`, `ModelFileError`, `CheckpointError`, `TrainingError`, and
    `loop.Interrupted` after SIGINT with the checkpoint saved.
    """
    choose_device(options.device)
    find_midi(folder)
    with alone_in(run_folder(out)):
        return _train(folder, out, options, resume, watch)


def _train(
    folder: Path, out: Path, options: Options, resume: bool, watch: Watch | None
) -> ModelFile:
    run = RUNS[options.codec](folder, options, watch.on_file if watch is not None else None)
    loop = Loop(
        run.phases, run_folder(out) / "checkpoint.safetensors", identity(run),
        [watch] if watch is not None else [], options.minutes,
    )  # fmt: skip
    if resume:
        loop.resume()
    if watch is not None:
        unusable = sum(report.error is not None for report in run.corpus.reports)
        if unusable:
            watch.say(f"{unusable} files cannot be used: musicgan data {folder} says why")
        watch.say(run.summary())
        watch.begin(run.sample, loop.progress.history if resume else None)
    progress = loop.run()
    model = run.model_file(progress.history)
    save_model(model, out)
    return model


def run_folder(out: Path) -> Path:
    """Where a run keeps its checkpoint and logs."""
    return out.with_name(out.name + ".run")


def identity(run: Run) -> dict[str, Any]:
    """What must be the same for a run to be resumed."""
    left_out = ("device", "minutes", *run.unused)
    settings = {k: v for k, v in settings_of(run.options).items() if k not in left_out}
    text = json.dumps(settings, sort_keys=True)
    return {
        "collection": run.corpus.manifest_hash,
        "codec": json.dumps(dict(run.codec.options()), sort_keys=True),
        "network": json.dumps(run.config.to_json(), sort_keys=True),
        "options": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


def single_voices(pieces: Sequence[Piece], voices: int) -> list[bool]:
    """Voices that hardly ever sound two notes at once: under 1% of their notes overlap."""
    notes, overlaps = np.zeros(voices), np.zeros(voices)
    for piece in pieces:
        rows = piece.rows.astype(np.int64)
        onset = np.cumsum(rows[:, 0])
        for voice in range(voices):
            own = rows[:, 1] == voice
            begin, end = onset[own], (onset + rows[:, 3])[own]
            notes[voice] += own.sum()
            overlaps[voice] += (begin[1:] < end[:-1]).sum()
    return [bool(o < 0.01 * n) for o, n in zip(overlaps, np.maximum(notes, 1), strict=True)]


def kept_share(corpus: Corpus, pieces: Sequence[Piece]) -> float:
    """Share of the notes in the files of these pieces that are left in their rows.

    Others have met on the grid on one pitch of one voice, or their track has no voice.
    """
    written = {report.name: report.notes for report in corpus.reports}
    return sum(len(p.rows) for p in pieces) / sum(written[p.name] for p in pieces)


def _long_enough(pieces: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in pieces if len(piece.rows) >= SHORTEST_PIECE]
