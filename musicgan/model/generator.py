"""The generator as it is played: one GRU step and sequential heads a note, in numpy.

Embeddings are folded with the recurrent input weights when a model is loaded, so that the input
product becomes a sum of table rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from musicgan.codecs.intervals import INTERVAL_CLASSES, INTERVALS
from musicgan.model.config import EventsConfig
from musicgan.model.steps import Floats, Ints, Table, gru_step, parts


@dataclass(frozen=True)
class GeneratorState:
    """Recurrent state of B songs: hidden [B, H] and their constant input product [B, 3H]."""

    hidden: Floats
    song: Floats

    def take(self, index: Ints) -> GeneratorState:
        """The states of songs `index` [N]."""
        return GeneratorState(self.hidden[index], self.song[index])

    def with_hidden(self, hidden: Floats) -> GeneratorState:
        """The same songs with another past, hidden [B, H]."""
        return GeneratorState(hidden, self.song)


class Generator:
    """Predicts the next row field by field; each method returns logits.

    Order of a note: `advance` with the inputs of the row before, `trunk`, `wait`, then `moment`
    and `voice`, `pitch`, `duration` and, where stored, `velocity`.
    """

    def __init__(self, weights: Mapping[str, Floats], config: EventsConfig) -> None:
        layout = config.layout
        self.config = config
        w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        input_weight = w["rnn.weight_ih_l0"].T
        self._inputs = Table(w["embed.weight"] @ input_weight, layout.input_sizes)
        self._conditions = Table(w["condition.weight"] @ input_weight, config.condition_sizes)
        self._noise = np.ascontiguousarray(w["noise.weight"].T @ input_weight)
        self._bias = w["rnn.bias_ih_l0"]
        self._first = w["first.weight"].T, w["first.bias"]
        self._hidden = np.ascontiguousarray(w["rnn.weight_hh_l0"].T), w["rnn.bias_hh_l0"]
        self._trunk = np.ascontiguousarray(w["trunk.weight"].T), w["trunk.bias"]
        self._moment = Table(w["moment.weight"], layout.moment_sizes)
        self._pitch = Table(w["pitch_context.weight"], layout.pitch_sizes)
        self._duration = Table(w["duration_context.weight"], layout.duration_sizes)
        self._wait_out = _linear(w, "wait_out")
        self._voice_out = _linear(w, "voice_out")
        self._pitch_out = _linear(w, "pitch_out")
        self._duration_out = _linear(w, "duration_out")
        wait, *others = config.head_widths
        self._wait_part, self._others_part = slice(wait), slice(wait, None)
        voice, pitch, duration, velocity = parts(others)
        self._voice_part, self._pitch_part, self._duration_part = voice, pitch, duration
        if config.heads == 5:
            self._velocity_part = velocity
            sizes = (*layout.duration_sizes, layout.max_duration + 1)
            self._velocity = Table(w["velocity_context.weight"], sizes)
            self._velocity_out = _linear(w, "velocity_out")

    def begin(self, conditions: Ints, noise: Floats) -> GeneratorState:
        """The state before anything is fed: conditions [B, 4], noise z [B, Z]."""
        weight, bias = self._first
        hidden = np.tanh(noise @ weight + bias)
        song = self._conditions(conditions) + noise @ self._noise + self._bias
        return GeneratorState(hidden.astype(np.float32), song.astype(np.float32))

    def advance(self, state: GeneratorState, inputs: Ints) -> GeneratorState:
        """Feed the inputs [B, I] of one row a song."""
        x = self._inputs(inputs)
        x += state.song
        return GeneratorState(gru_step(state.hidden, x, *self._hidden), state.song)

    def trunk(self, state: GeneratorState) -> Floats:
        """The hidden state as all heads see it, [B, sum of the heads' widths]."""
        weight, bias = self._trunk
        return np.asarray(state.hidden @ weight + bias)

    def wait(self, trunk: Floats) -> Floats:
        """Logits [B, W] of the wait; the last one is END."""
        return _apply(self._wait_out, trunk[:, self._wait_part])

    def moment(self, trunk: Floats, moment: Ints) -> Floats:
        """The other heads' share of the trunk once the next onset is known."""
        return np.asarray(trunk[:, self._others_part] + self._moment(moment))

    def voice(self, base: Floats) -> Floats:
        """Logits [B, V] of the voice."""
        return _apply(self._voice_out, base[:, self._voice_part])

    def pitch(self, base: Floats, columns: Ints, tonic: Ints, last: Ints, lowest: Ints) -> Floats:
        """Logits [B, 128] of the pitch: absolute, as degree, as leap and above the bass."""
        out = _apply(self._pitch_out, base[:, self._pitch_part] + self._pitch(columns))
        places = np.stack([DEGREE_PLACES[tonic], LEAP_PLACES[last], HEIGHT_PLACES[lowest]], axis=1)
        every = np.arange(len(out))[:, None, None]
        return np.asarray(out[:, :128] + np.add.reduce(out[every, places], axis=1))

    def duration(self, base: Floats, columns: Ints) -> Floats:
        """Logits [B, D] of the duration."""
        own = base[:, self._duration_part] + self._duration(columns)
        return _apply(self._duration_out, own)

    def velocity(self, base: Floats, columns: Ints, duration: Ints) -> Floats:
        """Logits [B, N] of the velocity bin."""
        context = self._velocity(np.concatenate([columns, duration[:, None]], axis=1))
        return _apply(self._velocity_out, base[:, self._velocity_part] + context)


PITCH_OUTPUTS = 128 + 12 + 2 * INTERVALS
"""Outputs of the pitch head: 128 pitches, 12 degrees, leaps, intervals above the bass."""
# Where among these outputs each pitch finds its degree by tonic [12, 128], and its leap and
# height by the pitch below [129, 128]; -1, no pitch below, is the last row.
DEGREE_PLACES = (np.arange(128) - np.arange(12)[:, None]) % 12 + 128
LEAP_PLACES = INTERVAL_CLASSES + 140
HEIGHT_PLACES = LEAP_PLACES + INTERVALS


def _linear(weights: Mapping[str, Floats], name: str) -> tuple[Floats, Floats]:
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _apply(linear: tuple[Floats, Floats], x: Floats) -> Floats:
    weight, bias = linear
    return np.asarray(np.maximum(x, 0) @ weight + bias)
