"""What a listener knows while note tuples arrive: the integers that networks are fed.

A row alone says little; where it falls in the bar, how far it leaps and what it sounds against
say more. `Context` follows B songs at once, row by row, and is the one place where this is
worked out: training analyses whole pieces with it, playing steps with it.

Everything but the last input column is blind to transposition when the tonic moves along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, VELOCITY, VOICE, WAIT
from musicgan.codecs.intervals import (
    APPROACH_BEFORE,
    APPROACHES,
    HEIGHT,
    HEIGHT_CLASSES,
    HEIGHTS,
    INTERVALS,
    MOTION_CLASSES,
    MOTIONS,
    MOVE_CLASSES,
    NO_INTERVAL,
    interval_class,
)

Ints = NDArray[np.int64]

NO_DEGREE = 12
DEGREES = 13
BARS = 33
"""Bars remaining, counting the present one, cut at 32; 0 is after the end."""
NEVER, SOUNDING, JUST_ENDED, RESTED = range(4)


@dataclass(frozen=True)
class Layout:
    """The vocabulary of one codec's rows: everything a network must know about them.

    `wait` has `max_wait` + 1 values, then END (the song is over) and START (fed before the first
    row). Waits and durations beyond the vocabulary are cut to its greatest.
    """

    voices: int
    grid: int
    max_wait: int
    max_duration: int
    velocity_bins: int
    max_position: int
    drums: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The value of `wait` that ends a song."""
        return self.max_wait + 1

    @property
    def start(self) -> int:
        """The value of `wait` fed before the first row."""
        return self.max_wait + 2

    @cached_property
    def row_sizes(self) -> tuple[int, ...]:
        """How many values each predicted field has: wait (with END), voice, pitch, ..."""
        return (self.end + 1, self.voices, 128, self.max_duration + 1, self.velocity_bins)

    @cached_property
    def input_sizes(self) -> tuple[int, ...]:
        """How many values each column of `Context.hear` has; pitch comes last."""
        fixed = (self.start + 1, self.voices, self.max_duration + 1, self.velocity_bins, DEGREES)
        relative = (INTERVALS, INTERVALS, HEIGHTS, 4, self.max_position, BARS)
        each = (*(INTERVALS,) * self.voices, *(MOTIONS,) * self.voices)
        return (*fixed, *relative, *each, 128)

    @cached_property
    def moment_sizes(self) -> tuple[int, ...]:
        """How many values each column of `Context.moment` has."""
        return (self.end + 1, self.max_position, BARS, *(4,) * self.voices, *(2,) * 12)

    @cached_property
    def pitch_sizes(self) -> tuple[int, ...]:
        """Columns known once the voice is: itself, degree and contiguity of its last note, and
        how each voice has just moved."""
        return (self.voices, DEGREES, 4, *(APPROACHES,) * self.voices)

    @cached_property
    def duration_sizes(self) -> tuple[int, ...]:
        """Columns known once the pitch is: voice, degree, leap, height above the lowest."""
        return (self.voices, DEGREES, INTERVALS, HEIGHTS)

    def clip(self, rows: Rows) -> Rows:
        """Rows [..., 5] cut to the vocabulary (END excluded)."""
        low = np.array([0, 0, 0, 1, 0])
        high = [self.max_wait, self.voices - 1, 127, self.max_duration, self.velocity_bins - 1]
        return np.clip(rows, low, np.array(high))


