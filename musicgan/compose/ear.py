"""The critic's ear for one song: it never hears more of it at once than it learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musicgan.model.critic import Critic, CriticState
from musicgan.model.steps import Floats, Ints

MOST = 128
"""Notes in the windows that critics learn from."""
KEPT = 64
"""Notes it hears again when it has heard so many."""


class Ear:
    """A critic's state and verdict after what it has heard of a song.

    A recurrent network has learned nothing of a past longer than its training windows: followed
    from the first note on, the critic of the lieder led long songs into loops. On the same 64
    songs of up to 64 bars the Frechet distance was 21.0 so, is 13.5 this way, and 7.7 without a
    critic: some of them loop still.
    """

    def __init__(self, critic: Critic, conditions: Ints) -> None:
        self.critic = critic
        self._conditions = conditions
        self._heard: list[Ints] = []
        self._begin()

    def _begin(self) -> None:
        self.state: CriticState = self.critic.begin(self._conditions)
        self.logit: Floats = np.zeros(1, np.float32)

    def hear(self, inputs: Ints) -> None:
        """Listen to the inputs [1, I] of one row."""
        state, logit = self.critic.advance(self.state, inputs)
        self.follow(state, logit, [inputs])

    def follow(self, state: CriticState, logit: Floats, heard: Sequence[Ints]) -> None:
        """Take over the state and verdict [1] after rows whose inputs are each [1, I]."""
        self.state, self.logit = state, logit
        self._heard += heard
        if len(self._heard) >= MOST:
            self._heard = self._heard[-KEPT:]
            self._begin()
            for inputs in self._heard:
                self.state, self.logit = self.critic.advance(self.state, inputs)
