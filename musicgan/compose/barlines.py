"""Bars of songs under way: what a sampler asks of them, and those of a piece that is there."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place, place_in_form
from musicgan.codecs.form import Form
from musicgan.model.steps import Ints


class Bars(Protocol):
    """The bars of B songs."""

    end_step: Ints
    """Where the last bar ends [B]."""

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""

    def in_last_bar(self, onset_step: Ints, early_step: int = 0) -> NDArray[np.bool_]:
        """Whether onsets [B] fall into the last bar, at most `early_step` before it, or after."""

    def take(self, index: Ints) -> Bars:
        """The bars of songs `index` [N]."""


class LinedBars:
    """The bars of one piece, of whatever lengths, for B songs that all have them."""

    def __init__(self, bar_start_step: Ints, form: Form, songs: int = 1) -> None:
        """Bars [N + 1] ascending, the last one being the end; how far back each looks [N]; B."""
        self.bar_start_step, self.form = bar_start_step, form
        self.end_step = np.full(songs, bar_start_step[-1])

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""
        return place_in_form(onset_step, self.bar_start_step, self.form, max_position)

    def in_last_bar(self, onset_step: Ints, early_step: int = 0) -> NDArray[np.bool_]:
        """Whether onsets [B] fall into the last bar, at most `early_step` before it, or after."""
        return np.asarray(self.bar_start_step[-2] - onset_step <= early_step)

    def take(self, index: Ints) -> LinedBars:
        """The bars of songs `index` [N]."""
        return LinedBars(self.bar_start_step, self.form, len(index))