class Context:
    """What has been heard of B songs, each with tonic pitch class `tonic` [B]."""

    def __init__(self, layout: Layout, tonic: Ints) -> None:
        batch = len(tonic)
        self.layout = layout
        self.tonic = tonic
        self.onset_step = np.zeros(batch, np.int64)
        self.last_pitch = np.full((batch, layout.voices), -1, np.int64)
        self.last_end_step = np.full((batch, layout.voices), -1, np.int64)
        self.last_onset_step = np.full((batch, layout.voices), -1, np.int64)
        # What a voice played before its last onset, of a chord the highest, as in last_pitch; its
        # move from there, from 0 for `MOVE` semitones down; and when it moved.
        self.earlier_pitch = np.full((batch, layout.voices), -1, np.int64)
        self.move = np.zeros((batch, layout.voices), np.int64)
        self.move_step = np.full((batch, layout.voices), -1, np.int64)
        self.row_pitch = np.full(batch, -1, np.int64)
        # When each pitch falls silent; 132 = 11 octaves, so that a fold gives pitch classes.
        self.silent_step = np.full((batch, 132), -1, np.int64)
        self._drums = np.zeros(layout.voices, bool)
        self._drums[list(layout.drums)] = True
        self._all = np.arange(batch)
        self._degrees = (tonic[:, None] + np.arange(12)) % 12

    def take(self, index: Ints) -> Context:
        """The context of songs `index` [N], copied: one song may be continued many ways."""
        other = Context(self.layout, self.tonic[index])
        other.onset_step = self.onset_step[index]
        other.last_pitch = self.last_pitch[index]
        other.last_end_step = self.last_end_step[index]
        other.last_onset_step = self.last_onset_step[index]
        other.earlier_pitch = self.earlier_pitch[index]
        other.move = self.move[index]
        other.move_step = self.move_step[index]
        other.row_pitch = self.row_pitch[index]
        other.silent_step = self.silent_step[index]
        return other

    def start(self, position: Ints, remaining: Ints) -> Ints:
        """The inputs [B, I] fed before the first row."""
        layout = self.layout
        inputs = np.zeros((len(self.tonic), len(layout.input_sizes)), np.int64)
        inputs[:, 0] = layout.start
        inputs[:, 4] = NO_DEGREE
        inputs[:, 5:7] = NO_INTERVAL
        inputs[:, 7] = HEIGHT
        inputs[:, 9] = position
        inputs[:, 10] = np.minimum(remaining, BARS - 1)
        inputs[:, 11 : 11 + layout.voices] = NO_INTERVAL
        return inputs

    def moment(self, wait: Ints, position: Ints, remaining: Ints) -> Ints:
        """What is known once the next onset is: [B, M], columns as `Layout.moment_sizes`."""
        onset = self.onset_step + wait
        sounding = self.silent_step > onset[:, None]
        classes = np.asarray(np.logical_or.reduce(sounding.reshape(-1, 11, 12), axis=1))
        out = np.empty((len(onset), 15 + self.layout.voices), np.int64)
        out[:, 0] = wait
        out[:, 1] = position
        out[:, 2] = np.minimum(remaining, BARS - 1)
        out[:, 3:-12] = self._contiguity(onset)
        out[:, -12:] = classes[self._all[:, None], self._degrees]
        return out

    def own_voice(self, voice: Ints, moment: Ints) -> tuple[Ints, Ints, Ints]:
        """Once the voice is known: columns [B, 3 + V], its last pitch [B], the lowest sounding [B].

        The two pitches are -1 where there is none; drums have no lowest pitch below them.
        """
        drum = self._drums[voice]
        last = self.last_pitch[self._all, voice]
        degree = np.where(drum, NO_DEGREE, self.degree(last))
        onset = self.onset_step + moment[:, 0]
        columns = np.empty((len(voice), 3 + self.layout.voices), np.int64)
        columns[:, 0], columns[:, 1] = voice, degree
        columns[:, 2] = moment[self._all, 3 + voice]
        columns[:, 3:] = self._approaches(voice, onset)
        lowest = self.lowest(onset)
        return columns, last, np.where(drum, -1, lowest)

    def own_pitch(self, voice: Ints, pitch: Ints, last: Ints, lowest: Ints) -> Ints:
        """Once the pitch is known: columns [B, 4] as `Layout.duration_sizes`."""
        columns = np.empty((len(voice), 4), np.int64)
        columns[:, 0] = voice
        columns[:, 1] = np.where(self._drums[voice], NO_DEGREE, self.degree(pitch))
        columns[:, 2] = interval_class(pitch, last)
        columns[:, 3] = HEIGHT_CLASSES[lowest, pitch]
        return columns

    def hear(self, rows: Rows, position: Ints, remaining: Ints) -> Ints:
        """Take in one row a song, [B, 5]; return the inputs [B, I] it makes.

        Waits and durations may lie beyond the vocabulary: time passes as they say.
        """
        wait, voice, pitch = rows[:, WAIT], rows[:, VOICE], rows[:, PITCH]
        every = self._all
        onset = self.onset_step + wait
        drum = self._drums[voice]
        last = self.last_pitch[every, voice]
        out = np.empty((len(rows), len(self.layout.input_sizes)), np.int64)
        out[:, 0] = np.minimum(wait, self.layout.max_wait)
        out[:, 1] = voice
        out[:, 2] = np.minimum(rows[:, DURATION], self.layout.max_duration)
        out[:, 3] = rows[:, VELOCITY]
        out[:, 4] = np.where(drum, NO_DEGREE, self.degree(pitch))
        out[:, 5] = interval_class(pitch, last)
        # A drum stays where it is when all else is transposed: intervals to it mean nothing.
        out[:, 6] = np.where(drum, NO_INTERVAL, interval_class(pitch, self.row_pitch))
        out[:, 7] = np.where(drum, HEIGHT, HEIGHT_CLASSES[self.lowest(onset), pitch])
        contiguity = self._contiguity(onset)
        out[:, 8] = contiguity[every, voice]
        out[:, 9] = position
        out[:, 10] = np.minimum(remaining, BARS - 1)
        against = interval_class(pitch[:, None], self.last_pitch)
        heard = (contiguity == SOUNDING) & (drum[:, None] == self._drums)
        voices = self.layout.voices
        out[:, 11 : 11 + voices] = np.where(heard, against, NO_INTERVAL)
        out[:, 11 + voices : -1] = MOTION_CLASSES[
            self._approaches(voice, onset), (pitch - last)[:, None]
        ]
        out[:, -1] = pitch
        self._remember(rows, onset, drum)
        return out

    def degree(self, pitch: Ints) -> Ints:
        """Pitch class above the tonic [B]; `NO_DEGREE` for pitch -1."""
        return np.where(pitch < 0, NO_DEGREE, (pitch - self.tonic) % 12)

    def lowest(self, onset_step: Ints) -> Ints:
        """Lowest pitch that sounds on across `onset_step` [B]; -1 for none."""
        sounding = self.silent_step > onset_step[:, None]
        return np.where(np.logical_or.reduce(sounding, axis=1), sounding.argmax(axis=1), -1)

    def _contiguity(self, onset_step: Ints) -> Ints:
        gap = onset_step[:, None] - self.last_end_step
        kind = np.where(gap < 0, SOUNDING, np.where(gap == 0, JUST_ENDED, RESTED))
        return np.where(self.last_end_step < 0, NEVER, kind)

    def _approaches(self, voice: Ints, onset_step: Ints) -> Ints:
        """How the others have moved at `onset_step` where `voice` [B] is about to, [B, V].

        Parallel octaves and fifths cannot be told from less: what each stood in with `voice`
        before, and its move. Within a chord `voice` has moved already; drums do not count.
        """
        every = self._all
        moves = self.last_onset_step[every, voice] != onset_step
        moves &= (self.last_pitch[every, voice] >= 0) & ~self._drums[voice]
        moved = (self.move_step == onset_step[:, None]) & moves[:, None]
        before = self.last_pitch[every, voice][:, None] - self.earlier_pitch
        return np.where(moved, APPROACH_BEFORE[before] + self.move, 0)

    def _remember(self, rows: Rows, onset: Ints, drum: NDArray[np.bool_]) -> None:
        every, voice, pitch = self._all, rows[:, VOICE], rows[:, PITCH]
        end = onset + rows[:, DURATION]
        self.onset_step = onset
        chord = self.last_onset_step[every, voice] == onset
        last = self.last_pitch[every, voice]
        earlier = np.where(chord, self.earlier_pitch[every, voice], last)
        self.last_onset_step[every, voice] = onset
        self.earlier_pitch[every, voice] = earlier
        self.move[every, voice] = MOVE_CLASSES[pitch - earlier]
        self.move_step[every, voice] = np.where((earlier < 0) | drum, -1, onset)
        self.last_pitch[every, voice] = pitch
        self.last_end_step[every, voice] = end
        self.row_pitch = np.where(drum, self.row_pitch, pitch)
        held = self.silent_step[every, pitch]
        self.silent_step[every, pitch] = np.where(drum, held, np.maximum(held, end))


