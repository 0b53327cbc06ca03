"""What a listener knows while note tuples arrive: the integers that networks are fed.

A row alone says little; where it falls in the bar, how far it leaps and what it sounds against
say more. `Context` follows B songs at once, row by row, and is the one place where this is
worked out: training analyses whole pieces with it, playing steps with it. A row becomes known
field by field, `moment`, `own_voice`, `own_pitch` and `take_in`; each goes on from what the one
before has found, so that nothing is worked out twice.

Inside, songs come last, [V, B]: what is the same for all voices of a song needs no reshaping.
Everything but the last input column is blind to transposition when the tonic moves along.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.base import Rows
from musicgan.codecs.echo import Echo
from musicgan.codecs.events import DURATION, PITCH, TOUCH, VOICE, WAIT
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
from musicgan.codecs.stages import Before, Moment, Note, Own

Ints = NDArray[np.int64]

NEVER, SOUNDING, JUST_ENDED, RESTED = range(4)
ECHO = slice(-5, -1)
"""Columns of `Context.hear` that tell what an earlier bar suggests, where the layout has them."""
FACTS = 7
"""What is known of a voice. Of a chord its last pitch is the highest, the earlier pitch what was
played before its onset; its move is from there, a class of `intervals.MOVE_CLASSES`."""
LAST, LAST_END, LAST_ONSET, EARLIER, MOVE, MOVE_STEP, DEGREE = range(FACTS)
FOR_EVER = np.int64(1 << 62)
DRUM, PITCHES, DEGREES = 128, 129, NO_DEGREE + 1
_OR_NONE = np.append(np.arange(128), -1)
"""Pitches, then -1: none."""
DEGREE_OF = np.append(
    (np.arange(128) - np.arange(12)[:, None]) % 12, np.full((12, 1), NO_DEGREE), 1
)
"""[12, 129] by tonic and pitch; pitch -1 is the last column."""


class Context:
    """What has been heard of B songs, each with tonic pitch class `tonic` [B]."""

    def __init__(self, layout: Layout, tonic: Ints) -> None:
        batch, voices = len(tonic), layout.voices
        self.layout = layout
        self.tonic = tonic
        self.onset_step = np.zeros(batch, np.int64)
        self.row_pitch = np.full(batch, -1, np.int64)
        self._facts = np.full((FACTS, voices * batch), -1, np.int64)
        self._facts[MOVE], self._facts[DEGREE] = 0, NO_DEGREE
        # When each pitch falls silent, then each degree; the last of both is what drums have.
        self.silent_step = np.full((batch, PITCHES + DEGREES), -1, np.int64)
        self.silent_step[:, DRUM] = FOR_EVER
        self._drums = np.zeros((voices, 1), bool)
        self._drums[list(layout.drums)] = True
        self.echo = Echo(layout, batch) if layout.looks_back else None
        self._number()

    def _number(self) -> None:
        batch = len(self.tonic)
        self._all = np.arange(batch)
        self._silent_at = self._all * (PITCHES + DEGREES)
        self._nothing = np.full(batch, -1)
        voices = self._facts.reshape(FACTS, self.layout.voices, batch)
        self.last_pitch, self.last_end_step = voices[LAST], voices[LAST_END]
        self._earlier_pitch, self._move, self._move_step = voices[EARLIER : MOVE_STEP + 1]

    def take(self, index: Ints) -> Context:
        """The context of songs `index` [N], copied: one song may be continued many ways."""
        other = copy(self)
        other.tonic = self.tonic[index]
        other.onset_step = self.onset_step[index]
        other.row_pitch = self.row_pitch[index]
        voices = self._facts.reshape(FACTS, self.layout.voices, len(self.tonic))
        other._facts = voices.take(index, axis=2).reshape(FACTS, -1)
        other.silent_step = self.silent_step.take(index, axis=0)
        other.echo = self.echo.take(index) if self.echo is not None else None
        other._number()
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

    def moment(self, wait: Ints, place: Place) -> Moment:
        """What is known once the next onset is, `wait` [B] from the last one."""
        onset = self.onset_step + wait
        wait = np.minimum(wait, self.layout.max_wait)
        remaining = np.minimum(place.remaining, BARS - 1)
        contiguity = self._contiguity(onset)
        columns = [np.array((wait, place.position, remaining)), contiguity, self.degrees(onset)]
        suggested = None
        if self.echo is not None:
            suggested = self.echo.suggested(onset, place)
            columns.append(suggested.answers)
        columns = np.concatenate(columns).T
        return Moment(columns, onset, place, contiguity, self.lowest(onset), suggested)

    def own_voice(self, voice: Ints, moment: Moment) -> Own:
        """What is known of the note once its voice [B] is, besides `moment`."""
        at = voice * len(voice) + self._all
        facts = self._facts.take(at, axis=1)
        drum = self._drums[voice, 0] if self.layout.drums else None
        approaches = self._approaches(facts, drum, moment.onset_step)
        last = facts[LAST]
        columns = [np.array((voice, facts[DEGREE], moment.contiguity.take(at))), approaches]
        echo = echo_duration = self._nothing
        if moment.suggested is not None:
            echo, echo_duration = moment.suggested.to(at)
            columns.append(interval_class(echo, last)[None])
        lowest = _but_drums(drum, moment.lowest, -1)
        before = Before(np.concatenate(columns).T, last, lowest, echo, echo_duration)
        return Own(before, moment, voice, at, facts, drum, approaches)

    def own_pitch(self, pitch: Ints, own: Own) -> Note:
        """What is known of the note once its pitch [B] is, too."""
        before = own.before
        leaps = interval_class(pitch, self.last_pitch)
        degree = _but_drums(own.drum, self.degree(pitch), NO_DEGREE)
        height = HEIGHT_CLASSES[before.lowest, pitch]
        columns = [own.voice, degree, leaps.take(own.at), height]
        if self.echo is not None:
            columns.append(before.echo_duration)
        return Note(np.array(columns).T, own, pitch, leaps)

    def hear(self, rows: Rows, place: Place) -> Ints:
        """Take in one row a song, [B, 5]; return the inputs [B, I] it makes.

        Waits and durations may lie beyond the vocabulary: time passes as they say.
        """
        own = self.own_voice(rows[:, VOICE], self.moment(rows[:, WAIT], place))
        note = self.own_pitch(rows[:, PITCH], own)
        return self.take_in(note, rows[:, DURATION], rows[:, TOUCH])

    def take_in(self, note: Note, duration: Ints, velocity: Ints) -> Ints:
        """As `hear`, of a note of which only this was still unknown, [B] each."""
        _, own, pitch, leaps = note
        moment, drum = own.moment, own.drum
        wait, position, remaining = moment.columns.T[:3]
        voice, degree, leap, height = note.columns.T[:4]
        # A drum stays where it is when all else is transposed: intervals to it mean nothing.
        row_leap = _but_drums(drum, interval_class(pitch, self.row_pitch), NO_INTERVAL)
        lasting = np.minimum(duration, self.layout.max_duration)
        contiguity = own.before.columns.T[2]
        heard = moment.contiguity == SOUNDING
        if drum is not None:
            heard &= drum == self._drums
        columns = [
            np.array((wait, voice, lasting, velocity, degree, leap, row_leap, height,
                      contiguity, position, remaining)),
            np.where(heard, leaps, NO_INTERVAL),
            MOTION_CLASSES[own.approaches, pitch - own.facts[LAST]],
        ]  # fmt: skip
        if self.echo is not None:
            columns.append(self._echoed(own, pitch, duration))
        columns.append(pitch[None])
        self._remember(own, pitch, moment.onset_step + duration, degree)
        return np.asarray(np.concatenate(columns).T)

    def degree(self, pitch: Ints) -> Ints:
        """Pitch class above the tonic [B]; `NO_DEGREE` for pitch -1."""
        return np.asarray(DEGREE_OF[self.tonic, pitch])

    def degrees(self, onset_step: Ints) -> NDArray[np.bool_]:
        """Which degrees sound on across `onset_step` [B], [12, B]."""
        return np.asarray(onset_step < self.silent_step[:, PITCHES:-1].T)

    def lowest(self, onset_step: Ints) -> Ints:
        """Lowest pitch that sounds on across `onset_step` [B]; -1 for none."""
        sounding = self.silent_step[:, :PITCHES] > onset_step[:, None]
        return np.asarray(_OR_NONE.take(sounding.argmax(axis=1)))

    def _contiguity(self, onset_step: Ints) -> Ints:
        kind: Ints = np.sign(onset_step - self.last_end_step)
        kind += JUST_ENDED
        kind *= self.last_end_step >= 0
        return kind

    def _approaches(self, own: Ints, drum: NDArray[np.bool_] | None, onset_step: Ints) -> Ints:
        """How the others have moved at `onset_step` where a voice is about to, [V, B].

        Parallel octaves and fifths cannot be told from less: what each stood in with the voice
        before, and its move. Within a chord it has moved already; drums do not count.
        """
        last = own[LAST]
        moves = (own[LAST_ONSET] != onset_step) & (last >= 0)
        if drum is not None:
            moves &= ~drum
        moved = (self._move_step == onset_step) & moves
        approaches: Ints = APPROACH_BEFORE.take(last - self._earlier_pitch)
        approaches += self._move
        approaches *= moved
        return approaches

    def _echoed(self, own: Own, pitch: Ints, duration: Ints) -> Ints:
        """What the note did with its echo, and what is suggested next: [4, B]."""
        echo, (_, onset, place, *_) = self.echo, own.moment
        assert echo is not None
        kept = echo.kept(onset, own.voice, pitch, place)
        echo.hear(onset, own.voice, pitch, duration)
        section = np.minimum(place.section, SECTIONS - 1)
        return np.array((*echo.upcoming(onset, place), kept, section))

    def _remember(self, own: Own, pitch: Ints, end: Ints, degree: Ints) -> None:
        onset, drum = own.moment.onset_step, own.drum
        last, _, last_onset, earlier, *_ = own.facts
        earlier = np.where(last_onset == onset, earlier, last)
        move_step = np.where(_but_drums(drum, earlier, -1) < 0, -1, onset)
        self._facts[:, own.at] = np.array(
            (pitch, end, onset, earlier, MOVE_CLASSES.take(pitch - earlier), move_step, degree)
        )
        self.onset_step = onset
        self.row_pitch = _but_drums(drum, pitch, self.row_pitch)
        silent_at = np.array((_but_drums(drum, pitch, DRUM), degree + PITCHES)) + self._silent_at
        self.silent_step.put(silent_at, np.maximum(self.silent_step.take(silent_at), end))


def _but_drums(drum: NDArray[np.bool_] | None, values: Ints, of_drums: Ints | int) -> Ints:
    """The values [B], save where a drum plays."""
    return values if drum is None else np.where(drum, of_drums, values)
