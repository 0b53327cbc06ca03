"""What the training loop runs: phases, each with its own networks, step and held-out measure."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from musicgan.train import team


@dataclass(frozen=True)
class Ease:
    """How far a phase keeps below its settings; JSON-ready, for it is part of a checkpoint."""

    rate: float = 1.0
    """Of the learning rate."""
    batch: float = 1.0
    """Of the batch."""

    def rows(self, batch: int) -> int:
        """The windows to take of a batch of so many, as many for each process."""
        return team.whole(max(1, int(batch * self.batch)))


class Phase(Protocol):
    """One stage of training. The loop owns time, logging, selection and checkpoints."""

    name: str
    share: float
    """Of the time budget, relative to the other phases'."""
    fewest: int
    """Updates that it needs before what follows is worth its time; see `Budget`."""
    max_steps: int
    eval_steps: int
    """Steps between evaluations."""
    ease: Ease
    """How far to keep below the settings; the loop sets it after troubles."""
    patience: int
    """Evaluations without a better score before the phase ends; 0: never ends early."""

    def begin(self) -> None:
        """Called once, when the phase starts and not when it resumes."""
        ...

    def step(self, progress: float) -> dict[str, float]:
        """One update. `progress` in [0, 1] drives schedules. Returns figures to log."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Held-out figures; `score` among them is what selection minimises."""
        ...

    def state(self) -> dict[str, Any]:
        """All that `load_state` needs to go on as if never interrupted."""
        ...

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over a saved state."""
        ...

    def selected(self) -> dict[str, Any]:
        """What is kept of the best evaluation."""
        ...

    def restore(self, selected: dict[str, Any]) -> None:
        """Called at the end of the phase with the best that `selected` gave."""
        ...


class Ema:
    """Exponential moving averages of a module's parameters.

    The decay warms up with the number of updates, so that early averages are not dragged down
    by the random start.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        for part in self.module.modules():
            if isinstance(part, nn.RNNBase):
                part.flatten_parameters()  # a copy's are scattered, which costs cuDNN time
        self._means: list[Tensor] = [*self.module.parameters()]
        self._now: list[Tensor] = [*module.parameters()]

    @torch.no_grad()
    def update(self) -> None:
        """Move the averages towards the module's present parameters."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(self._means, self._now, 1 - decay)

    def state(self) -> dict[str, Any]:
        """Averages and count."""
        return {"updates": self.updates, "weights": self.module.state_dict()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over saved averages."""
        self.updates = int(state["updates"])
        self.module.load_state_dict(state["weights"])


class Averaged:
    """A phase's keeping of a network in training: its averages are what is selected."""

    network: nn.Module
    """What `optimizer` moves and `ema` averages."""
    optimizer: torch.optim.Optimizer
    ema: Ema
    rng: np.random.Generator
    fewest: int = 0
    """As `Phase` has it: most phases are followed by what is worth its time at once."""
    ease: Ease = Ease()
    steps: int = 0
    """Updates so far."""

    def learn_at(self, rate: float) -> None:
        """Set the learning rate of the next update, eased."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * self.ease.rate

    def state(self) -> dict[str, Any]:
        """Network, optimiser, averages, random state, updates."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "ema": self.ema.state(),
            "rng": self.rng.bit_generator.state,
            "steps": self.steps,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema.load_state(state["ema"])
        self.rng.bit_generator.state = state["rng"]
        self.steps = int(state["steps"])

    def selected(self) -> dict[str, Any]:
        """The averages."""
        return self.ema.state()

    def restore(self, selected: dict[str, Any]) -> None:
        """The selected averages become the network."""
        self.ema.load_state(selected)
        self.network.load_state_dict(self.ema.module.state_dict())


def descend(
    optimizer: torch.optim.Optimizer,
    loss: Tensor,
    parameters: Iterable[nn.Parameter],
    clip: float,
) -> Tensor:
    """One clipped step down `loss`; returns the gradient norm. A non-finite one is skipped."""
    moved = list(parameters)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    return follow(optimizer, moved, clip)


def follow(
    optimizer: torch.optim.Optimizer, parameters: Iterable[nn.Parameter], clip: float
) -> Tensor:
    """`descend` by gradients that are there; the host does not wait where updates are fused."""
    moved = list(parameters)
    team.average_gradients(moved)
    norm = nn.utils.clip_grad_norm_(moved, clip)
    if optimizer.defaults.get("fused"):
        # torch's own word for a step to skip, which the fused kernels look at where they run.
        optimizer.found_inf = (~norm.isfinite()).float()  # type: ignore[attr-defined]
        optimizer.step()
    elif norm.isfinite():
        optimizer.step()
    return norm
