"""A song by ONNX Runtime: python example.py MODEL.safetensors song.mid [SEED], beside the graphs.

Needs `pip install musicgan onnxruntime`, and MODEL, the file that was exported. The networks run in
ONNX Runtime; musicgan works out what they are told of each note, and writes the file.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.midifile import write_midi
from musicgan.model.config import EventsConfig

HERE = Path(__file__).parent
Array = NDArray[Any]


class State(NamedTuple):
    """Where B songs stand: hidden [B, H], song [B, E], logits of the next wait [B, W]."""

    hidden: Array
    song: Array
    wait: Array

    def take(self, index: Array) -> State:
        """The states of songs `index` [N]."""
        return State(*(part[index] for part in self))

    def with_past(self, other: State) -> State:
        """The same songs with the past of others."""
        return State(other.hidden, self.song, other.wait)


class Base(NamedTuple):
    """What is known of a note so far."""

    hidden: Array
    known: dict[str, Array]


class OnnxGenerator:
    """The three graphs with the face of `musicgan.model.generator.Generator`."""

    def __init__(self, folder: Path, config: EventsConfig) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.config = config
        self._graphs = {
            name: onnxruntime.InferenceSession(folder / f"{name}.onnx", options)
            for name in ("begin", "step", "heads")
        }
        layout = config.layout
        self._unknown = {
            "pitch_columns": len(layout.pitch_sizes), "heights": 4,
            "duration_columns": len(layout.duration_sizes),
        }  # fmt: skip

    def _run(self, graph: str, **fed: Array) -> list[Any]:
        session = self._graphs[graph]
        taken = {each.name for each in session.get_inputs()}
        fed = {name: value for name, value in fed.items() if name in taken}
        return list(session.run(None, fed))

    def begin(self, conditions: Array, noise: Array) -> State:
        """Before anything is fed."""
        hidden, song = self._run("begin", conditions=conditions, noise=noise)
        return State(hidden, song, np.zeros((len(noise), self.config.layout.end + 1), np.float32))

    def advance(self, state: State, inputs: Array) -> State:
        """Feed one row a song."""
        fed = {"hidden": state.hidden, "song": state.song, "inputs": inputs.astype(np.int64)}
        hidden, wait = self._run("step", **fed)
        return State(hidden, state.song, wait)

    def wait(self, state: State) -> Array:
        """Logits of the wait."""
        return state.wait

    def moment(self, state: State, moment: Array) -> Base:
        """The note's onset is known."""
        return Base(state.hidden, {"moment": moment.astype(np.int64)})

    def _heads(self, base: Base, **known: Array) -> list[Array]:
        base.known.update({name: value.astype(np.int64) for name, value in known.items()})
        songs = len(base.hidden)
        fed: dict[str, Array] = {
            name: np.zeros((songs, size), np.int64) for name, size in self._unknown.items()
        }
        fed["duration"] = np.zeros(songs, np.int64)
        return self._run("heads", hidden=base.hidden, **{**fed, **base.known})

    def voice(self, base: Base) -> Array:
        """Logits of the voice."""
        return self._heads(base)[0]

    def pitch(self, base: Base, tonic: Array, before: Any) -> Array:
        """Logits of the pitch."""
        heights = np.stack([tonic, before.last, before.lowest, before.echo], axis=1)
        return self._heads(base, pitch_columns=before.columns, heights=heights)[1]

    def duration(self, base: Base, columns: Array) -> Array:
        """Logits of the duration."""
        return self._heads(base, duration_columns=columns)[2]

    def velocity(self, base: Base, columns: Array, duration: Array) -> Array:
        """Logits of the velocity bin."""
        return self._heads(base, duration_columns=columns, duration=duration)[3]


def main(model: Path, out: Path, seed: int) -> None:
    """Compose without the critic, in ONNX Runtime, and write the file."""
    player = open_player(model)
    generator: Any = OnnxGenerator(HERE, player.generator.config)
    player = replace(player, generator=generator)
    song = compose(player, Settings(bars=8, seed=seed, critic=0))
    write_midi(song, out)
    print(f"{out}: {len(song)} notes")


if __name__ == "__main__":
    model, out, *rest = sys.argv[1:]
    main(Path(model), Path(out), int(rest[0]) if rest else 0)
