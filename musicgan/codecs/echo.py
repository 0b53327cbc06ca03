"""What an earlier bar of the same song suggests for the next note: a memory that does not fade.

A recurrent state forgets in bars what a listener remembers for minutes. A song that looks back
`lag` steps is told, note by note, what it played there: when the next note came, in which voice,
at which pitch and how long. What it makes of that is its own affair. Which bars look back, and
how far, is a song's form (`codecs.form`).
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.layout import Layout

Ints = NDArray[np.int64]

NOTHING = -1
"""The pitch of an echo that is not there."""
KEPT_NONE, KEPT_PLACE, KEPT_VOICE, KEPT_PITCH = range(4)
NO_ANSWER, SILENT, ANSWERED = range(3)
MOST = 4096
"""Notes that are remembered; of more the older half is let go of."""
ROOM = 64
NO_NOTE, LATER = -np.int64(1 << 39), np.int64((1 << 39) - 1)
"""Before all notes, and after them."""
SONG = np.int64(1 << 40)
"""What sets the notes of one song apart from those of the next."""


class Suggested(NamedTuple):
    """What an earlier bar has for each voice at an onset and is still to come, [V, B]."""

    answers: Ints
    """`NO_ANSWER`, `SILENT` or `ANSWERED`."""
    pitch: Ints
    """-1 where there is none."""
    duration: Ints
    """Cut to the vocabulary; 0, which no note lasts, where there is none."""

    def to(self, at: Ints) -> tuple[Ints, Ints]:
        """Pitch and duration for voices that stand at `at` in [V, B], [B] each."""
        return self.pitch.take(at), self.duration.take(at)


class Echo:
    """What B songs have played, each note one number that grows from row to row.

    The number packs song, onset, voice and pitch, so that a note `lag` steps ago is looked up by
    subtracting from the number of one now. Rows should come in the order codecs sort them; one
    that does not counts as the row before it.
    """

    def __init__(self, layout: Layout, batch: int) -> None:
        self._layout = layout
        self._stride = layout.voices * 128
        self._voices = np.arange(layout.voices)[:, None] * 128
        self._count = 0
        self._begin(batch)
        # One ascending array holds the notes of all songs, so that one search serves all.
        self._notes = self._songs[:, None] + np.full((batch, ROOM), LATER)
        self._durations = np.zeros((batch, ROOM), np.int64)
        self._latest = self._songs + NO_NOTE

    def _begin(self, batch: int) -> None:
        self._songs = np.arange(batch) * SONG
        self._silence, self._no_more = _nothing(self._layout, batch)

    def take(self, index: Ints) -> Echo:
        """The memory of songs `index` [N], copied."""
        other = copy(self)
        other._begin(len(index))
        moved = other._songs - self._songs[index]
        other._notes = self._notes.take(index, axis=0) + moved[:, None]
        other._durations = self._durations.take(index, axis=0)
        other._latest = self._latest[index] + moved
        return other

    def forget(self) -> None:
        """As if nothing had been played."""
        self._count = 0
        self._notes[:] = self._songs[:, None] + LATER
        self._latest[:] = self._songs + NO_NOTE

    def remember(self, notes: Ints, durations: Ints) -> None:
        """Begin with a past [B, P] of notes `Layout.packed`; shorter ones have `NO_NOTE` first."""
        self._count = notes.shape[1]
        self._put(self._songs[:, None] + notes, durations)

    def hear(self, onset_step: Ints, voice: Ints, pitch: Ints, duration: Ints) -> None:
        """Take in a row a song, [B] each."""
        if self._count + 1 == self._notes.shape[1]:
            kept = slice(self._count - MOST // 2 if self._count >= MOST else 0, self._count)
            self._count = kept.stop - kept.start
            self._put(self._notes[:, kept], self._durations[:, kept])
        note = self._layout.packed(onset_step, voice, pitch) + self._songs
        self._latest = np.maximum(note, self._latest)
        self._notes[:, self._count] = self._latest
        self._durations[:, self._count] = duration
        self._count += 1

    def upcoming(self, onset_step: Ints, place: Place) -> Ints:
        """The next note suggested after the latest row: its wait and its voice as classes, [2, B].

        The latest row fell at `onset_step` and `place`. Where its bar has no more to suggest, the
        next bar's first note counts.
        """
        layout = self._layout
        lag_step = np.array((place.lag_step, place.next_lag_step))
        if not np.count_nonzero(lag_step):
            return self._no_more
        first = (onset_step + place.left_step) * self._stride + self._songs
        found = self._first(np.array((self._latest + 1, first)) - lag_step * self._stride)
        note = self._notes.take(found) - self._songs
        there = (lag_step > 0) & (note < LATER)
        step, voice = np.divmod(note // 128, layout.voices)
        wait = np.minimum(step + (lag_step - onset_step), layout.max_wait)
        now = there[0] & (wait[0] < place.left_step)
        these = np.where(now, (wait[0], voice[0]), (wait[1], voice[1]))
        return np.asarray(np.where(np.where(now, *there), these, self._no_more))

    def suggested(self, onset_step: Ints, place: Place) -> Suggested:
        """What each voice has at `onset_step` that is still to come."""
        if not np.count_nonzero(place.lag_step):
            return self._silence
        lag = place.lag_step * self._stride
        back = self._voices + (onset_step * self._stride + self._songs - lag)
        found = self._first(np.maximum(back, self._latest + 1 - lag))
        pitch = self._notes.take(found) - back
        answers = (pitch < 128) + np.int64(SILENT)
        answers *= lag > 0
        there = answers == ANSWERED
        duration = np.minimum(self._durations.take(found), self._layout.max_duration)
        return Suggested(answers, np.where(there, pitch, NOTHING), duration * there)

    def kept(self, onset_step: Ints, voice: Ints, pitch: Ints, place: Place) -> Ints:
        """What a row does with its echo, before it is heard: one of the `KEPT` values, [B]."""
        if not np.count_nonzero(place.lag_step):
            return place.lag_step  # KEPT_NONE
        lag = place.lag_step * self._stride
        back = self._layout.packed(onset_step, voice, 0) + self._songs - lag
        any_pitch, same_pitch = self._notes.take(self._first(np.array((back, back + pitch)))) - back
        kept: Ints = (any_pitch < 128) + np.int64(KEPT_PLACE)
        kept += same_pitch == pitch
        kept *= lag > 0
        return kept

    def _first(self, number: Ints) -> Ints:
        """Where among all notes, song after song, the first of at least `number` stands."""
        return np.asarray(self._notes.reshape(-1).searchsorted(number))

    def _put(self, notes: Ints, durations: Ints) -> None:
        room = np.full((len(notes), max(ROOM, notes.shape[1] // 2)), LATER)
        self._notes = np.concatenate([notes, self._songs[:, None] + room], axis=1)
        self._durations = np.concatenate([durations, np.zeros_like(room)], axis=1)


@lru_cache
def _nothing(layout: Layout, batch: int) -> tuple[Suggested, Ints]:
    """What is suggested where nothing is looked back at: now, and next."""
    shape = layout.voices, batch
    pitch, none = np.full(shape, NOTHING), np.zeros(shape, np.int64)
    silence = Suggested(np.full(shape, NO_ANSWER), pitch, none)
    return silence, np.array(layout.no_echo[:2])[:, None].repeat(batch, axis=1)
