"""torch's AdamW, without the compiler that torch would load for it."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import unwrap
from typing import Any

import torch


class AdamW(torch.optim.AdamW):
    """`torch.optim.AdamW`, to the bit, where nothing is compiled.

    torch keeps its compiler out of these methods by decorators that load it first: 1.6 s and 85 MB
    of every training. Here the methods stand as they were before they were decorated.
    """

    def __init__(self, parameters: Iterable[torch.Tensor], *settings: Any, **more: Any) -> None:
        moved = list(parameters)
        # One launch for all of them, and a step that is skipped without asking the device.
        super().__init__(moved, *settings, **more, fused=all(p.is_cuda for p in moved) or None)

    add_param_group = unwrap(torch.optim.AdamW.add_param_group)
    zero_grad = unwrap(torch.optim.AdamW.zero_grad)
    state_dict = unwrap(torch.optim.AdamW.state_dict)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state, whichever device it was saved on."""
        fused = self.param_groups[0]["fused"]
        groups = [{**group, "fused": fused} for group in state_dict["param_groups"]]
        _LOAD(self, {**state_dict, "param_groups": groups})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """One update by the gradients there are."""
        return _STEP(self, closure)


_STEP = unwrap(torch.optim.AdamW.step)
_LOAD = unwrap(torch.optim.AdamW.load_state_dict)
