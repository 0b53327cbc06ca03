"""What a run does instead of dying: where memory ends, where a loss is no number, where a disk is
full."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import torch

from musicgan.errors import CheckpointError, TrainingError
from musicgan.train import team
from musicgan.train.phase import Phase

BAD_STEPS = 3
"""Updates in a row without a finite figure; single ones are left out by `phase.descend`."""
LEAST_RATE = 1 / 256
SMALLEST_BATCH = 1 / 64

NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
"""As torch says it on a CPU; the CUDA driver where other programs hold it; cuBLAS and cuDNN."""

Tell = Callable[[str], None]
T = TypeVar("T")


class Recovery:
    """Takes a run's updates and writes its checkpoints; `tell` hears of troubles, in one line."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._bad = 0
        self._unsaved = False

    def update(
        self, phase: Phase, progress: float, best: dict[str, Any] | None
    ) -> dict[str, float]:
        """The figures of one step of `phase`.

        After several without a finite figure in a row the phase goes back to its `best` weights
        and learns at half the rate. Raises `TrainingError` when that has not helped often enough.
        """
        figures = self.insist(phase, lambda: phase.step(progress))
        self._bad = 0 if all(map(math.isfinite, figures.values())) else self._bad + 1
        if self._bad == BAD_STEPS:
            self._bad = 0
            self._back_off(phase, best)
        return figures

    def insist(self, phase: Phase, act: Callable[[], T]) -> T:
        """What `act` of `phase` gives; where memory runs out, with half the batch, and so on.

        Raises `TrainingError` where no part of the batch fits.
        """
        while True:
            try:
                return act()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
            # Only here nothing holds what the attempt had made any more.
            self._shrink(phase)

    def save(self, write: Callable[[], None]) -> None:
        """Write a checkpoint; one that cannot be written is told of, once, and so is its end."""
        try:
            write()
        except CheckpointError as error:
            if not self._unsaved:
                self._tell(f"{error}; going on, and trying again: make room")
            self._unsaved = True
            return
        if self._unsaved:
            self._tell("the checkpoint is written")
        self._unsaved = False

    def _shrink(self, phase: Phase) -> None:
        if team.size() > 1:  # the others are in the midst of a step, and wait
            raise TrainingError(
                f"out of memory in process {team.rank()} of {team.size()}: train a narrower "
                "network (--hidden), or by more processes"
            )
        ease = replace(phase.ease, batch=phase.ease.batch / 2)
        if ease.batch < SMALLEST_BATCH:
            raise TrainingError(
                f"out of memory in the {phase.name} phase even with {_part(phase.ease.batch)} of "
                "the batch: close other programs, or train a narrower network (--hidden)"
            )
        phase.ease = ease
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self._tell(f"out of memory: going on with {_part(ease.batch)} of the batch")

    def _back_off(self, phase: Phase, best: dict[str, Any] | None) -> None:
        ease = replace(phase.ease, rate=phase.ease.rate / 2)
        if ease.rate < LEAST_RATE:
            raise TrainingError(
                f"the {phase.name} phase diverges: no finite loss even at "
                f"{_part(phase.ease.rate)} of the learning rate"
            )
        phase.ease = ease
        if best is not None:
            phase.restore(best)
        back = "back to the best weights so far, " if best is not None else ""
        self._tell(f"the loss is not finite: {back}on at {_part(ease.rate)} of the learning rate")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no memory left: numpy's, CUDA's or torch's on a CPU."""
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in NO_MEMORY)


def _part(share: float) -> str:
    return f"1/{1 / share:.0f}"
