"""Watching a training: progress bar, log file, TensorBoard, samples, plain warnings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from musicgan.errors import CheckpointError, MidiWriteError
from musicgan.evaluate.picture import roll_picture, write_png
from musicgan.midifile import write_midi
from musicgan.score import Score
from musicgan.train.loop import LogFile
from musicgan.train.phase import Phase

SATURATED = 0.97
COLLAPSED_SHARE = 0.6
"""Of the distinct 4-note figures at the first evaluation."""
SAMPLE = "*-" + 6 * "[0-9]"
KEPT = ("log.jsonl", "events.out.tfevents.*", f"{SAMPLE}.mid", f"{SAMPLE}.png")
"""What a run leaves in its folder beside its checkpoint."""

Sample = Callable[[], Score]


class Watch:
    """An observer that shows and keeps everything a person wants to see of a run.

    Writes `OUT.run/log.jsonl`, TensorBoard events where it is installed, and at each evaluation
    a sample as MIDI and as a piano roll. Warns in one line when the critic saturates or the
    songs' variety falls, with what to do. Nothing is written before `begin`.
    """

    def __init__(self, out: Path, console: Console | None = None) -> None:
        self.folder = out.with_name(out.name + ".run")
        self.console = console or Console(stderr=True)
        self._sample: Sample | None = None
        self._writer: Any = None
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}
        self._first_distinct: float | None = None
        self._warned: set[str] = set()
        self._lost = False

    def __enter__(self) -> Watch:
        if sys.stderr.isatty():
            columns = (
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                TimeRemainingColumn(), TextColumn("{task.fields[figures]}"),
            )  # fmt: skip
            self._bar = Progress(*columns, console=self.console)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._writer is not None:
            self._writer.close()

    def begin(self, sample: Sample, history: Sequence[Mapping[str, Any]] | None = None) -> None:
        """A run begins, whose songs `sample` writes, and forgets what an earlier one left here.

        With the evaluations so far as `history` it goes on: nothing is forgotten. Raises
        `CheckpointError` when the folder cannot be written.
        """
        self._sample = sample
        for figures in history or ():
            self._first_distinct = self._first_distinct or figures.get("distinct")
        try:
            self._log = LogFile(self.folder / "log.jsonl")
            if history is None:
                for path in [path for kept in KEPT for path in self.folder.glob(kept)]:
                    path.unlink()
            self._writer = _tensorboard(self.folder)
        except OSError as error:
            raise CheckpointError(f"{self.folder}: cannot be written: {error.strerror}") from None

    def say(self, line: str) -> None:
        """One line for the person who waits."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def on_file(self, done: int, total: int) -> None:
        """Move the bar of the files that are read before training."""
        if self._bar is not None:
            self._move("reading", done, total, "")

    def on_step(self, phase: str, step: int, max_steps: int, figures: Mapping[str, float]) -> None:
        """Move the bar, write the figures."""
        if self._bar is not None:
            self._move(phase, step, max_steps, _short(figures))
        with self._writing():
            self._log.on_step(phase, step, max_steps, figures)
            if self._writer is not None and step % 10 == 0:
                for name, value in figures.items():
                    self._writer.add_scalar(f"{phase}/{name}", value, step)

    def on_evaluation(self, phase: Phase, step: int, figures: Mapping[str, float]) -> None:
        """Log held-out figures, keep a sample, raise the alarms."""
        if self._bar is None:
            self.say(f"{phase.name} {step}: {_short(figures)}")
        with self._writing():
            self._log.on_evaluation(phase, step, figures)
            if self._writer is not None:
                for name, value in figures.items():
                    self._writer.add_scalar(f"{phase.name}/held_out/{name}", value, step)
            self._keep_sample(phase.name, step)
        for warning in self._alarms(figures):
            self.say(f"warning: {warning}")

    def on_trouble(self, line: str) -> None:
        """Say it and write it down."""
        self.say(f"warning: {line}")
        with self._writing():
            self._log.on_trouble(line)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Logs and samples are worth a warning when a disk is full, and no training."""
        try:
            yield
        except (OSError, MidiWriteError) as error:
            if not self._lost:
                self.say(f"warning: {self.folder}: logs and samples cannot be written: {error}")
            self._lost = True

    def _move(self, what: str, done: int, total: int, figures: str) -> None:
        assert self._bar is not None
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total, figures="")
        self._bar.update(self._tasks[what], completed=done, total=total, figures=figures)

    def _keep_sample(self, phase: str, step: int) -> None:
        if self._sample is None:
            return
        score = self._sample()
        if not len(score):
            return
        image = roll_picture(score, score.ticks_per_beat)
        write_midi(score, self.folder / f"{phase}-{step:06}.mid")
        write_png(image, self.folder / f"{phase}-{step:06}.png")
        if self._writer is not None:
            self._writer.add_image(f"{phase}/sample", image, step, dataformats="HWC")

    def _alarms(self, figures: Mapping[str, float]) -> list[str]:
        found = []
        if figures.get("critic_held_out_accuracy", 0.0) > SATURATED:
            found.append(
                "the critic is saturated: it tells every song from real music, so its advice is "
                "mostly noise; more dropout or a longer likelihood phase helps"
            )
        distinct = figures.get("distinct")
        if distinct is not None:
            self._first_distinct = self._first_distinct or distinct
            if distinct < COLLAPSED_SHARE * self._first_distinct:
                found.append(
                    "variety falls: the songs repeat each other's figures (collapse); the best "
                    "evaluation so far is what will be kept"
                )
        new = [line for line in found if line not in self._warned]
        self._warned.update(new)
        return new


def _short(figures: Mapping[str, float]) -> str:
    shown = (
        "train_nll", "nll", "frechet", "critic_accuracy", "critic_right_on_real",
        "critic_right_on_fake",
    )  # fmt: skip
    return "  ".join(f"{name} {figures[name]:.3f}" for name in shown if name in figures)


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder))
