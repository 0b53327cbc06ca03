"""The generator as it is played: one GRU step and sequential heads a note, in numpy.

Embeddings are folded with the recurrent input weights when a model is loaded, so that the input
product becomes a sum of table rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from musicgan.codecs.stages import Before
from musicgan.model.config import EventsConfig
from musicgan.model.pitch_places import pitch_places
from musicgan.model.steps import (
    Floats,
    Ints,
    Linear,
    Table,
    gru_hidden,
    gru_input,
    gru_step,
    parts,
)

ZERO = np.float32(0)


class GeneratorState(NamedTuple):
    """Recurrent state of B songs.

    `hidden` [B, H], their constant input product `song` [B, 3H], and `after` [B, 3H + T]: what
    `hidden` says to the next step and to the heads' trunk, one product for both.
    """

    hidden: Floats
    song: Floats
    after: Floats

    def take(self, index: Ints) -> GeneratorState:
        """The states of songs `index` [N]."""
        return GeneratorState(*(part.take(index, axis=0) for part in self))

    def with_past(self, other: GeneratorState) -> GeneratorState:
        """The same songs with the past of others."""
        return GeneratorState(other.hidden, self.song, other.after)


class Generator:
    """Predicts the next row field by field; each method returns logits.

    Order of a note: `advance` with the inputs of the row before, `wait`, then `moment` and
    `voice`, `pitch`, `duration` and, where stored, `velocity`.
    """

    def __init__(self, weights: Mapping[str, Floats], config: EventsConfig) -> None:
        layout = config.layout
        self.config = config
        w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        input_weight = gru_input(w["rnn.weight_ih_l0"].T)
        self._inputs = Table(w["embed.weight"] @ input_weight, layout.input_sizes)
        self._conditions = Table(w["condition.weight"] @ input_weight, config.condition_sizes)
        self._noise = np.ascontiguousarray(w["noise.weight"].T @ input_weight)
        self._bias = gru_input(w["rnn.bias_ih_l0"])
        self._first = _linear(w, "first")
        after = gru_hidden(w["rnn.weight_hh_l0"].T), w["trunk.weight"].T
        after_bias = gru_hidden(w["rnn.bias_hh_l0"]), w["trunk.bias"]
        self._after = Linear(np.hstack(after), np.concatenate(after_bias))
        self._moment = Table(w["moment.weight"], layout.moment_sizes)
        self._pitch = Table(w["pitch_context.weight"], layout.pitch_sizes)
        self._duration = Table(w["duration_context.weight"], layout.duration_sizes)
        self._wait_out = _linear(w, "wait_out")
        self._voice_out = _linear(w, "voice_out")
        self._pitch_out = _linear(w, "pitch_out")
        self._places = pitch_places(layout.looks_back)
        self._each = np.ones(1 + self._places.tables, np.float32)
        self._duration_out = _linear(w, "duration_out")
        wait, *others = config.head_widths
        trunk = 3 * config.hidden
        self._wait_part = slice(trunk, trunk + wait)
        self._others_part = slice(trunk + wait, None)
        voice, pitch, duration, velocity = parts(others)
        self._voice_part, self._pitch_part, self._duration_part = voice, pitch, duration
        if config.heads == 5:
            self._velocity_part = velocity
            sizes = (*layout.duration_sizes, layout.max_duration + 1)
            self._velocity = Table(w["velocity_context.weight"], sizes)
            self._velocity_out = _linear(w, "velocity_out")

    def begin(self, conditions: Ints, noise: Floats) -> GeneratorState:
        """The state before anything is fed: conditions [B, 4], noise z [B, Z]."""
        hidden = np.tanh(self._first(noise)).astype(np.float32)
        song = self._conditions(conditions) + noise @ self._noise + self._bias
        return self.state(hidden, song.astype(np.float32))

    def advance(self, state: GeneratorState, inputs: Ints) -> GeneratorState:
        """Feed the inputs [B, I] of one row a song."""
        x = self._inputs(inputs)
        x += state.song
        return self.state(gru_step(state.hidden, x, state.after[:, : x.shape[1]]), state.song)

    def state(self, hidden: Floats, song: Floats) -> GeneratorState:
        """The state of songs that stand at `hidden` [B, H], with their `song` [B, 3H]."""
        return GeneratorState(hidden, song, self._after(hidden))

    def wait(self, state: GeneratorState) -> Floats:
        """Logits [B, W] of the wait; the last one is END."""
        return _apply(self._wait_out, state.after[:, self._wait_part])

    def moment(self, state: GeneratorState, moment: Ints) -> Floats:
        """What the other heads start from once the next onset is known, [B, their widths]."""
        base = self._moment(moment)
        base += state.after[:, self._others_part]
        return base

    def voice(self, base: Floats) -> Floats:
        """Logits [B, V] of the voice."""
        return _apply(self._voice_out, base[:, self._voice_part])

    def pitch(self, base: Floats, tonic: Ints, before: Before) -> Floats:
        """Logits [B, 128] of the pitch: absolute, as degree, as leap, above the bass and so on."""
        own = self._pitch(before.columns)
        own += base[:, self._pitch_part]
        out = _apply(self._pitch_out, own)
        own = np.zeros(len(tonic), np.int64)
        rows = np.array((own, tonic, before.last, before.lowest, before.echo))
        rows = rows[: len(self._each)].T + self._places.begins
        places = self._places.joined.take(rows, axis=0)
        if len(out) > 1:
            places += np.arange(0, out.size, out.shape[1])[:, None, None]
        return np.asarray(self._each @ out.take(places))

    def duration(self, base: Floats, columns: Ints) -> Floats:
        """Logits [B, D] of the duration."""
        own = self._duration(columns)
        own += base[:, self._duration_part]
        return _apply(self._duration_out, own)

    def velocity(self, base: Floats, columns: Ints, duration: Ints) -> Floats:
        """Logits [B, N] of the velocity bin."""
        context = self._velocity(np.concatenate([columns, duration[:, None]], axis=1))
        return _apply(self._velocity_out, base[:, self._velocity_part] + context)


def _linear(weights: Mapping[str, Floats], name: str) -> Linear:
    return Linear(weights[f"{name}.weight"].T, weights[f"{name}.bias"])


def _apply(linear: Linear, x: Floats) -> Floats:
    return linear(np.maximum(x, ZERO))
