"""Phases run to their end by the trainer's own loop, with what their updates cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musicgan.train.log_file import LogFile
from musicgan.train.loop import Loop
from musicgan.train.phase import Ease, Phase

from .ground import Place


class Timed:
    """A phase that knows what its updates cost; evaluations and checkpoints are not counted."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase
        self.name, self.share, self.patience = phase.name, phase.share, phase.patience
        self.max_steps, self.eval_steps = phase.max_steps, phase.eval_steps
        self.fewest = phase.fewest
        self.seconds = 0.0
        """CPU seconds where the networks are on the CPU; else what the clock says."""
        self.updates = 0
        on_cpu = getattr(phase, "device", None) is None or phase.device.type == "cpu"  # type: ignore[attr-defined]
        self._now = time.process_time if on_cpu else time.perf_counter

    @property
    def ease(self) -> Ease:
        """The phase's own."""
        return self.phase.ease

    @ease.setter
    def ease(self, ease: Ease) -> None:
        """Of both."""
        self.phase.ease = ease

    def begin(self) -> None:
        """What comes before the first update costs, too."""
        begun = self._now()
        self.phase.begin()
        self.seconds += self._now() - begun

    def step(self, progress: float) -> dict[str, float]:
        """One update."""
        begun = self._now()
        figures = self.phase.step(progress)
        self.seconds += self._now() - begun
        self.updates += 1
        return figures

    def evaluate(self) -> dict[str, float]:
        """The phase's own figures."""
        return self.phase.evaluate()

    def state(self) -> dict[str, Any]:
        """The phase's, and what it cost so far."""
        return {"phase": self.phase.state(), "seconds": self.seconds, "updates": self.updates}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.phase.load_state(state["phase"])
        self.seconds, self.updates = float(state["seconds"]), int(state["updates"])

    def selected(self) -> dict[str, Any]:
        """What the phase keeps of its best evaluation."""
        return self.phase.selected()

    def restore(self, selected: dict[str, Any]) -> None:
        """The phase takes its best over."""
        self.phase.restore(selected)


class _Told:
    """Prints each evaluation."""

    def on_step(self, *_: object) -> None:
        """Nothing is said of single updates."""

    def on_trouble(self, line: str) -> None:
        """As it is."""
        print(f"warning: {line}", flush=True)

    def on_evaluation(self, phase: Phase, step: int, figures: dict[str, float]) -> None:
        """One line."""
        shown = " ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{phase.name} {step}: {shown}", flush=True)


def run_phases(place: Place, row: str, phases: Sequence[Phase]) -> dict[str, Any]:
    """Run phases to the end, from the row's checkpoint if there is one; returns what to record.

    SIGINT saves and stops; the same command goes on.
    """
    folder: Path = place.row(row)
    timed = [Timed(phase) for phase in phases]
    options = place.options
    identity = {
        "row": row,
        "collection": place.corpus.manifest_hash,
        "settings": repr((options.seed, options.hidden, place.updates, place.about)),
    }
    log = LogFile(folder / "log.jsonl")
    loop = Loop(timed, folder / "checkpoint.safetensors", identity, [_Told(), log])  # type: ignore[list-item]
    if loop.checkpoint.is_file():
        loop.resume()
    progress = loop.run()
    return {
        "updates": sum(phase.updates for phase in timed),
        "seconds": sum(phase.seconds for phase in timed),
        "history": progress.history,
    }
