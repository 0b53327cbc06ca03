"""Work recorded once and then replayed: thousands of small operations at the price of one launch.

A GPU runs most operations of this project's networks faster than Python can ask for them. A CUDA
graph (https://docs.nvidia.com/cuda/cuda-c-programming-guide/#cuda-graphs) is asked for as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

Columns = Mapping[str, Tensor]
Work = Callable[[Columns], Columns]

WARM_UPS = 3
"""Runs before a recording, in which libraries choose their ways and take their memory."""


class _Recording(NamedTuple):
    graph: torch.cuda.CUDAGraph
    inputs: dict[str, Tensor]
    outputs: Columns
    gradients: list[Tensor | None]


class Recorded:
    """`work(columns)`, replayed on a CUDA device; elsewhere it is simply done.

    The recording is of one shape of `columns`; another takes its place, and its memory. Weights are
    read where they lie. What a replay returns, the gradients it leaves with `learning` included,
    is overwritten by the next one. The work must not ask the device for a value, nor send it any.
    """

    def __init__(self, work: Work, learning: nn.Module) -> None:
        self._work = work
        self._learning = [*learning.parameters()]
        self._shape: tuple[Hashable, ...] = ()
        self._recording: _Recording | None = None

    def __call__(self, columns: Columns) -> Columns:
        """What the work makes of `columns`, all of them on one device."""
        if not all(column.is_cuda for column in columns.values()):
            return self._work(columns)
        shape = tuple((name, column.shape, column.dtype) for name, column in columns.items())
        if self._recording is None or shape != self._shape:
            self._recording = None
            self._recording, self._shape = self._record(columns), shape
        graph, inputs, outputs, gradients = self._recording
        torch._foreach_copy_([inputs[name] for name in columns], [*columns.values()])
        graph.replay()
        for parameter, gradient in zip(self._learning, gradients, strict=True):
            parameter.grad = gradient
        return outputs

    def _record(self, columns: Columns) -> _Recording:
        inputs = {name: column.clone() for name, column in columns.items()}
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                self._forget()
                self._work(inputs)
        torch.cuda.current_stream().wait_stream(aside)
        self._forget()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            outputs = self._work(inputs)
        return _Recording(graph, inputs, outputs, [p.grad for p in self._learning])

    def _forget(self) -> None:
        for parameter in self._learning:
            parameter.grad = None
