"""Phases that only count, and an observer that remembers: what the tests of the loop run."""

import pytest
import torch

from musicgan.train.loop import Interrupted, Loop
from musicgan.train.phase import Ease


class Counter:
    """A phase whose one weight counts its steps; scores are given, a step moves the clock."""

    share = 1.0
    fewest = 0
    ease = Ease()

    def __init__(
        self, name="count", max_steps=6, eval_steps=2, patience=0, scores=None, clock=None,
        step_sec=0.0,
    ):  # fmt: skip
        self.name, self.max_steps, self.eval_steps = name, max_steps, eval_steps
        self.patience, self.scores = patience, scores
        self.clock, self.step_sec, self.first_sec = clock, step_sec, []
        self.weight = torch.zeros(1)
        self.begun, self.evaluated, self.progress = 0, 0, []

    def begin(self):
        self.begun += 1

    def step(self, progress):
        if self.clock is not None:
            self.clock.now_sec += self.first_sec.pop() if self.first_sec else self.step_sec
        self.weight += 1
        self.progress.append(progress)
        return {"weight": float(self.weight)}

    def evaluate(self):
        score = self.scores[self.evaluated] if self.scores else -float(self.weight)
        self.evaluated += 1
        return {"score": score, "weight": float(self.weight)}

    def state(self):
        return {"weight": self.weight, "evaluated": self.evaluated}

    def load_state(self, state):
        self.weight.copy_(state["weight"])
        self.evaluated = state["evaluated"]

    def selected(self):
        return {"weight": self.weight}  # live, as a module's state_dict is

    def restore(self, selected):
        self.weight.copy_(selected["weight"])


class Seen:
    """An observer that remembers, and may do something at one step."""

    def __init__(self, at=None, act=lambda: None):
        self.steps, self.evaluations, self.troubles = [], [], []
        self.at, self.act = at, act

    def on_step(self, phase, step, max_steps, figures):
        self.steps.append((phase, step, max_steps, figures))
        if self.at == (phase, step):
            self.act()

    def on_evaluation(self, phase, step, figures):
        self.evaluations.append((phase.name, step, figures["score"]))

    def on_trouble(self, line):
        self.troubles.append(line)


def interrupted(path, phases, at, minutes=None):
    """Run until the step `at`, as a signal would have it."""
    loop = Loop(phases, path, {"options": "a"}, minutes=minutes)
    loop.observers = [Seen(at, lambda: setattr(loop, "_stop", True))]
    with pytest.raises(Interrupted):
        loop.run()
