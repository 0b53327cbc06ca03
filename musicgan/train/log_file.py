"""What a run says, as a file: one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from musicgan.train.phase import Phase


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
