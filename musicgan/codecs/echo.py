"""What an earlier bar of the same song suggests for the next note: a memory that does not fade.

A recurrent state forgets in bars what a listener remembers for minutes. A song that looks back
`lag` steps is told, note by note, what it played there: when the next note came, in which voice,
at which pitch and how long. What it makes of that is its own affair. Which bars look back, and
how far, is a song's form (`codecs.form`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.layout import Layout

Ints = NDArray[np.int64]

NOTHING = -1
"""The pitch and duration of an echo that is not there."""
KEPT_NONE, KEPT_PLACE, KEPT_VOICE, KEPT_PITCH = range(4)
NO_ANSWER, SILENT, ANSWERED = range(3)
MOST = 4096
"""Notes that are remembered; of more the older half is let go of."""
ROOM = 64
NO_NOTE, _LATER = -np.int64(1 << 39), np.int64((1 << 39) - 1)
"""Before all notes, and after them."""
_SONG = np.int64(1 << 40)
"""What sets the notes of one song apart from those of the next."""


class Echo:
    """What B songs have played, each note one number that grows from row to row.

    The number packs onset, voice and pitch, so that a note `lag` steps ago is looked up by
    subtracting from the number of one now. Rows should come in the order codecs sort them; one
    that does not counts as the row before it.
    """

    def __init__(self, layout: Layout, batch: int) -> None:
        self._layout = layout
        self._stride = layout.voices * 128
        self._voices = np.arange(layout.voices) * 128
        self._count = 0
        self._begin(batch)
        self._notes = self._songs + np.full((batch, ROOM), _LATER)
        self._durations = np.zeros((batch, ROOM), np.int64)
        self._latest = np.full(batch, NO_NOTE)

    def _begin(self, batch: int) -> None:
        self._all = np.arange(batch)
        # One ascending array holds the notes of all songs, so that one search serves all.
        self._songs = self._all[:, None] * _SONG

    def take(self, index: Ints) -> Echo:
        """The memory of songs `index` [N], copied."""
        other = Echo(self._layout, 0)
        other._begin(len(index))
        other._count = self._count
        other._notes = self._notes[index] + (other._songs - self._songs[index])
        other._durations, other._latest = self._durations[index], self._latest[index]
        return other

    def forget(self) -> None:
        """As if nothing had been played."""
        self._count = 0
        self._notes[:] = self._songs + _LATER
        self._latest[:] = NO_NOTE

    def remember(self, notes: Ints, durations: Ints) -> None:
        """Begin with a past [B, P] of notes `Layout.packed`; shorter ones have `NO_NOTE` first."""
        self._count = notes.shape[1]
        self._put(self._songs + notes, durations)

    def hear(self, onset_step: Ints, voice: Ints, pitch: Ints, duration: Ints) -> None:
        """Take in a row a song, [B] each."""
        if self._count + 1 == self._notes.shape[1]:
            kept = slice(self._count - MOST // 2 if self._count >= MOST else 0, self._count)
            self._count = kept.stop - kept.start
            self._put(self._notes[:, kept], self._durations[:, kept])
        note = self._layout.packed(onset_step, voice, pitch)
        self._latest = np.maximum(note, self._latest)
        self._notes[:, self._count] = self._songs[:, 0] + self._latest
        self._durations[:, self._count] = duration
        self._count += 1

    def upcoming(self, onset_step: Ints, place: Place) -> tuple[Ints, Ints]:
        """The next note suggested after the latest row: its wait and its voice as classes, [B].

        The latest row fell at `onset_step` and `place`. Where its bar has no more to suggest, the
        next bar's first note counts.
        """
        layout = self._layout
        none = layout.max_wait + 1
        ahead_step = onset_step + place.left_step
        wait, voice = self._after(self._latest, place.lag_step, onset_step)
        later = (wait == none) | (wait >= place.left_step)
        if later.any():
            first = ahead_step * self._stride - 1
            next_wait, next_voice = self._after(first, place.next_lag_step, onset_step)
            wait = np.where(later, next_wait, wait)
            voice = np.where(later, next_voice, voice)
        return wait, voice

    def answers(self, onset_step: Ints, place: Place) -> Ints:
        """Whether each voice has a note suggested at `onset_step` that is still to come, [B, V]."""
        lag = place.lag_step[:, None]
        back = (onset_step[:, None] - lag) * self._stride + self._voices
        after = np.maximum(back - 1, self._latest[:, None] - lag * self._stride)
        there = self._note(self._first(after)) < back + 128
        return np.where(lag > 0, np.where(there, ANSWERED, SILENT), NO_ANSWER)

    def note(self, onset_step: Ints, voice: Ints, place: Place) -> tuple[Ints, Ints]:
        """Pitch and duration suggested for `voice` at `onset_step`, [B] each; -1 for none."""
        lag = place.lag_step * self._stride
        back = self._layout.packed(onset_step, voice, 0) - lag
        found = self._first(np.maximum(back - 1, self._latest - lag))
        note = self._note(found)
        there = (note < back + 128) & (lag > 0)
        duration = self._durations[self._all, found]
        return np.where(there, note - back, NOTHING), np.where(there, duration, NOTHING)

    def kept(self, onset_step: Ints, voice: Ints, pitch: Ints, place: Place) -> Ints:
        """What a row does with its echo, before it is heard: one of the `KEPT` values, [B]."""
        lag = place.lag_step * self._stride
        back = self._layout.packed(onset_step, voice, 0) - lag
        same = self._note(self._first(back + pitch - 1)) == back + pitch
        there = self._note(self._first(back - 1)) < back + 128
        kept = np.where(same, KEPT_PITCH, np.where(there, KEPT_VOICE, KEPT_PLACE))
        return np.where(lag > 0, kept, KEPT_NONE)

    def _first(self, after: Ints) -> Ints:
        """Where the first note after the number `after` [B, ...] stands in its song."""
        song = self._songs if after.ndim == 2 else self._songs[:, 0]
        width = self._notes.shape[1]
        found = np.searchsorted(self._notes.reshape(-1), after + song, side="right")
        return np.asarray(found - song // _SONG * width)

    def _note(self, found: Ints) -> Ints:
        """The notes that stand there."""
        every, song = (
            (self._all[:, None], self._songs) if found.ndim == 2 else (self._all, self._songs[:, 0])
        )
        return np.asarray(self._notes[every, found] - song)

    def _after(self, note: Ints, lag_step: Ints, onset_step: Ints) -> tuple[Ints, Ints]:
        layout = self._layout
        found = self._note(self._first(note - lag_step * self._stride))
        there = (lag_step > 0) & (found < _LATER)
        wait = np.minimum(found // self._stride + lag_step - onset_step, layout.max_wait)
        voice = found // 128 % layout.voices
        return np.where(there, wait, layout.max_wait + 1), np.where(there, voice, layout.voices)

    def _put(self, notes: Ints, durations: Ints) -> None:
        room = np.full((len(notes), max(ROOM, notes.shape[1] // 2)), _LATER)
        self._notes = np.concatenate([notes, self._songs + room], axis=1)
        self._durations = np.concatenate([durations, np.zeros_like(room)], axis=1)
