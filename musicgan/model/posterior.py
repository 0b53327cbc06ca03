"""What noise could have made some notes: the encoder that training had, in numpy.

The generator learned with it; at play it turns a piece somebody likes into a noise z.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from musicgan.model.config import EventsConfig
from musicgan.model.steps import Floats, Ints, Table

EVERY = 2
"""Rows from one that is heard to the next."""
LIMITS = -8.0, 4.0
"""Of the log variance."""


class Posterior:
    """q(z | notes), pooled over notes."""

    def __init__(self, weights: Mapping[str, Floats], config: EventsConfig) -> None:
        w = {name: np.asarray(value, np.float32) for name, value in weights.items()}
        self._embed = Table(w["embed.weight"], config.layout.input_sizes)
        self._mix = w["mix.weight"].T, w["mix.bias"]
        self._out = w["out.weight"].T, w["out.bias"]

    def __call__(self, heard: Ints) -> tuple[Floats, Floats]:
        """Mean and log variance of z, [Z] each, from the inputs [T, I] of a song's rows."""
        mix, mix_bias = self._mix
        notes = np.maximum(np.maximum(self._embed(heard[::EVERY]), 0) @ mix + mix_bias, 0)
        weight, bias = self._out
        both = np.concatenate([notes.mean(0), notes.max(0)]) @ weight + bias
        mean, log_var = np.split(both, 2)
        return mean, np.clip(log_var, *LIMITS)
