"""Bars that come again: how faithful songs are to what their form looks back at.

Networks are told what the earlier bar has next (`codecs.echo`) and follow it less often than
pieces do: where a song has once departed from it, it stays away. Where notes are drawn that can
be put right.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from musicgan.codecs.context import ECHO
from musicgan.codecs.layout import Layout
from musicgan.codecs.stages import Own
from musicgan.compose.rules import nats
from musicgan.model.steps import Floats, Ints

NOTHING = -1


class Returns:
    """What earlier bars suggest to B songs becomes `times` as likely as the networks have it."""

    def __init__(self, layout: Layout, times: float) -> None:
        self._weight = nats(times)
        self._end, self._voices = layout.end, layout.voices
        self._wait = self._voice = np.zeros(0, np.int64)

    def take(self, index: Ints) -> Returns:
        """Of the songs `index` [N]."""
        other = copy(self)
        other._wait, other._voice = self._wait[index], self._voice[index]
        return other

    def hear(self, inputs: Ints) -> None:
        """The inputs [B, I] of the latest row, which tell when the next suggested note comes."""
        wait, voice = inputs[:, ECHO].T[:2]
        self._wait = np.where(wait < self._end, wait, NOTHING)
        self._voice = np.where(voice < self._voices, voice, NOTHING)

    def wait(self, logits: Floats) -> Floats:
        """Logits [B, W] of the wait."""
        return self._likelier(logits, self._wait)

    def voice(self, logits: Floats, wait: Ints) -> Floats:
        """Logits [B, V] of the voice, once the wait [B] is known."""
        return self._likelier(logits, np.where(wait == self._wait, self._voice, NOTHING))

    def pitch(self, logits: Floats, own: Own) -> Floats:
        """Logits [B, 128] of the pitch."""
        return self._likelier(logits, own.before.echo)

    def duration(self, logits: Floats, own: Own) -> Floats:
        """Logits [B, D] of the duration."""
        lasts = own.before.echo_duration
        return self._likelier(logits, np.where(lasts > 0, lasts, NOTHING))

    def _likelier(self, logits: Floats, value: Ints) -> Floats:
        """With the weight on `value` [B], where there is one."""
        song = (value > NOTHING).nonzero()[0]
        if len(song):
            logits = logits.copy()
            logits[song, value[song]] += self._weight
        return logits
