"""The critic as it is played: a verdict at every note, in numpy.

It hears only transposition-invariant inputs: leaps, intervals between sounding voices, degrees
above the tonic, contiguity. On absolute pitches a critic stays at chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from musicgan.model.config import EventsConfig
from musicgan.model.steps import Floats, Ints, Linear, Table, gru_hidden, gru_input, gru_step


class CriticState(NamedTuple):
    """Recurrent state of B songs: hidden [B, H], constant input product [B, 3H]."""

    hidden: Floats
    song: Floats

    def take(self, index: Ints) -> CriticState:
        """The states of songs `index` [N]."""
        return CriticState(self.hidden[index], self.song[index])


class Critic:
    """Log odds that what it has heard so far is real music."""

    def __init__(self, weights: Mapping[str, Floats], config: EventsConfig) -> None:
        w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        input_weight = gru_input(w["rnn.weight_ih_l0"].T)
        self._inputs = Table(w["embed.weight"] @ input_weight, config.layout.input_sizes[:-1])
        self._conditions = Table(w["condition.weight"] @ input_weight, config.condition_sizes)
        self._bias = gru_input(w["rnn.bias_ih_l0"])
        self._hidden = Linear(gru_hidden(w["rnn.weight_hh_l0"].T), gru_hidden(w["rnn.bias_hh_l0"]))
        self._out = w["out.weight"][0], w["out.bias"]
        self._size = config.critic_hidden

    def begin(self, conditions: Ints) -> CriticState:
        """The state before anything is heard, conditions [B, 4]."""
        hidden = np.zeros((len(conditions), self._size), np.float32)
        return CriticState(hidden, self._conditions(conditions) + self._bias)

    def advance(self, state: CriticState, inputs: Ints) -> tuple[CriticState, Floats]:
        """Hear the inputs [B, I] of one row a song; the state and the logits [B]."""
        x = self._inputs(inputs[:, :-1])
        x += state.song
        hidden = gru_step(state.hidden, x, self._hidden(state.hidden))
        weight, bias = self._out
        return CriticState(hidden, state.song), np.asarray(hidden @ weight + bias)
