"""Bars of equal length, and how far back each looks: where the notes of songs under way fall."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.form import Form
from musicgan.model.steps import Ints


class EvenBars:
    """Of each song where its bars begin, how long they are, and how many: [B] each."""

    def __init__(
        self, origin_step: Ints, bar_step: Ints, count: Ints, form: Form | None = None
    ) -> None:
        """`form` [B, N] says how far back each bar looks, over and over; None: nowhere."""
        self.origin_step, self.bar_step, self.count = origin_step, bar_step, count
        self._looks: Ints | None = None
        if form is not None:
            following = np.roll(form.lag_step, -1, axis=1)
            self._looks = np.array((form.lag_step, form.section, following))
        self._work_out()

    def _work_out(self) -> None:
        self.end_step = self.origin_step + self.bar_step * self.count
        self.last_bar_step = self.end_step - self.bar_step
        if self._looks is not None:
            _, songs, self._length = self._looks.shape
            self._flat_looks = self._looks.reshape(3, -1)
            self._first_bar = np.arange(songs) * self._length

    def take(self, index: Ints) -> EvenBars:
        """The bars of songs `index` [N]."""
        other = copy(self)
        other.origin_step, other.bar_step = self.origin_step[index], self.bar_step[index]
        other.count = self.count[index]
        if self._looks is not None:
            other._looks = self._looks.take(index, axis=1)
        other._work_out()
        return other

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""
        bar, into = np.divmod(onset_step - self.origin_step, self.bar_step)
        position = np.minimum(into, max_position - 1)
        remaining = np.maximum(self.count - bar, 0)
        if self._looks is None:
            return Place.new(position, remaining)
        at = self._first_bar + bar % self._length
        lag_step, section, following = self._flat_looks.take(at, axis=1)
        return Place(position, remaining, lag_step, section, self.bar_step - into, following)

    def in_last_bar(self, onset_step: Ints, early_step: int = 0) -> NDArray[np.bool_]:
        """Whether onsets [B] fall into the last bar, at most `early_step` before it, or after."""
        return self.last_bar_step - onset_step <= early_step