@dataclass(frozen=True)
class Analysis:
    """Everything the networks read of B songs of T rows, worked out ahead for training."""

    inputs: Ints
    """[B, T, I] what row t makes; fed at t + 1."""
    moment: Ints
    """[B, T, M]"""
    pitch: Ints
    """[B, T, 3 + V]"""
    duration: Ints
    """[B, T, 4]"""
    last: Ints
    """[B, T] last pitch of the voice of row t before it, -1 for none."""
    lowest: Ints
    """[B, T] lowest pitch sounding at row t, itself left out, -1 for none."""


def analyse(context: Context, rows: Rows, position: Ints, remaining: Ints) -> Analysis:
    """Run `context` over rows [B, T, 5] whose places are known, each [B, T]."""
    parts: list[tuple[Ints, ...]] = []
    for t in range(rows.shape[1]):
        row, place = rows[:, t], (position[:, t], remaining[:, t])
        moment = context.moment(row[:, WAIT], *place)
        voice, last, lowest = context.own_voice(row[:, VOICE], moment)
        pitch = context.own_pitch(row[:, VOICE], row[:, PITCH], last, lowest)
        parts.append((context.hear(row, *place), moment, voice, pitch, last, lowest))
    return Analysis(*(np.stack(column, axis=1) for column in zip(*parts, strict=True)))
