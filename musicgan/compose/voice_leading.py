"""Voice leading: which pitches would go in parallels with another voice, or cross it.

To some music parallel octaves and fifths are faults, to some a colour, and so are voices that
cross. Networks learn neither as well as they should; where pitches are drawn that can be put right.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.context import Context
from musicgan.codecs.stages import Own
from musicgan.compose.rules import Rules, nats
from musicgan.model.steps import Floats, Ints

NONE = -1
_PITCHES = np.arange(128)
_APART = np.abs(_PITCHES - _PITCHES[:, None]) % 12
_PERFECT = np.isin(_APART, (0, 7))


class VoiceLeading:
    """What the voices of B songs sang at the beat before, and what that says of this one.

    Two voices that both move from one beat to the next, the same way, and stand in an octave or a
    fifth at both, go in parallels (`evaluate.harmony`), whatever is between. A voice crosses
    another that sounds when it is above it, though its range lies lower, or below it. Pitches that
    do either become so many times as likely as the networks have them as the rules say.
    """

    def __init__(self, context: Context, rules: Rules) -> None:
        layout, batch = context.layout, len(context.tonic)
        self._parallels, self._crossings = nats(rules.parallels), nats(rules.crossings)
        self._grid = layout.grid
        self._beat = np.full(batch, NONE, np.int64)
        self._line = np.full((layout.voices, batch), NONE, np.int64)
        is_pitched = ~np.isin(np.arange(layout.voices), layout.drums)
        self._pitched = is_pitched[:, None]
        height = rules.ranges.sum(axis=1)
        self._is_higher = (height > height[:, None]) & is_pitched[:, None]
        self._is_lower = (height < height[:, None]) & is_pitched[:, None]

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
        """Logits [B, 128] of the pitch of notes, weighed where it would be a fault."""
        now = self._sounding(context, own.moment.onset_step)
        for weight, marked in (
            (self._parallels, self._in_parallels),
            (self._crossings, self._crossed),
        ):
            if weight:
                faults = marked(now, own)
                logits = logits if faults is None else np.where(faults, logits + weight, logits)
        return logits

    def _in_parallels(self, now: Ints, own: Own) -> NDArray[np.bool_] | None:
        """Pitches [B, 128] that go in parallels with a voice of `now` [V, B]; None without any."""
        line = self._line
        on_beat = own.moment.onset_step % self._grid == 0
        if not np.count_nonzero(on_beat):
            return None
        moved = (now != line) & (np.minimum(now, line) > NONE) & on_beat
        moved.put(own.at, False)
        if not np.count_nonzero(moved):
            return None
        mine = line.take(own.at)
        other, song = (moved & (mine > NONE) & _PERFECT[mine, line]).nonzero()
        was, before, after = mine[song], line[other, song], now[other, song]
        along = np.sign(after - before)[:, None] * (_PITCHES - was[:, None]) > 0
        parallel = along & (_APART[after] == _APART[was, before][:, None])
        marked = np.zeros((len(on_beat), 128), bool)
        np.logical_or.at(marked, song, parallel)
        return marked

    def _crossed(self, now: Ints, own: Own) -> NDArray[np.bool_]:
        """Pitches [B, 128] beyond those that higher and lower voices sing in `now` [V, B]."""
        higher, lower = self._is_higher[own.voice].T, self._is_lower[own.voice].T
        ceiling = np.where(higher & (now > NONE), now, 128).min(axis=0)
        floor = np.where(lower, now, NONE).max(axis=0)
        return np.asarray((ceiling[:, None] < _PITCHES) | (floor[:, None] > _PITCHES))

    def _sounding(self, context: Context, step: Ints) -> Ints:
        """The pitch of each voice across `step` [B], [V, B]; of chords the highest."""
        sounds = (context.last_end_step > step) & self._pitched
        return np.where(sounds, context.last_pitch, NONE)
