"""The training loop: phases in turn, within a budget, selected, resumable."""

from __future__ import annotations

import copy
import math
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch

from musicgan.errors import CheckpointError
from musicgan.train import team
from musicgan.train.budget import Budget
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.pace import Pace, next_look
from musicgan.train.phase import Ease, Phase
from musicgan.train.recovery import Recovery

CHECKPOINT_SEC = 60.0


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
    until_sec: float = 0.0
    """When the phase is to end, and ..."""
    is_sure: bool = False
    """... whether a resumed run keeps to `planned`: it was looked at again."""
    is_alone: bool = False
    """Whether all of the budget is the phase's."""
    used_up_min: float = 0.0
    """A budget of which such a phase has left nothing."""
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
    steps is planned from their speed, so that schedules end when the time does. It is looked at
    again (`pace.LOOKS`), for new music takes time of its own and other work comes and goes, and
    changed where it would miss its end (`budget.KEPT`). A resumed run keeps the plan that is in the
    checkpoint: it is the same run. Phases that would begin when the minutes are over, or all
    another's (`Budget`), are left out; resumed with more of them, the run goes on there.
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
        self.budget = Budget(minutes)
        self.progress = Progress(seconds=spent_sec)
        self._evaluation_sec = self._evaluations_sec = 0.0
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
        # Checkpoints of before the second look: their plan was the last word.
        known = {"is_sure": state["progress"]["planned"] > 0}
        self.progress = Progress(**{**known, **state["progress"]})
        torch.set_rng_state(state["torch_rng"])
        steps = len(self.progress.history) + self.progress.step
        team.go_on_drawing(state.get("cuda_rng", []), steps)
        for phase, saved in zip(self.phases, state["phases"], strict=False):
            phase.load_state(saved)
        if self.progress.ease:
            self.phases[self.progress.phase].ease = Ease(**self.progress.ease)

    def run(self) -> Progress:
        """Run to the end. Raises `Interrupted` after a signal, with the checkpoint saved."""
        self._begun_at = time.monotonic() - self.progress.seconds
        with self._signals():
            while self.progress.phase < len(self.phases):
                if self._is_too_late():
                    self._tell_left_out()
                    break
                self._run_phase(self.phases[self.progress.phase])
        return self.progress

    def _is_too_late(self) -> bool:
        """Whether the minutes are over where a phase would begin; for the first it is never."""
        if not self.budget or not self.progress.phase or self.progress.step:
            return False
        is_over = self.budget.is_over(self._now_sec())
        return team.agreed(is_over or self.progress.used_up_min == self.budget.minutes)

    def _tell_left_out(self) -> None:
        names = ", ".join(phase.name for phase in self.phases[self.progress.phase :])
        self._trouble(
            f"no time is left for what follows: {names}; the model does without. Give it more "
            "minutes, and --resume goes on there"
        )

    def _run_phase(self, phase: Phase) -> None:
        progress = self.progress
        if self.budget and not progress.until_sec:
            left = self.phases[progress.phase :]
            progress.until_sec = self.budget.share_until_sec(left, self._now_sec())
        if progress.step == 0:
            phase.ease = Ease()
            self._recovery.insist(phase, phase.begin)
            # A later phase may make things worse: where it starts is a candidate, too.
            if progress.phase:
                self._evaluate(phase)
        if not self.budget and not progress.planned:
            progress.planned, progress.is_sure = phase.max_steps, True
        pace, is_looking = Pace(progress.step), not progress.is_sure
        while True:
            if is_looking:
                self._plan(phase, pace)
            if self._finished(phase):
                break
            done = progress.step / progress.planned if progress.planned else 0.0
            figures = self._recovery.update(phase, min(1.0, done), progress.best)
            progress.ease = asdict(phase.ease)
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
        # It may have had enough before, or been quicker than it was when it was planned.
        if progress.is_alone and self.budget.is_used_up(self._now_sec()):
            progress.used_up_min = self.budget.minutes
        progress.phase += 1
        progress.step = progress.planned = progress.stale = 0
        progress.until_sec, progress.is_sure, progress.is_alone = 0.0, False, False
        progress.ease = {}
        progress.best_score, progress.best = math.inf, None
        self._recovery.save(self.save)
        self._saved_at = time.monotonic()

    def _finished(self, phase: Phase) -> bool:
        progress = self.progress
        stale = phase.patience and progress.stale >= phase.patience
        return bool(stale) or progress.step >= (progress.planned or phase.max_steps)

    def _plan(self, phase: Phase, pace: Pace) -> None:
        """Set or correct `planned`, when enough updates were seen to know how fast they are.

        When the time is over before that, the phase ends, after one update at the least.
        """
        progress, steps = self.progress, self.progress.planned
        # What evaluations take is known once there was one.
        each_evaluation_sec = self._evaluation_sec / phase.eval_steps
        now_sec, alone = self._now_sec(), self.budget.is_alone(phase, progress.step)
        until_sec = self.budget.end_sec if alone else progress.until_sec
        if progress.step and not steps and team.agreed(now_sec + each_evaluation_sec > until_sec):
            progress.planned, progress.is_sure, progress.is_alone = progress.step, True, alone
            return
        seen = next_look(progress.step, steps)
        each_sec = pace.each_sec(*seen, progress.step, now_sec - self._evaluations_sec)
        if each_sec is None:
            return
        each_sec += each_evaluation_sec
        until_sec, alone = self.budget.until_sec(
            phase, progress.step, each_sec, now_sec, progress.until_sec
        )
        more = int(max(0.0, until_sec - now_sec) / each_sec)
        planned = min(phase.max_steps, progress.step + more)
        if steps and self.budget.keeps(abs(planned - steps) * each_sec):
            planned = steps
        found = planned, bool(steps), alone
        progress.planned, progress.is_sure, progress.is_alone = team.agreed(found)

    def _now_sec(self) -> float:
        """Since the run began, its earlier parts included."""
        return time.monotonic() - self._begun_at

    def _evaluate(self, phase: Phase) -> None:
        progress, begun = self.progress, time.monotonic()
        figures = team.agreed(self._recovery.insist(phase, phase.evaluate))
        score = figures["score"]
        if score < progress.best_score:
            progress.best_score, progress.stale = score, 0
            # A copy: what a phase hands out may be the very tensors it goes on training.
            progress.best = copy.deepcopy(phase.selected())
        else:
            progress.stale += 1
        progress.seconds = self._now_sec()
        record = {"phase": phase.name, "step": progress.step, **figures}
        progress.history.append(record)
        for observer in self.observers:
            observer.on_evaluation(phase, progress.step, figures)
        self._evaluation_sec = time.monotonic() - begun
        self._evaluations_sec += self._evaluation_sec

    def save(self) -> None:
        """Write the checkpoint now, if nobody else does."""
        if not team.leads():
            return
        self.progress.seconds = self._now_sec()
        reached = self.phases[: self.progress.phase + 1]
        state = {
            "identity": self.identity,
            "progress": vars(self.progress),
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": team.device_rng(),
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
