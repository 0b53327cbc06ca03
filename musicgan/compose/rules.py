"""What may be drawn at all, whatever the networks think: ranges, order, single voices, the end."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import PITCH, VOICE, WAIT
from musicgan.codecs.layout import Layout
from musicgan.compose.barlines import Bars
from musicgan.model.steps import Floats, Ints

Flags = NDArray[np.bool_]

NOT_EVER = np.int64(1 << 62)
"""The step at which a voice that never plays is free."""
TIMES = ("parallels", "crossings", "returns")
"""The rules that say how many times as likely something becomes."""
RAREST, COMMONEST = 0.02, 10.0
"""Sometimes there is no other way to go, and sometimes another one must be left."""
_PITCHES = np.arange(128)


@dataclass(frozen=True)
class Rules:
    """What may be drawn at all.

    `ranges` [V, 2] bound each voice's pitch; `single` [V] marks voices that play one note at a
    time. With `must_end`, END may fall in the last bar only and no onset after it; without, a
    song never ends. Rows come out in the order the codec sorts them (voice, then pitch). Pitches
    that make parallel octaves or fifths are `parallels` times as likely as the networks have them,
    those that cross another voice `crossings` times, and what an earlier bar suggests `returns`
    times: from `RAREST` to `COMMONEST`. Where the `heights` of voices are known, [V, 128] as
    `compose.tessitura` has them, so much of them counts as `tessitura` says, from 0 to 1. Where it
    is known how long voices are silent, [2, V, BEATS + 1] as `compose.silences` has it, they come
    back in time.
    """

    ranges: Ints
    single: Flags
    must_end: bool = True
    parallels: float = 1.0
    crossings: float = 1.0
    returns: float = 1.0
    tessitura: float = 0.0
    heights: Floats | None = None
    silences: Floats | None = None


def nats(times: float) -> np.float32:
    """What is added to the logit of what becomes so many times as likely, within reason."""
    weight: np.float32 = np.float32(math.log(min(max(times, RAREST), COMMONEST)))
    return weight


class Limits:
    """Rules at work on the rows of one layout: which values of each field may come next.

    Of B songs `row` [B, 5] is the latest row, all -1 before the first, `free` [V, B] from which
    step on each voice may play, `follows` [V, B] whether it may within the chord of that row.
    """

    def __init__(self, rules: Rules, layout: Layout) -> None:
        low, high = rules.ranges.T
        self._high, self._single, self._must_end = high, rules.single, rules.must_end
        self._all_single = bool(rules.single.all())
        self._longest_step = layout.max_wait
        self._reach_step = layout.max_wait + layout.max_duration
        # Only a note longer than every wait can keep its voice from coming free in time.
        self._may_crowd = bool(rules.single.any()) and layout.max_duration > layout.max_wait
        self._voices = np.arange(layout.voices)[:, None]
        self._in_range = (low[:, None] <= _PITCHES) & (high[:, None] >= _PITCHES)
        self._always_bound = self._all_single and bool((low <= high).all())
        self._binding = np.where(rules.single, -1, 0)[:, None]
        self._earliest = np.where(low <= high, -1, NOT_EVER)[:, None]
        # Waits of at least 0, 1, ... steps and of less; END, the last column, is not among them.
        steps, waits = np.arange(layout.end + 1)[:, None], np.arange(layout.end + 1)
        self._at_least = (waits >= steps[:-1]) & (waits < layout.end)
        self._less = waits < steps

    def free_step(self, last_end_step: Ints, earliest_step: Ints | None) -> Ints:
        """From which step on each voice may play, [V, B]: single ones once they are silent."""
        free = last_end_step
        if not self._always_bound:
            free = np.maximum(free & self._binding, self._earliest)
        return free if earliest_step is None else np.maximum(free, earliest_step)

    def follows(self, row: Rows, top: Ints | None = None) -> Flags:
        """Which voices do not come before the latest row's, [V, B]; its own where there is room.

        That is up to the voice's highest pitch, and to `top` [B].
        """
        voice = row[:, VOICE]
        if self._all_single:
            return np.asarray(self._voices > voice)
        # A chord goes on upwards, if there is room.
        highest = self._high[voice] if top is None else np.minimum(self._high[voice], top)
        above = ~self._single[voice] & (row[:, PITCH] < highest)
        return np.asarray(self._voices > voice - above)

    def end_is_near(self, onset_step: Ints, bars: Bars) -> bool:
        """Whether the next row of some song may be its end, or last beyond it."""
        near = bars.in_last_bar(onset_step, self._reach_step)
        return self._must_end and bool(np.count_nonzero(near))

    def waits(self, free: Ints, follows: Flags, onset_step: Ints) -> Flags:
        """Waits, at each of which some voice may play, that keep the rows in order, [B, W]."""
        until_free = np.minimum.reduce(free, axis=0) - onset_step
        allowed: Flags = self._at_least.take(until_free, axis=0, mode="clip")
        np.logical_or.reduce((free <= onset_step) & follows, axis=0, out=allowed[:, 0])
        return allowed

    def waits_to_end(self, waits: Flags, row: Rows, onset_step: Ints, bars: Bars) -> Flags:
        """Of these `waits` those within the bars, and END [B, W].

        END comes early when no voice may play before the song is over.
        """
        waits = waits & self._less.take(bars.end_step - onset_step, axis=0, mode="clip")
        over = bars.in_last_bar(onset_step) | ~waits.any(axis=1)
        waits[:, -1] = over & (row[:, WAIT] >= 0)
        return waits

    def voices(self, free: Ints, follows: Flags, wait: Ints, onset_step: Ints) -> Flags:
        """Voices that are free at `onset_step`, `wait` after the last onset, [B, V]."""
        return np.asarray(((free <= onset_step) & (follows | (wait > 0))).T)

    def pitches(self, row: Rows, voice: Ints, wait: Ints) -> Flags:
        """Pitches in the voice's range, ascending within a chord of one voice, [B, 128]."""
        allowed: Flags = self._in_range.take(voice, axis=0)
        if not self._all_single:
            stacked = (wait == 0) & (voice == row[:, VOICE])
            allowed &= np.where(stacked, row[:, PITCH], -1)[:, None] < _PITCHES
        return allowed

    def lasting(self, duration: Ints, voice: Ints, free: Ints, onset_step: Ints) -> Ints:
        """Durations that leave a voice free within the longest wait, [B]."""
        duration = np.maximum(duration, 1)
        if not self._may_crowd:
            return duration
        others = free.copy()
        others[voice, np.arange(len(voice))] = np.where(self._single[voice], NOT_EVER, 0)
        crowded = others.min(axis=0) > onset_step + self._longest_step
        return np.where(crowded, np.minimum(duration, self._longest_step), duration)
