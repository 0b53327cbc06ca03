"""What a note costs when it is played: our numpy step beside ONNX Runtime and torch.

One recurrent step and all heads of a note tuple at width 256, batch 1, one thread each; the
same weights, the same work, interleaved within one run, in processor time, so that what else the
machine does counts little. What whole songs cost `bench_songs.py` says.

    python scripts/bench_generate.py [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
import torch
from bench_songs import network_step
from numpy.typing import NDArray
from torch import Tensor, nn

from musicgan.codecs.layout import Layout
from musicgan.model.config import EventsConfig
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.model.pitch_places import pitch_places
from musicgan.model.steps import parts
from musicgan.train.networks import Generator
from musicgan.train.rollout import played

NOTES = 400
LIMIT_US = 100.0
TONIC, LAST, LOWEST, ECHO = 0, 60, 48, 64
Columns: TypeAlias = list[list[NDArray[np.int64]]]
"""What `Step.forward` takes, by note."""
Way: TypeAlias = Callable[..., tuple[Tensor, ...]]


class Step(nn.Module):
    """One step and the heads, as torch and ONNX see it: the same arithmetic as ours.

    Rows [1, N], not vectors: ONNX Runtime is seven times slower with those.
    """

    def __init__(self, net: Generator) -> None:
        super().__init__()
        self.net: Any = net
        rnn: Any = net.rnn
        self.first, *others = net.config.widths
        self.parts = parts(others)
        self.table = nn.Parameter(net.embed.weight @ rnn.weight_ih_l0.T)
        self.song = nn.Parameter(rnn.bias_ih_l0.detach().clone())
        tables = pitch_places(net.config.layout.looks_back).by
        rows = [table[at] for table, at in zip(tables, (TONIC, LAST, LOWEST, ECHO), strict=True)]
        self.register_buffer("places", torch.as_tensor(np.stack(rows)))

    def forward(
        self, inputs: Tensor, moment: Tensor, own: Tensor, columns: Tensor, h: Tensor
    ) -> tuple[Tensor, ...]:
        net, (voice, pitch, duration) = self.net, self.parts
        x = self.table[inputs + net.embed.offsets].sum(0) + self.song
        y = nn.functional.linear(h, net.rnn.weight_hh_l0, net.rnn.bias_hh_l0)
        n = h.shape[1]
        gates = torch.sigmoid(x[: 2 * n] + y[:, : 2 * n])
        new = torch.tanh(x[2 * n :] + gates[:, :n] * y[:, 2 * n :])
        h = new + gates[:, n:] * (h - new)
        trunk = net.trunk(h)
        base = trunk[:, self.first :] + net.moment.weight[moment + net.moment.offsets].sum(0)
        own_sum = net.pitch_context.weight[own + net.pitch_context.offsets].sum(0)
        dur_sum = net.duration_context.weight[columns + net.duration_context.offsets].sum(0)
        out = net.pitch_out(torch.relu(base[:, pitch] + own_sum))
        return (
            h,
            net.wait_out(torch.relu(trunk[:, : self.first])),
            net.voice_out(torch.relu(base[:, voice])),
            out[:, :128] + out[:, self.places].sum(1),
            net.duration_out(torch.relu(base[:, duration] + dur_sum)),
        )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    per_note = bench_steps(asked.rounds)
    best = statistics.median(per_note["numpy (ours)"])
    print(f"{'one step and all heads, width 256':36} {'us a note':>10} {'x ours':>8}")
    for name, times in per_note.items():
        median = statistics.median(times)
        print(f"{name:36} {median:10.1f} {median / best:8.2f}")
    return int(best > LIMIT_US)


def bench_steps(rounds: int) -> dict[str, list[float]]:
    """Microseconds a step of each way, a figure a round."""
    config = EventsConfig(Layout(4, 4, 32, 32, 1, 33, looks_back=True), ("bench",))
    torch.manual_seed(0)
    net = Generator(config).eval()
    step = Step(net).eval()
    rng = np.random.default_rng(0)
    layout = config.layout
    sizes = (layout.input_sizes, layout.moment_sizes, layout.pitch_sizes, layout.duration_sizes)
    columns = [[rng.integers(0, s, len(s)) for s in sizes] for _ in range(NOTES)]
    ways = {
        "numpy (ours)": numpy_way(net, columns),
        "ONNX Runtime": onnx_way(step, columns),
        "torch, traced": torch_way(trace(step, columns), columns),
        "torch, eager": torch_way(step, columns),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begin = time.process_time()
            way()
            times[name].append((time.process_time() - begin) / NOTES * 1e6)
    return times


def numpy_way(net: Generator, columns: Columns) -> Callable[[], None]:
    config = net.config
    generator = PlayedGenerator(played(net), config)
    rows = [[c[None] for c in row] for row in columns]
    sounding = [np.array([value]) for value in (TONIC, LAST, LOWEST, ECHO, 1)]

    def run() -> None:
        state = generator.begin(np.zeros((1, 4), int), np.zeros((1, config.noise), np.float32))
        for some in rows:
            state = network_step(generator, state, some, sounding)

    return run


def trace(step: Step, columns: Columns) -> Way:
    example = (*(torch.from_numpy(c) for c in columns[0]), torch.zeros(1, 256))
    traced: Way = torch.jit.freeze(torch.jit.trace(step, example))  # type: ignore[no-untyped-call]
    return traced


def torch_way(step: Way, columns: Columns) -> Callable[[], None]:
    rows = [[torch.from_numpy(c) for c in row] for row in columns]

    @torch.inference_mode()
    def run() -> None:
        h = torch.zeros(1, 256)
        for row in rows:
            h = step(*row, h)[0]

    return run


def onnx_way(step: Step, columns: Columns) -> Callable[[], None]:
    names = ["inputs", "moment", "own", "columns", "h"]
    example = (*(torch.from_numpy(c) for c in columns[0]), torch.zeros(1, 256))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "step.onnx")
        outputs = ["next", "wait", "voice", "pitch", "duration"]
        torch.onnx.export(
            step, example, path, input_names=names, output_names=outputs, dynamo=False
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

    def run() -> None:
        h = np.zeros((1, 256), np.float32)
        for row in columns:
            h = session.run(None, {**dict(zip(names, row, strict=False)), "h": h})[0]

    return run


if __name__ == "__main__":
    sys.exit(main())
