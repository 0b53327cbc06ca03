"""Parallel octaves and fifths: which pitches would make them with another voice, beat by beat.

To some music they are faults, to some a colour. Networks learn neither as well as they should;
where pitches are drawn that can be put right.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from musicgan.codecs.context import Context
from musicgan.codecs.stages import Own
from musicgan.model.steps import Floats, Ints

NONE = -1
RAREST, COMMONEST = 0.02, 10.0
"""Sometimes there is no other way to go, and sometimes another one must be left."""
_PITCHES = np.arange(128)
_APART = np.abs(_PITCHES - _PITCHES[:, None]) % 12
_PERFECT = np.isin(_APART, (0, 7))


class VoiceLeading:
    """What the voices of B songs sang at the beat before, and what that says of this one.

    Two voices that both move from one beat to the next, the same way, and stand in an octave or a
    fifth at both, go in parallels (`evaluate.harmony`), whatever is between. A pitch that makes
    them becomes so many `times` as likely as the networks have it.
    """

    def __init__(self, context: Context, times: float) -> None:
        layout, batch = context.layout, len(context.tonic)
        self._weight = np.float32(np.log(np.clip(times, RAREST, COMMONEST)))
        self._grid = layout.grid
        self._beat = np.full(batch, NONE, np.int64)
        self._line = np.full((layout.voices, batch), NONE, np.int64)
        self._pitched = ~np.isin(np.arange(layout.voices), layout.drums)[:, None]

    def take(self, index: Ints) -> VoiceLeading:
        """Of the songs `index` [N]."""
        other = copy(self)
        other._beat, other._line = self._beat[index], self._line[:, index]
        return other

    def reach(self, context: Context, onset_step: Ints) -> None:
        """The next row begins at `onset_step` [B]: remember the beat before it, once it is over."""
        beat = (onset_step - 1) // self._grid
        is_new = beat > self._beat
        if np.count_nonzero(is_new):
            line = self._sounding(context, beat * self._grid)
            self._line = np.where(is_new, line, self._line)
            self._beat = np.maximum(beat, self._beat)

    def lean(self, logits: Floats, context: Context, own: Own) -> Floats:
        """Logits [B, 128] of the pitch of notes, weighed where it would make parallels."""
        step, line = own.moment.onset_step, self._line
        on_beat = step % self._grid == 0
        if not np.count_nonzero(on_beat):
            return logits
        now = self._sounding(context, step)
        moved = (now != line) & (np.minimum(now, line) > NONE) & on_beat
        moved.put(own.at, False)
        if not np.count_nonzero(moved):
            return logits
        mine = line.take(own.at)
        other, song = (moved & (mine > NONE) & _PERFECT[mine, line]).nonzero()
        was, before, after = mine[song], line[other, song], now[other, song]
        along = np.sign(after - before)[:, None] * (_PITCHES - was[:, None]) > 0
        parallel = along & (_APART[after] == _APART[was, before][:, None])
        marked = np.zeros(logits.shape, bool)
        np.logical_or.at(marked, song, parallel)
        return np.where(marked, logits + self._weight, logits)

    def _sounding(self, context: Context, step: Ints) -> Ints:
        """The pitch of each voice across `step` [B], [V, B]; of chords the highest."""
        sounds = (context.last_end_step > step) & self._pitched
        return np.where(sounds, context.last_pitch, NONE)
