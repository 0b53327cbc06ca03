"""What a frame model is built from: the shape of a frame, sizes, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.model.config import METRES
from musicgan.model.steps import Ints


@dataclass(frozen=True)
class FramesConfig:
    """Sizes of the recurrent GAN over frames of S slots x (onset, hold) x P pitches."""

    slots: int
    pitches: int
    max_position: int
    """Steps told apart within a bar."""
    max_remaining: int = 16
    """Bars left are told apart up to this, so that a song can end."""
    hidden: int = 256
    embed: int = 128
    noise: int = 16
    """Numbers of z: once for the song's first state, and anew at every step."""
    critic_hidden: int = 128
    critic_channels: int = 32

    @property
    def lanes(self) -> int:
        """L = S x P: what can sound at once."""
        return self.slots * self.pitches

    @property
    def width(self) -> int:
        """F = 2 L: cells of a frame."""
        return 2 * self.lanes

    @property
    def condition_sizes(self) -> tuple[int, ...]:
        """How many values each column of `conditions` has: metre, mode."""
        return (len(METRES) + 1, 2)

    @property
    def place_sizes(self) -> tuple[int, ...]:
        """How many values each column of a place has: position in the bar, bars remaining."""
        return (self.max_position, self.max_remaining + 1)

    def conditions(self, metre: tuple[int, int], is_minor: bool) -> Ints:
        """The condition columns [2] of a song."""
        metre_class = METRES.index(metre) if metre in METRES else len(METRES)
        return np.array([metre_class, int(is_minor)], np.int64)

    def places(self, position_step: Ints, remaining_bars: Ints) -> Ints:
        """Positions [...] and bars remaining [...] as columns [..., 2] within `place_sizes`."""
        position = np.clip(position_step, 0, self.max_position - 1)
        return np.stack([position, np.clip(remaining_bars, 0, self.max_remaining)], -1)

    def parts(self, frame: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Onset and hold cells of frames [..., F], each [..., L]."""
        cells = frame.reshape(*frame.shape[:-1], self.slots, 2, self.pitches)
        shape = (*frame.shape[:-1], self.lanes)
        return cells[..., 0, :].reshape(shape), cells[..., 1, :].reshape(shape)

    def join(self, onset: NDArray[Any], hold: NDArray[Any]) -> NDArray[Any]:
        """The inverse of `parts`."""
        shape = (*onset.shape[:-1], self.slots, self.pitches)
        cells = np.stack([onset.reshape(shape), hold.reshape(shape)], -2)
        return cells.reshape(*onset.shape[:-1], self.width)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready description."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FramesConfig:
        """The inverse of `to_json`; unknown keys raise `TypeError`."""
        if unknown := set(data) - {field.name for field in fields(cls)}:
            raise TypeError(f"unknown model sizes: {sorted(unknown)}")
        return cls(**data)
