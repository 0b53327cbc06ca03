"""The training loop: phases in turn, within a budget, selected, logged, resumable."""

from __future__ import annotations

import copy
import json
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch

from musicgan.errors import CheckpointError
from musicgan.train import team
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.phase import Ease, Phase
from musicgan.train.recovery import Recovery

CHECKPOINT_SEC = 60.0
PLANNING_STEPS = 8


class Observer(Protocol):
    """Whoever wants to see the training: a progress bar, TensorBoard, a log file."""

    def on_step(self, phase: str, step: int, max_steps: int, figures: Mapping[str, float]) -> None:
        """After each update."""
        ...

    def on_evaluation(self, phase: Phase, step: int, figures: Mapping[str, float]) -> None:
        """After each held-out evaluation."""
        ...

    def on_trouble(self, line: str) -> None:
        """When something went wrong and the run goes on."""
        ...


@dataclass
class Progress:
    """Where a run stands; everything in it is saved with a checkpoint."""

    phase: int = 0
    step: int = 0
    planned: int = 0
    stale: int = 0
    best_score: float = math.inf
    best: dict[str, Any] | None = None
    seconds: float = 0.0
    ease: dict[str, float] = field(default_factory=dict)
    """Of the present phase."""
    history: list[dict[str, Any]] = field(default_factory=list)


class Interrupted(Exception):
    """SIGINT or SIGTERM came; the checkpoint is saved."""


