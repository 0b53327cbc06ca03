"""A training run from a folder of MIDI to one model file."""

from __future__ import annotations

import hashlib
import json
import shlex
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.styles import run_folder
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec, choose_frames_codec
from musicgan.corpus.scan import Progress, find_midi
from musicgan.errors import CorpusError, ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile, save_model
from musicgan.model.frames_config import FramesConfig
from musicgan.score import Score
from musicgan.train import team
from musicgan.train.events_run import EventsRun
from musicgan.train.frames_run import FramesRun
from musicgan.train.lock import alone_in
from musicgan.train.look import Samples
from musicgan.train.loop import Loop
from musicgan.train.options import (
    Options,
    choose_device,
    settings_of,
)
from musicgan.train.phase import Phase
from musicgan.train.start import NOTHING
from musicgan.train.watch import Watch


class Run(Protocol):
    """What training by any codec has in common."""

    corpus: Corpus
    options: Options
    device: torch.device
    unused: tuple[str, ...]
    """Options that make no difference to this run."""

    @property
    def codec(self) -> EventsCodec | PianorollCodec:
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

    def samples(self, count: int, bars: int) -> Samples:
        """Songs by the present weights, without disturbing any random state."""
        ...

    def held_out(self, most: int) -> list[Score]:
        """Real music to compare songs with: pieces held out, spread evenly."""
        ...

    def summary(self) -> str:
        """What was chosen, in a few lines."""
        ...


def _events(folder: Path, options: Options, progress: Progress | None) -> Run:
    codec = choose_codec(
        folder, options.voices, options.grid, options.velocities, options.tracks, options.pedal,
        options.fine, options.drums,
    )  # fmt: skip
    return EventsRun(Corpus.open(folder, codec, progress=progress), codec, options)


def _frames(folder: Path, options: Options, progress: Progress | None) -> Run:
    codec = choose_frames_codec(folder, options.grid, options.drums)
    # Frames begin at random: no model of frames comes with the package.
    options = replace(options, start=NOTHING)
    return FramesRun(Corpus.open(folder, codec, progress=progress), codec, options)


RUNS: dict[str, Callable[[Path, Options, Progress | None], Run]] = {
    "events": _events,
    "pianoroll": _frames,
}
"""What `Options.codec` names."""


MUCH_LONGER = 1.25
"""Times as long as was asked for: that is said."""


def train(
    folder: Path,
    out: Path,
    options: Options,
    *,
    resume: bool = False,
    watch: Watch | None = None,
) -> ModelFile:
    """Train on the MIDI files under `folder` and write the model to `out`.

    The checkpoint lies beside it in `OUT.run/`, where one run is at work at a time. Processes that
    torchrun or SLURM began together train it together (`train.team`). Raises
    `CorpusError`, `DeviceError`, `ModelFileError`, `CheckpointError`, `TrainingError`, and
    `loop.Interrupted` after SIGINT with the checkpoint saved.
    """
    device = team.join(choose_device(options.device))
    find_midi(folder)
    if team.size() > 1:
        options = replace(options, device=str(device))
    if not team.leads():
        return _train(folder, out, options, resume, None)
    with alone_in(run_folder(out)):
        return _train(folder, out, options, resume, watch)


def _train(
    folder: Path, out: Path, options: Options, resume: bool, watch: Watch | None
) -> ModelFile:
    begun = time.monotonic()
    with team.leader_first():
        run = RUNS[options.codec](folder, options, watch.on_file if watch is not None else None)
    if team.agreed(run.corpus.manifest_hash) != run.corpus.manifest_hash:
        raise CorpusError(f"{folder}: not what the first process finds there: give all the same")
    if run.device.type == "cuda":  # what is drawn there is each process's own
        torch.cuda.manual_seed(options.seed + team.rank())
    loop = Loop(
        run.phases, run_folder(out) / "checkpoint.safetensors", identity(run),
        [watch] if watch is not None else [], options.minutes, time.monotonic() - begun,
    )  # fmt: skip
    if resume:
        loop.resume()
    if watch is not None:
        unusable = run.corpus.unusable
        if unusable:
            asked = f"musicgan data {shlex.quote(str(folder))}"
            watch.say(f"{unusable} files cannot be used: {asked} says why")
        watch.say(run.summary())
        if team.size() > 1:
            watch.say(f"{team.size()} processes train together")
        watch.say(f"to look at: {run_folder(out) / 'report.html'}")
        watch.begin(run, loop.progress.history if resume else None)
    progress = loop.run()
    late = overrun(options.minutes, progress.seconds)
    if watch is not None and late is not None:
        watch.say(late)
    model = run.model_file(progress.history)
    if not team.leads():
        return model
    try:
        save_model(model, out)
    except ModelFileError as error:
        elsewhere = Path(tempfile.gettempdir()) / out.name
        save_model(model, elsewhere)
        raise ModelFileError(f"{error}; it is kept at {elsewhere}: move it away soon") from None
    return model


def overrun(minutes: float | None, seconds: float) -> str | None:
    """What to say of a run that took much longer than it was given; None of others.

    Every phase takes an update, and what it is measured by before and after, however little time
    there is.
    """
    if minutes is None or seconds < 60 * MUCH_LONGER * minutes:
        return None
    return (
        f"it took {seconds / 60:.1f} minutes instead of {minutes:g}: the machine was busy, or that "
        "is too little for every phase to learn and be measured"
    )


def identity(run: Run) -> dict[str, Any]:
    """What must be the same for a run to be resumed.

    What the music decides is in the codec and the network: a version that asks it for something
    more goes on with runs of the one before.
    """
    left_out = ("device", "minutes", *run.unused)
    asked = {k: v for k, v in settings_of(run.options).items() if v is not None}
    settings = {k: v for k, v in asked.items() if k not in left_out}
    text = json.dumps(settings, sort_keys=True)
    return {
        "collection": run.corpus.manifest_hash,
        "codec": json.dumps(dict(run.codec.options()), sort_keys=True),
        "network": json.dumps(run.config.to_json(), sort_keys=True),
        "options": hashlib.sha256(text.encode()).hexdigest()[:16],
    }
