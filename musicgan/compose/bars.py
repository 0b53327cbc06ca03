"""A song bar by bar, while it is being composed: what a live player asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT
from musicgan.codecs.stream import Sounded
from musicgan.compose.band import played_by
from musicgan.compose.composition import Composition
from musicgan.compose.plan import Plan
from musicgan.compose.player import Player
from musicgan.compose.primer import Primer, hear_primer
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.score import Score

KEPT_BARS = 16
"""Bars, of those given out, that can be taken back."""


@dataclass(frozen=True)
class Bar:
    """The notes that begin in one bar, in grid steps from the first bar line, by onset."""

    number: int
    """From 0."""
    start_step: int
    length_step: int
    notes: tuple[Sounded, ...]
    """A note may last into later bars; where its pitch is struck again there it ends earlier."""
    from_step: int
    """From here on its notes count: `start_step`, or where in it a song was set back to."""


@dataclass
class _Mark:
    """A place to come back to, and what was composed since, up to the next mark."""

    step: int
    """All that `song` has heard begins before it, nothing in `since` does."""
    song: Composition
    since: list[tuple[Sounded, Rows]] = field(default_factory=list)


class LiveSong:
    """A song under way: `plan` says what was settled before its first note.

    A `primer` that is a score is where the song begins; one that `hear_answered` has made is
    what the song answers, and no part of it.
    """

    def __init__(
        self, player: Player, settings: Settings, primer: Score | Primer | None = None
    ) -> None:
        player = played_by(player, settings.instruments)
        rng = np.random.default_rng(settings.seed)
        heard = hear_primer(player, primer) if isinstance(primer, Score) else primer
        self.player = player
        self.plan = plan = Plan(player, settings, heard, rng)
        self._song = Composition(player, settings, plan, rng)
        self._coming: list[Sounded] = []
        if plan.answer_step is not None:
            self._next_step = begin_step = plan.answer_step
        else:
            self._next_step, begin_step = plan.origin_step, plan.start_step
            self._coming = [note for note, _ in _sounded(player, begin_step, plan.primer)]
            begin_step = self._coming[-1].onset_step + 1 if self._coming else begin_step
        self._marks = [_Mark(begin_step, self._song.copy())]

    def bars(self) -> Iterator[Bar]:
        """The bars to come one by one, empty ones too, each as soon as the next has begun.

        Their notes are those of `compose` with the same player, settings and primer; dynamics,
        which are shaped over a whole song, apart.
        """
        return iter(self.next, None)

    def next(self) -> Bar | None:
        """The next bar, composed as far as it takes; None after the last one."""
        plan = self.plan
        number = (self._next_step - plan.origin_step) // plan.bar_step
        if number >= plan.n_bars:
            return None
        start_step = plan.origin_step + number * plan.bar_step
        end_step = start_step + plan.bar_step
        while self._song.onset_step < end_step and not self._song.ended:
            self._compose()
        notes = at_once(note for note in self._coming if note.onset_step < end_step)
        bar = Bar(number, start_step, plan.bar_step, notes, self._next_step)
        self._coming = [note for note in self._coming if note.onset_step >= end_step]
        self._next_step = end_step
        self._forget()
        return bar

    def rewind(self, from_step: int, steering: Steering) -> None:
        """Compose anew, under `steering`, what begins at `from_step` or later.

        The next bar is the one that holds `from_step`, with the notes from there on. What came
        before stands: the networks remember it, and its last notes may still sound.

        A step later than the next bar means the next bar. An earlier step than can be gone back
        to means the earliest: `KEPT_BARS` bars or more before the farthest bar given out, but
        not into a primer. From the next bar on, a song is steered without taking anything back.
        """
        step = max(self._marks[0].step, min(from_step, self._next_step))
        while self._marks[-1].step > step:
            self._marks.pop()
        mark = self._marks[-1]
        mark.since = [(note, row) for note, row in mark.since if note.onset_step < step]
        self._song = mark.song.copy()
        for _, row in mark.since:
            self._song.hear(row)
        self._song.steer(steering, step)
        if mark.step == step:
            self._marks.pop()
        self._marks.append(_Mark(step, self._song.copy()))
        self._coming = [note for note in self._coming if note.onset_step < step]
        self._next_step = min(self._next_step, step)

    def _compose(self) -> None:
        begin_step = self._song.onset_step
        new = list(_sounded(self.player, begin_step, self._song.advance()))
        self._marks[-1].since += new
        self._coming += [note for note, _ in new]
        if new and not self._song.ended:
            last_step = new[-1][0].onset_step
            if last_step >= self._marks[-1].step + self.plan.bar_step:
                self._marks.append(_Mark(last_step + 1, self._song.copy()))

    def _forget(self) -> None:
        """Let go of places that are not needed to come back to the earliest bar kept."""
        earliest_step = self._next_step - KEPT_BARS * self.plan.bar_step
        while len(self._marks) > 1 and self._marks[1].step <= earliest_step:
            self._marks.pop(0)


def _sounded(
    player: Player, begin_step: int, rows: Iterable[Rows]
) -> Iterator[tuple[Sounded, Rows]]:
    """The notes of rows [5], each with its row, the first wait counted from `begin_step`."""
    onset_step = begin_step
    for row in rows:
        onset_step += int(row[WAIT])
        _, voice, pitch, duration, touch = (int(value) for value in row)
        velocity, late_part = player.codec.played(touch)
        yield Sounded(onset_step, duration, pitch, velocity, voice, late_part), row


def at_once(notes: Iterable[Sounded]) -> tuple[Sounded, ...]:
    """The notes as given; of those struck twice at once the longer stays, and the louder."""
    held: dict[tuple[int, int, int], Sounded] = {}
    for note in notes:
        key = (note.onset_step, note.voice, note.pitch)
        held[key] = _both(held[key], note) if key in held else note
    return tuple(held.values())


def _both(one: Sounded, other: Sounded) -> Sounded:
    louder = max(one, other, key=lambda note: (note.velocity, note.late_part))
    return replace(louder, duration_step=max(one.duration_step, other.duration_step))