class Loop:
    """Runs phases one after another.

    With `minutes` each phase gets its share of the time left: after a few updates its number of
    steps is planned from their speed, so that schedules end when the time does, and the plan is
    kept in the checkpoint, so that a resumed run is the same run.
    """

    def __init__(
        self,
        phases: Sequence[Phase],
        checkpoint: Path,
        identity: Mapping[str, Any],
        observers: Sequence[Observer] = (),
        minutes: float | None = None,
        spent_sec: float = 0.0,
    ) -> None:
        """`spent_sec` of the minutes are over before the first step."""
        self.phases = phases
        self.checkpoint = checkpoint
        self.identity = dict(identity)
        self.observers = observers
        self.minutes = minutes
        self.progress = Progress(seconds=spent_sec)
        self._evaluation_sec = 0.0
        self._recovery = Recovery(self._trouble)
        self._stop = False
        self._saved_at = time.monotonic()
        self._begun_at = time.monotonic()

    def resume(self) -> None:
        """Take over the checkpoint. Raises `CheckpointError` if it belongs to another run."""
        state = team.agreed(load_checkpoint(self.checkpoint) if team.leads() else {})
        for key, value in self.identity.items():
            if state["identity"].get(key) != value:
                raise CheckpointError(
                    f"{self.checkpoint}: made with another {key}; "
                    "resume with the same folder and options, or start anew without --resume"
                )
        self.progress = Progress(**state["progress"])
        torch.set_rng_state(state["torch_rng"])
        for phase, saved in zip(self.phases, state["phases"], strict=False):
            phase.load_state(saved)
        if self.progress.ease:
            self.phases[self.progress.phase].ease = Ease(**self.progress.ease)

    def run(self) -> Progress:
        """Run to the end. Raises `Interrupted` after a signal, with the checkpoint saved."""
        self._begun_at = time.monotonic() - self.progress.seconds
        with self._signals():
            while self.progress.phase < len(self.phases):
                self._run_phase(self.phases[self.progress.phase])
        return self.progress

    def _run_phase(self, phase: Phase) -> None:
        progress = self.progress
        if progress.step == 0:
            phase.ease = Ease()
            phase.begin()
            # A later phase may make things worse: where it starts is a candidate, too.
            if progress.phase:
                self._evaluate(phase)
        if not self.minutes and not progress.planned:
            progress.planned = phase.max_steps
        planning_from, planning_sec = progress.step, time.monotonic()
        while not self._finished(phase):
            # Two updates warm caches up before the clock is believed.
            if not progress.planned and progress.step - planning_from == 2:
                planning_sec = time.monotonic()
            if not progress.planned and progress.step - planning_from == PLANNING_STEPS:
                each_sec = (time.monotonic() - planning_sec) / (PLANNING_STEPS - 2)
                progress.planned = team.agreed(self._plan(phase, each_sec))
            done = progress.step / progress.planned if progress.planned else 0.0
            figures = self._recovery.update(phase, min(1.0, done), progress.best)
            progress.ease = asdict(phase.ease)
            if figures is None:
                continue
            progress.step += 1
            for observer in self.observers:
                planned = progress.planned or phase.max_steps
                observer.on_step(phase.name, progress.step, planned, figures)
            if progress.step % phase.eval_steps == 0:
                self._evaluate(phase)
            self._maybe_save()
        if progress.step % phase.eval_steps:
            self._evaluate(phase)
        if progress.best is not None:
            phase.restore(progress.best)
        progress.phase += 1
        progress.step = progress.planned = progress.stale = 0
        progress.ease = {}
        progress.best_score, progress.best = math.inf, None
        self._recovery.save(self.save)
        self._saved_at = time.monotonic()

    def _finished(self, phase: Phase) -> bool:
        progress = self.progress
        stale = phase.patience and progress.stale >= phase.patience
        return bool(stale) or progress.step >= (progress.planned or phase.max_steps)

    def _plan(self, phase: Phase, each_sec: float) -> int:
        assert self.minutes is not None
        shares = [p.share for p in self.phases[self.progress.phase :]]
        left_sec = max(0.0, self.minutes * 60 - (time.monotonic() - self._begun_at))
        # What evaluations take is known once there was one; a twentieth goes to all else.
        each_sec += self._evaluation_sec / self.phases[self.progress.phase].eval_steps
        steps = 0.95 * left_sec * shares[0] / sum(shares) / each_sec
        return min(phase.max_steps, max(1, int(steps)) + PLANNING_STEPS)

    def _evaluate(self, phase: Phase) -> None:
        progress, begun = self.progress, time.monotonic()
        figures = team.agreed(phase.evaluate())
        score = figures["score"]
        if score < progress.best_score:
            progress.best_score, progress.stale = score, 0
            # A copy: what a phase hands out may be the very tensors it goes on training.
            progress.best = copy.deepcopy(phase.selected())
        else:
            progress.stale += 1
        progress.seconds = time.monotonic() - self._begun_at
        record = {"phase": phase.name, "step": progress.step, **figures}
        progress.history.append(record)
        for observer in self.observers:
            observer.on_evaluation(phase, progress.step, figures)
        self._evaluation_sec = time.monotonic() - begun

    def save(self) -> None:
        """Write the checkpoint now, if nobody else does."""
        if not team.leads():
            return
        self.progress.seconds = time.monotonic() - self._begun_at
        reached = self.phases[: self.progress.phase + 1]
        state = {
            "identity": self.identity,
            "progress": vars(self.progress),
            "torch_rng": torch.get_rng_state(),
            "phases": [phase.state() for phase in reached],
        }
        save_checkpoint(state, self.checkpoint)

    def _maybe_save(self) -> None:
        if team.any_of(self._stop):
            self.save()
            team.wait()
            raise Interrupted(str(self.checkpoint))
        if time.monotonic() - self._saved_at > CHECKPOINT_SEC:
            self._recovery.save(self.save)
            self._saved_at = time.monotonic()

    def _trouble(self, line: str) -> None:
        for observer in self.observers:
            observer.on_trouble(line)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """The first SIGINT or SIGTERM saves and stops; a second one stops at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            # Of several processes each hears it from the terminal, and again from what began them.
            if self._stop and team.size() == 1:
                raise KeyboardInterrupt
            self._stop = True

        old: dict[int, Any] = {}
        try:
            for asked in (signal.SIGINT, signal.SIGTERM):
                old[asked] = signal.signal(asked, stop)
        except ValueError:
            old = {}  # not the main thread: whoever owns it handles signals
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


class LogFile:
    """One JSON object a line: each evaluation, and every `every`-th update."""

    def __init__(self, path: Path, every: int = 20, clock: Callable[[], float] = time.time) -> None:
        self.path, self.every, self.clock = path, every, clock
        path.parent.mkdir(parents=True, exist_ok=True)

    def on_step(self, phase: str, step: int, max_steps: int, figures: Mapping[str, float]) -> None:
        """Write every `every`-th update."""
        if step % self.every == 0:
            self._write({"phase": phase, "step": step, "of": max_steps, **figures})

    def on_evaluation(self, phase: Phase, step: int, figures: Mapping[str, float]) -> None:
        """Write each evaluation."""
        self._write({"phase": phase.name, "step": step, "held_out": dict(figures)})

    def on_trouble(self, line: str) -> None:
        """Write it down."""
        self._write({"trouble": line})

    def _write(self, record: Mapping[str, Any]) -> None:
        line = json.dumps({"time": round(self.clock(), 1), **record})
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(line + "\n")
