"""The form of a piece: which bars come back, and from how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import PITCH, VOICE, WAIT

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """How far back bars look, [..., N]: of one song or, with songs first, of several."""

    lag_step: Ints
    """0: nowhere, the bar is new."""
    section: Ints
    """Bars since the song began to look back as far as it does."""

    @classmethod
    def of(cls, lag_step: Ints) -> Form:
        """The form of songs whose bars look back `lag_step`."""
        return cls(lag_step, sections(lag_step))

    @classmethod
    def together(cls, forms: Sequence[Form]) -> Form:
        """Of several songs; after the end of one its bars are new, as many as there are in all."""
        length = 2 * max(len(form.lag_step) for form in forms)
        both = np.zeros((2, len(forms), length), np.int64)
        both[1] = np.arange(length)
        for b, form in enumerate(forms):
            count = len(form.lag_step)
            both[0, b, :count] = form.lag_step
            both[1, b] -= count
            both[1, b, :count] = form.section
        return cls(*both)

    def take(self, index: Ints) -> Form:
        """The forms of songs `index` [N]."""
        return Form(self.lag_step[index], self.section[index])

    def from_bar(self, bar: Ints) -> Form:
        """The first half of what is to come of songs from bar `bar` [B] on."""
        at = bar[:, None] + np.arange(self.lag_step.shape[1] // 2)
        lag_step, section = (np.take_along_axis(x, at, 1) for x in (self.lag_step, self.section))
        return Form(lag_step, section)


ALIKE = 0.5
"""How much two bars must share for one to be the other's return: of their notes, voice, place in
the bar and pitch, twice what is in both over what is in either."""
LONG_SECTION = 4
"""Bars of a section that can do without its last one when it comes again."""
GOES_ON = 0.15
"""How much less a bar may share with the one that goes on from where the bar before looked."""


REACH_BARS = 1024
"""So many bars that sound a bar looks through; a piece may have a hundred thousand."""


def lags(rows: Rows, bar_start_step: Ints) -> Ints:
    """How many steps back each bar of a piece looks, [N]; 0 where it is new.

    Rows are note tuples [T, 5], bars begin at `bar_start_step` [N + 1], the last entry being the
    end. A bar looks back at the earlier bar of its length that it is most `ALIKE`, the latest of
    several; rather at the one after that which the bar before looked at, if it is about as good.
    """
    length = np.diff(bar_start_step)
    source = np.full(len(length), -1)
    for bar, earlier, likeness in _likeness(np.asarray(rows, np.int64), bar_start_step):
        if likeness.max() < ALIKE:
            continue
        likeness = likeness * (length[earlier] == length[bar])
        wished = likeness
        if source[bar - 1] >= 0:
            wished = likeness + GOES_ON * (earlier == source[bar - 1] + 1)
        best = len(earlier) - 1 - int(wished[::-1].argmax())
        if likeness[best] >= ALIKE:
            source[bar] = earlier[best]
    back = bar_start_step[:-1] - bar_start_step[source]
    return np.where(source >= 0, back, 0)


def _likeness(rows: Rows, bar_start_step: Ints) -> Iterator[tuple[int, Ints, NDArray[np.float32]]]:
    """Of each bar that sounds: its number, those of the last `REACH_BARS` such before it [N], and
    what it shares of its notes with each, 0 to 1 [N]; of the first there is nothing to tell."""
    onset = rows[:, WAIT].cumsum()
    bar = np.searchsorted(bar_start_step, onset, side="right") - 1
    inside = (bar >= 0) & (bar < len(bar_start_step) - 1)
    bar, onset, rows = bar[inside], onset[inside], rows[inside]
    place, voices = onset - bar_start_step[bar], rows[:, VOICE].max(initial=0) + 1
    note = (place * voices + rows[:, VOICE]) * 128 + rows[:, PITCH]
    sounding, index = np.unique(bar, return_inverse=True)
    for begin in range(0, len(sounding), REACH_BARS):
        first, end = max(0, begin - REACH_BARS), min(begin + REACH_BARS, len(sounding))
        here = slice(*np.searchsorted(index, (first, end)))
        _, kind = np.unique(note[here], return_inverse=True)
        has = np.zeros((end - first, kind.max() + 1), np.float32)
        has[index[here] - first, kind] = 1
        size = has.sum(1)
        likeness = 2 * (has[begin - first :] @ has.T) / (size[begin - first :, None] + size)
        for at in range(max(begin, 1), end):
            before = slice(max(first, at - REACH_BARS), at)
            shared = likeness[at - begin, before.start - first : at - first]
            yield int(sounding[at]), sounding[before], shared


def form_of(rows: Rows, bar_start_step: Ints, looks_back: bool = True) -> Form:
    """The form of a piece of rows [T, 5], as `lags` finds it; of new bars for who looks nowhere."""
    lag_step = np.zeros(len(bar_start_step) - 1, np.int64)
    return Form.of(lags(rows, bar_start_step) if looks_back else lag_step)


def sections(lag_step: Ints) -> Ints:
    """Bars since a song began to look back as far as it does, [..., N] -> [..., N] from 0."""
    changed = np.ones_like(lag_step, bool)
    changed[..., 1:] = lag_step[..., 1:] != lag_step[..., :-1]
    at = np.arange(lag_step.shape[-1])
    return at - np.maximum.accumulate(np.where(changed, at, 0), axis=-1)


def letters(form: Sequence[str], bars: int) -> Ints:
    """How many bars back each of `bars` bars looks in a form such as "AABA", [bars].

    The sections are equally long, in whole bars, the last one shorter where they must be; where
    that would leave one out they differ by a bar. Each looks back at the latest one of its letter,
    as far as that went. In long ones the song's last bar is new: it has to end, which the section
    did not when it came first.
    """
    size = -(-bars // len(form))
    begin = np.minimum(size * np.arange(len(form) + 1), bars)
    if begin[-2] == bars:
        begin = np.arange(len(form) + 1) * bars // len(form)
    lag = np.zeros(bars, np.int64)
    for index, letter in enumerate(form):
        earlier = [i for i in range(index) if form[i] == letter]
        if earlier:
            first = begin[earlier[-1]]
            shared = min(begin[index + 1] - begin[index], begin[earlier[-1] + 1] - first)
            lag[begin[index] : begin[index] + shared] = begin[index] - first
    if size >= LONG_SECTION:
        lag[bars - 1] = 0
    return lag
