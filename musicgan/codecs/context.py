"""What a listener knows while note tuples arrive: the integers that networks are fed.

A row alone says little; where it falls in the bar, how far it leaps and what it sounds against
say more. `Context` follows B songs at once, row by row, and is the one place where this is
worked out: training analyses whole pieces with it, playing steps with it.

Everything but the last input column is blind to transposition when the tonic moves along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.base import Rows
from musicgan.codecs.echo import NOTHING, Echo
from musicgan.codecs.events import DURATION, PITCH, VELOCITY, VOICE, WAIT
from musicgan.codecs.intervals import (
    APPROACH_BEFORE,
    HEIGHT,
    HEIGHT_CLASSES,
    MOTION_CLASSES,
    MOVE_CLASSES,
    NO_INTERVAL,
    interval_class,
)
from musicgan.codecs.layout import BARS, NO_DEGREE, SECTIONS, Layout

Ints = NDArray[np.int64]

NEVER, SOUNDING, JUST_ENDED, RESTED = range(4)
ECHO = slice(-5, -1)
"""Columns of `Context.hear` that tell what an earlier bar suggests, where the layout has them."""


@dataclass(frozen=True)
class Before:
    """What is known of a note once its voice is, before its pitch; [B] each but `columns`."""

    columns: Ints
    """[B, P] as `Layout.pitch_sizes`."""
    last: Ints
    """The voice's last pitch."""
    lowest: Ints
    """The lowest pitch sounding; drums have none below them."""
    echo: Ints
    """The pitch that an earlier bar suggests."""
    echo_duration: Ints
    """And its duration. Each is -1 where there is none."""


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
        self._none = np.full(batch, NOTHING)
        self._degrees = (tonic[:, None] + np.arange(12)) % 12
        self.echo = Echo(layout, batch) if layout.looks_back else None

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
        other.echo = self.echo.take(index) if self.echo is not None else None
        return other

    def start(self, place: Place) -> Ints:
        """The inputs [B, I] fed before the first row."""
        layout = self.layout
        inputs = np.zeros((len(self.tonic), len(layout.input_sizes)), np.int64)
        inputs[:, 0] = layout.start
        inputs[:, 4] = NO_DEGREE
        inputs[:, 5:7] = NO_INTERVAL
        inputs[:, 7] = HEIGHT
        inputs[:, 9] = place.position
        inputs[:, 10] = np.minimum(place.remaining, BARS - 1)
        inputs[:, 11 : 11 + layout.voices] = NO_INTERVAL
        if self.echo is not None:
            inputs[:, ECHO] = layout.no_echo
        return inputs

    def moment(self, wait: Ints, place: Place) -> Ints:
        """What is known once the next onset is: [B, M], columns as `Layout.moment_sizes`."""
        onset = self.onset_step + wait
        sounding = self.silent_step > onset[:, None]
        classes = np.asarray(np.logical_or.reduce(sounding.reshape(-1, 11, 12), axis=1))
        voices = self.layout.voices
        out = np.empty((len(onset), len(self.layout.moment_sizes)), np.int64)
        out[:, 0] = np.minimum(wait, self.layout.max_wait)
        out[:, 1] = place.position
        out[:, 2] = np.minimum(place.remaining, BARS - 1)
        out[:, 3 : 3 + voices] = self._contiguity(onset)
        out[:, 3 + voices : 15 + voices] = classes[self._all[:, None], self._degrees]
        if self.echo is not None:
            out[:, 15 + voices :] = self.echo.answers(onset, place)
        return out

    def own_voice(self, voice: Ints, wait: Ints, moment: Ints, place: Place) -> Before:
        """What is known of the note once its voice is, besides `moment` [B, M]."""
        drum = self._drums[voice]
        last = self.last_pitch[self._all, voice]
        onset = self.onset_step + wait
        voices = self.layout.voices
        columns = np.empty((len(voice), len(self.layout.pitch_sizes)), np.int64)
        columns[:, 0] = voice
        columns[:, 1] = np.where(drum, NO_DEGREE, self.degree(last))
        columns[:, 2] = moment[self._all, 3 + voice]
        columns[:, 3 : 3 + voices] = self._approaches(voice, onset)
        echo = echo_duration = self._none
        if self.echo is not None:
            echo, echo_duration = self.echo.note(onset, voice, place)
            leap = interval_class(echo, last)
            columns[:, 3 + voices] = np.where(echo < 0, NO_INTERVAL, leap)
        lowest = np.where(drum, -1, self.lowest(onset))
        return Before(columns, last, lowest, echo, echo_duration)

    def own_pitch(self, voice: Ints, pitch: Ints, before: Before) -> Ints:
        """Once the pitch is known: columns [B, D] as `Layout.duration_sizes`."""
        columns = np.empty((len(voice), len(self.layout.duration_sizes)), np.int64)
        columns[:, 0] = voice
        columns[:, 1] = np.where(self._drums[voice], NO_DEGREE, self.degree(pitch))
        columns[:, 2] = interval_class(pitch, before.last)
        columns[:, 3] = HEIGHT_CLASSES[before.lowest, pitch]
        if self.echo is not None:
            # A duration is at least 1: 0 is what no echo says.
            duration = np.minimum(before.echo_duration, self.layout.max_duration)
            columns[:, 4] = np.maximum(duration, 0)
        return columns

    def hear(self, rows: Rows, place: Place) -> Ints:
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
        out[:, 9] = place.position
        out[:, 10] = np.minimum(place.remaining, BARS - 1)
        against = interval_class(pitch[:, None], self.last_pitch)
        heard = (contiguity == SOUNDING) & (drum[:, None] == self._drums)
        voices = self.layout.voices
        out[:, 11 : 11 + voices] = np.where(heard, against, NO_INTERVAL)
        out[:, 11 + voices : 11 + 2 * voices] = MOTION_CLASSES[
            self._approaches(voice, onset), (pitch - last)[:, None]
        ]
        if self.echo is not None:
            kept = self.echo.kept(onset, voice, pitch, place)
            self.echo.hear(onset, voice, pitch, rows[:, DURATION])
            out[:, ECHO.start], out[:, ECHO.start + 1] = self.echo.upcoming(onset, place)
            out[:, ECHO.start + 2] = kept
            out[:, ECHO.start + 3] = np.minimum(place.section, SECTIONS - 1)
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
    """[B, T, P]"""
    duration: Ints
    """[B, T, D]"""
    last: Ints
    """[B, T] last pitch of the voice of row t before it, -1 for none."""
    lowest: Ints
    """[B, T] lowest pitch sounding at row t, itself left out, -1 for none."""
    echo: Ints
    """[B, T] the pitch that an earlier bar suggests for row t, -1 for none."""


def analyse(context: Context, rows: Rows, places: Sequence[Place]) -> Analysis:
    """Run `context` over rows [B, T, 5] whose places are known, one [B] a row."""
    parts: list[tuple[Ints, ...]] = []
    for t, place in enumerate(places):
        row = rows[:, t]
        wait, voice = row[:, WAIT], row[:, VOICE]
        moment = context.moment(wait, place)
        before = context.own_voice(voice, wait, moment, place)
        duration = context.own_pitch(voice, row[:, PITCH], before)
        heard = context.hear(row, place)
        parts.append(
            (heard, moment, before.columns, duration, before.last, before.lowest, before.echo)
        )
    return Analysis(*(np.stack(column, axis=1) for column in zip(*parts, strict=True)))
