"""A generator as ONNX graphs: for players in other languages and on other hardware.

Three graphs, for three moments of a note: `begin` once a song, `step` once a note, `heads` for each
field of the note in turn. `example.py` beside them plays a song by them; what the columns mean is
`codecs.layout`'s to say, and musicgan's own `Context` works them out.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from musicgan.errors import ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile, understood
from musicgan.model.pitch_places import pitch_places
from musicgan.train.networks import Generator, Table

EXAMPLE = Path(__file__).with_name("export_example.py")
OPSET = 17


class Begin(nn.Module):
    """Conditions [B, 4] and noise z [B, Z] -> hidden [B, H] and what stays of the song [B, E]."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, conditions: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Once a song."""
        net = self.generator
        return net.begin(noise), _sum(net.condition, conditions) + net.noise(noise)


class Step(nn.Module):
    """Hidden [B, H], song [B, E], inputs [B, I] of a row -> the next hidden, logits of the wait."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, hidden: Tensor, song: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Once a note."""
        net, rnn = self.generator, dict(self.generator.rnn.named_parameters())
        fed = _sum(net.embed, inputs) + song
        x = nn.functional.linear(fed, rnn["weight_ih_l0"], rnn["bias_ih_l0"])
        h = nn.functional.linear(hidden, rnn["weight_hh_l0"], rnn["bias_hh_l0"])
        (xr, xz, xn), (hr, hz, hn) = x.chunk(3, -1), h.chunk(3, -1)
        new = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        after = new + torch.sigmoid(xz + hz) * (hidden - new)
        wait = net.trunk(after)[:, : net.config.widths[0]]
        return after, net.wait_out(torch.relu(wait))


class Heads(nn.Module):
    """What a hidden state says of a note, field by field, given what is known of it.

    Columns that are not known yet may hold anything: they change later fields alone.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        places = pitch_places(generator.config.layout.looks_back)
        tables = [places.by[0], *(np.roll(table, 1, axis=0) for table in places.by[1:])]
        for number, table in enumerate(tables):
            self.register_buffer(f"places{number}", torch.as_tensor(np.ascontiguousarray(table)))
        self.tables = len(tables)

    def forward(
        self, hidden: Tensor, moment: Tensor, pitch_columns: Tensor, heights: Tensor,
        duration_columns: Tensor, duration: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """Logits of voice, pitch, duration and, where stored, velocity.

        `heights` [B, 4] is the tonic, the voice's last pitch, the lowest that sounds and the one
        that an earlier bar suggests, -1 for none.
        """
        net, (first, *others) = self.generator, self.generator.config.widths
        base = net.trunk(hidden)[:, first:] + _sum(net.moment, moment)
        voice, pitch, lasting, *velocity = torch.split(base, others, -1)
        out = net.pitch_out(torch.relu(pitch + _sum(net.pitch_context, pitch_columns)))
        logits = out[:, :128]
        for number in range(self.tables):
            table = getattr(self, f"places{number}")
            logits = logits + out.gather(1, table[heights[:, number] + int(number > 0)])
        known = _sum(net.duration_context, duration_columns)
        found = [
            net.voice_out(torch.relu(voice)),
            logits,
            net.duration_out(torch.relu(lasting + known)),
        ]
        if velocity:
            both = torch.cat([duration_columns, duration[:, None]], 1)
            context = _sum(net.velocity_context, both)
            found.append(net.velocity_out(torch.relu(velocity[0] + context)))
        return tuple(found)


def export(model: ModelFile, folder: Path) -> list[Path]:
    """Write the graphs, what they need to be told and an example into `folder`; what was written.

    Raises `ModelFileError` for a model of frames, without the package `onnx`, and for a folder that
    cannot be written.
    """
    if model.metadata.get("kind") != "events":
        raise ModelFileError("only models of note tuples (events) can be exported")
    with understood(str(model.metadata.get("style"))):
        config = EventsConfig.from_json(model.metadata["config"])
        generator = Generator(config)
        weights = {name: torch.as_tensor(w) for name, w in model.part("generator").items()}
        generator.load_state_dict(weights)
    generator.eval()
    layout, batch = config.layout, 2
    hidden, song = torch.zeros(batch, config.hidden), torch.zeros(batch, config.embed)
    whole = {
        name: torch.zeros(batch, columns, dtype=torch.int64)
        for name, columns in {
            "conditions": len(config.condition_sizes), "inputs": len(layout.input_sizes),
            "moment": len(layout.moment_sizes), "pitch_columns": len(layout.pitch_sizes),
            "heights": 4, "duration_columns": len(layout.duration_sizes),
        }.items()
    }  # fmt: skip
    fields = ["voice", "pitch", "duration", "velocity"][: config.heads - 1]
    graphs: dict[str, tuple[nn.Module, dict[str, Tensor], Sequence[str]]] = {
        "begin": (
            Begin(generator),
            {"conditions": whole["conditions"], "noise": torch.zeros(batch, config.noise)},
            ["hidden", "song"],
        ),
        "step": (
            Step(generator),
            {"hidden": hidden, "song": song, "inputs": whole["inputs"]},
            ["next_hidden", "wait_logits"],
        ),
        "heads": (
            Heads(generator),
            {
                "hidden": hidden,
                **{name: whole[name] for name in ("moment", "pitch_columns", "heights")},
                "duration_columns": whole["duration_columns"],
                "duration": torch.zeros(batch, dtype=torch.int64),
            },
            [f"{field}_logits" for field in fields],
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [_write(folder / f"{name}.onnx", *graph) for name, graph in graphs.items()]
        about = folder / "model.json"
        about.write_text(json.dumps(model.metadata, indent=1, sort_keys=True), "utf-8")
        example = Path(shutil.copy(EXAMPLE, folder / "example.py"))
    except OSError as error:
        raise ModelFileError(f"{folder}: cannot be written: {error.strerror}") from None
    return [*written, about, example]


def _write(
    path: Path, module: nn.Module, inputs: dict[str, Tensor], outputs: Sequence[str]
) -> Path:
    named: dict[str, Any] = {
        "input_names": list(inputs), "output_names": list(outputs), "opset_version": OPSET,
        "dynamic_axes": {name: {0: "songs"} for name in (*inputs, *outputs)},
    }  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter's own ageing
            torch.onnx.export(
                module.eval(), tuple(inputs.values()), str(path), dynamo=False, **named
            )
    except (ImportError, torch.onnx.errors.OnnxExporterError) as error:
        raise ModelFileError(f"exporting needs a package: pip install onnx ({error})") from None
    return path


def _sum(table: Table, columns: Tensor) -> Tensor:
    """As `Table` does, in operations that every runtime has."""
    return table.weight[columns + table.offsets].sum(1)
