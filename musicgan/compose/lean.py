"""Where the sampler lets itself be pushed: logits pass through here before each draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.model.steps import Floats, Ints


class Lean:
    """What is done to the logits of each field before a draw; this one leaves them alone."""

    def wait(self, logits: Floats) -> Floats:
        """Logits [B, W] of the wait, END included."""
        return logits

    def top(self, voice: Ints, onset_step: Ints) -> Ints | None:
        """[B] The highest pitch of `voice` [B] above another of its notes; None: any."""
        return None

    def voice(self, logits: Floats) -> Floats:
        """Logits [B, V] of the voice."""
        return logits

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Logits [B, 128] of the pitch and what is allowed, for notes of `voice` [B]."""
        return logits, allowed

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """Logits [B, D] of the duration, for notes of `voice` and `pitch` [B]."""
        return logits


FREE = Lean()
