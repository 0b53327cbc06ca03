"""What a model is built from: sizes, conditions and the vocabulary of its codec."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import FIELDS
from musicgan.codecs.layout import Layout

METRES = ((4, 4), (3, 4), (2, 4), (2, 2), (6, 8), (3, 8), (9, 8), (12, 8), (3, 2), (5, 4), (1, 4))
"""Metres told apart; any other one is the class after the last."""
TEMPO_EDGES_BPM = (50.0, 65.0, 80.0, 95.0, 110.0, 125.0, 145.0, 170.0)


TEMPO = 2
"""Column of the conditions that holds the tempo class."""


def tempo_class(bpm: float) -> int:
    """Which class of tempo `bpm` beats a minute belong to."""
    return bisect_left(TEMPO_EDGES_BPM, bpm)


@dataclass(frozen=True)
class EventsConfig:
    """Sizes of the recurrent GAN over note tuples."""

    layout: Layout
    styles: tuple[str, ...]
    hidden: int = 256
    embed: int = 128
    head_widths: tuple[int, ...] = (64, 64, 128, 96, 64)
    """Units of the heads of wait, voice, pitch, duration and velocity."""
    noise: int = 32
    critic_hidden: int = 192
    critic_embed: int = 96

    @property
    def condition_sizes(self) -> tuple[int, ...]:
        """How many values each column of `conditions` has: style, metre, tempo, mode."""
        return (len(self.styles), len(METRES) + 1, len(TEMPO_EDGES_BPM) + 1, 2)

    @property
    def heads(self) -> int:
        """Predicted fields; velocity is one only where the codec stores it."""
        return 5 if self.layout.touches > 1 else 4

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of each head there is: the trunk's parts, in this order."""
        return self.head_widths[: self.heads]

    def conditions(
        self, style: int, metre: tuple[int, int], bpm: float, is_minor: bool
    ) -> NDArray[np.int64]:
        """The condition columns [4] of a song."""
        metre_class = METRES.index(metre) if metre in METRES else len(METRES)
        return np.array([style, metre_class, tempo_class(bpm), int(is_minor)], np.int64)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready description; of what layouts came to have later only what is in use."""
        data = asdict(self)
        if self.layout.fine == 1:
            del data["layout"]["fine"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EventsConfig:
        """The inverse of `to_json`; unknown keys raise `TypeError`.

        Also reads the `head` of earlier models, whose heads were all that wide.
        """
        layout = dict(data["layout"])
        layout["drums"] = tuple(layout.get("drums", ()))
        known = {field.name for field in fields(cls)}
        rest = {key: value for key, value in data.items() if key not in ("layout", "styles")}
        if "head" in rest:
            rest["head_widths"] = len(FIELDS) * (rest.pop("head"),)
        if unknown := set(rest) - known:
            raise TypeError(f"unknown model sizes: {sorted(unknown)}")
        rest["head_widths"] = tuple(rest["head_widths"])
        return cls(layout=Layout(**layout), styles=tuple(data["styles"]), **rest)
