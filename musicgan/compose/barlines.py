"""Bars of songs under way: what a sampler asks of them, and those of a piece that is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from musicgan.codecs.bars import Place, place, place_in_form
from musicgan.codecs.form import Form
from musicgan.model.steps import Ints


class Bars(Protocol):
    """The bars of B songs."""

    @property
    def end_step(self) -> Ints:
        """Where the last bar ends [B]."""

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""

    def remaining(self, onset_step: Ints) -> Ints:
        """Bars that are left at onsets [B], the present one included; 0 after the end."""

    def take(self, index: Ints) -> Bars:
        """The bars of songs `index` [N]."""


@dataclass(frozen=True)
class LinedBars:
    """The bars of one piece, of whatever lengths, for B songs that all have them."""

    bar_start_step: Ints
    """[N + 1] ascending, the last one being the end."""
    form: Form
    """How far back each of them looks, [N]."""
    songs: int = 1
    """B"""

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""
        return place_in_form(onset_step, self.bar_start_step, self.form, max_position)

    def remaining(self, onset_step: Ints) -> Ints:
        """Bars that are left at onsets [B], the present one included; 0 after the end."""
        return place(onset_step, self.bar_start_step, 1)[1]

    @property
    def end_step(self) -> Ints:
        """Where the last bar ends [B]."""
        return np.full(self.songs, self.bar_start_step[-1])

    def take(self, index: Ints) -> LinedBars:
        """The bars of songs `index` [N]."""
        return replace(self, songs=len(index))
