"""The frame generator as it is played: one GRU step a frame, onsets first, then holds; numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from musicgan.model.frames_config import FramesConfig
from musicgan.model.steps import Floats, Ints, Table, gru_hidden, gru_input, gru_step


@dataclass(frozen=True)
class FramesState:
    """Recurrent state of B songs: hidden [B, H] and their constant input product [B, 3H]."""

    hidden: Floats
    song: Floats


class FramesGenerator:
    """Predicts the next frame; each head returns logits of Bernoulli cells.

    Order of a frame: `advance` with the frame before, the place of the one to come and noise;
    `onset`; then `hold` once the onsets are drawn, so that a voice which moves lets go.
    """

    def __init__(self, weights: Mapping[str, Floats], config: FramesConfig) -> None:
        self.config = config
        w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        input_weight = gru_input(w["rnn.weight_ih_l0"].T)
        self._frame = np.ascontiguousarray(w["frame.weight"].T @ input_weight)
        self._noise = np.ascontiguousarray(w["noise.weight"].T @ input_weight)
        self._place = Table(w["place.weight"] @ input_weight, config.place_sizes)
        self._conditions = Table(w["condition.weight"] @ input_weight, config.condition_sizes)
        self._bias = gru_input(w["rnn.bias_ih_l0"])
        self._first = w["first.weight"].T, w["first.bias"]
        self._hidden = (
            np.ascontiguousarray(gru_hidden(w["rnn.weight_hh_l0"].T)),
            gru_hidden(w["rnn.bias_hh_l0"]),
        )
        self._onset = np.ascontiguousarray(w["onset_out.weight"].T), w["onset_out.bias"]
        self._hold = np.ascontiguousarray(w["hold_out.weight"].T), w["hold_out.bias"]
        self._given = np.ascontiguousarray(w["hold_given.weight"].T)

    def begin(self, conditions: Ints, noise: Floats) -> FramesState:
        """The state before any frame: conditions [B, 2], noise z [B, Z]."""
        weight, bias = self._first
        hidden = np.tanh(noise @ weight + bias)
        song = self._conditions(conditions) + self._bias
        return FramesState(hidden.astype(np.float32), song.astype(np.float32))

    def advance(self, state: FramesState, frame: Floats, place: Ints, noise: Floats) -> FramesState:
        """Take in the frame before [B, F], the place to fill [B, 2] and noise [B, Z]."""
        x = frame @ self._frame
        x += self._place(place)
        x += noise @ self._noise
        x += state.song
        weight, bias = self._hidden
        return FramesState(gru_step(state.hidden, x, state.hidden @ weight + bias), state.song)

    def onset(self, state: FramesState) -> Floats:
        """Logits [B, L] of the onset cells."""
        weight, bias = self._onset
        return np.asarray(state.hidden @ weight + bias)

    def hold(self, state: FramesState, onset: Floats) -> Floats:
        """Logits [B, L] of the hold cells, given the frame's onsets [B, L].

        They count only where the frame before sounds and no onset is.
        """
        weight, bias = self._hold
        return np.asarray(state.hidden @ weight + onset @ self._given + bias)
