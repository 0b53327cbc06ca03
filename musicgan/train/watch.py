"""Watching a training: progress bar, log file, TensorBoard, samples, plain warnings."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.styles import run_folder
from musicgan.errors import CheckpointError, MidiWriteError
from musicgan.evaluate.picture import roll_picture, write_png
from musicgan.midifile import write_midi
from musicgan.score import Score
from musicgan.train.alarms import Alarms
from musicgan.train.guidance import FIGURES, USUAL
from musicgan.train.log_file import LogFile
from musicgan.train.look import Beside, Samples
from musicgan.train.options import Options
from musicgan.train.page import Page
from musicgan.train.phase import Phase

SAMPLE = "*-" + 6 * "[0-9]"
KEPT = (
    "log.jsonl", "report.html", "report.json", "events.out.tfevents.*",
    f"{SAMPLE}.mid", f"{SAMPLE}.png",
)  # fmt: skip
"""What a run leaves in its folder beside its checkpoint."""
SONGS, BARS, REAL = 3, 16, 48
"""Songs composed at each evaluation, of so many bars, and the most pieces that they are shown
beside."""
DUE = 0.05
"""Share of a run's time that songs may take; beyond it there is one at each evaluation."""


class Watched(Protocol):
    """What a `train.run.Run` shows of itself."""

    options: Options

    @property
    def codec(self) -> EventsCodec | PianorollCodec:
        """Its grid and voices."""
        ...

    def summary(self) -> str:
        """What was chosen, in a few lines."""
        ...

    def samples(self, count: int, bars: int) -> Samples:
        """Songs by the present weights."""
        ...

    def held_out(self, most: int) -> list[Score]:
        """Real music."""
        ...


class Watch:
    """An observer that shows and keeps everything a person wants to see of a run.

    Writes `OUT.run/report.html` (`page.Page`), `log.jsonl`, TensorBoard events where it is
    installed, and at each evaluation a song as MIDI and as a piano roll. What goes wrong
    (`alarms`) is said in one line, with what to do. Nothing is written before `begin`.
    """

    def __init__(self, out: Path, console: Console | None = None) -> None:
        self.folder = run_folder(out)
        self.console = console or Console(stderr=True)
        self._run: Watched | None = None
        self._page: Page | None = None
        self._writer: Any = None
        self._bar: Progress | None = None
        self._tasks: dict[str, Any] = {}
        self._alarms = Alarms()
        self._train_nll: float | None = None
        self._lost = False
        self._begun, self._songs_sec = time.monotonic(), 0.0

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
        if self._page is not None:
            with self._writing():
                self._page.end()
        if self._writer is not None:
            self._writer.close()

    def begin(self, run: Watched, history: Sequence[Mapping[str, Any]] | None = None) -> None:
        """A run begins, and forgets what an earlier one left here.

        With the evaluations so far as `history` it goes on: nothing is forgotten. Raises
        `CheckpointError` when the folder cannot be written.
        """
        self._run = run
        self._alarms = Alarms(history or ())
        beside = Beside(run.codec.grid, run.codec.slots, run.held_out(REAL))
        try:
            self._log = LogFile(self.folder / "log.jsonl")
            if history is None:
                for path in [path for kept in KEPT for path in self.folder.glob(kept)]:
                    path.unlink()
            self._writer = _tensorboard(self.folder)
            self._page = Page(
                self.folder, run.options.style, run.summary(), beside, resumed=history is not None
            )
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
            self._train_nll = figures.get("train_nll")
            self._log.on_step(phase, step, max_steps, figures)
            if self._page is not None:
                self._page.step(phase, step, figures)
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
        for warning in self._alarms.evaluated(phase.name, figures, self._train_nll):
            self._warn(phase.name, step, warning)
        with self._writing():
            self._keep_songs(phase.name, step, figures)

    def _warn(self, phase: str, step: int, line: str) -> None:
        self.say(f"warning: {line}")
        if self._page is not None:
            self._page.alarm(phase, step, line)

    def on_trouble(self, line: str) -> None:
        """Say it and write it down."""
        self._warn("", 0, line)
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

    def _keep_songs(self, phase: str, step: int, figures: Mapping[str, float]) -> None:
        if self._run is None or self._page is None:
            return
        begun = time.monotonic()
        count = SONGS if self._songs_sec < DUE * (begun - self._begun) else 1
        songs, verdicts = self._run.samples(count, BARS)
        self._songs_sec += time.monotonic() - begun
        first = songs[0]
        self._page.evaluation(phase, step, figures, songs, verdicts)
        if not len(first):
            return
        image = roll_picture(first, first.ticks_per_beat)
        write_midi(first, self.folder / f"{phase}-{step:06}.mid")
        write_png(image, self.folder / f"{phase}-{step:06}.png")
        if self._writer is not None:
            self._writer.add_image(f"{phase}/sample", image, step, dataformats="HWC")


AS_LEARNED = {FIGURES[name]: usual for name, usual in USUAL.items()}
"""Figures of songs that are drawn as the networks have it: that need not be said."""


def _short(figures: Mapping[str, float]) -> str:
    shown = (
        "train_nll", "nll", "candidates", "returns_times", "parallels_times", "crossings_times",
        "tessitura", "frechet", "critic_accuracy", "critic_right_on_real", "critic_right_on_fake",
    )  # fmt: skip
    told = {
        name: figures[name]
        for name in shown
        if name in figures and figures[name] != AS_LEARNED.get(name)
    }
    return "  ".join(
        f"{name} {value:.0f}" if name == "candidates" else f"{name} {value:.3f}"
        for name, value in told.items()
    )


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder))
