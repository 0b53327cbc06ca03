"""What a player does, and what comes of it: at the desk, on the keyboard beside the model."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

from musicgan.compose.steering import Steering
from musicgan.live.desk import Desk
from musicgan.live.duet import REMEMBERED_BARS, Duet
from musicgan.live.messages import is_note_on
from musicgan.live.orders import Answer, HeardNote, Order, Steer
from musicgan.live.performer import Performer
from musicgan.live.plan import PlannedBar

CHANGE_SEC = 0.2
"""The composer needs so long at most to compose the rest of a bar anew."""


class Hands:
    """Turns what a player does into orders for the composer and into calls of the performer."""

    def __init__(
        self,
        performer: Performer,
        desk: Desk,
        duet: Duet,
        tick_per_step: int,
        beat_tick: int,
        bar_tick: int,
        thru: bool = False,
    ) -> None:
        self.performer, self.desk, self.duet = performer, desk, duet
        self._tick_per_step = tick_per_step
        self._beat_tick, self._bar_tick = beat_tick, bar_tick
        self.thru = thru
        self.take = 0
        """Counted up with each order that makes void what was composed before."""
        self.is_resting = False
        """Whether the model waits while the player plays."""
        self._ordered = Steering()
        self._panics = self._answers = 0
        self._is_void = False
        """Whether the next bar comes in place of others."""
        self._latency_sec: float | None = None

    def press(self, key: str) -> None:
        """A key of the terminal."""
        self.desk.press(key)
        self._move()

    def hear(self, at_sec: float, message: bytes) -> None:
        """A message of the player's: a CC that moves the desk, or a note."""
        clock = self.performer.clock
        if self.desk.hear(message):
            self._move()
        tick = clock.tick_at(at_sec) if clock.is_rolling else 0.0
        if self.duet.hear(at_sec, tick, message):
            if self.thru:
                self.performer.send_through(message)
            follows = self.duet.mode == "follow" and clock.is_rolling
            if follows and is_note_on(message) and not self.is_resting:
                self.is_resting = True
                self.performer.rest()

    def _move(self) -> None:
        """What the desk does by itself, without the composer."""
        self.performer.mute(self.desk.muted)
        if self.desk.panics > self._panics:
            self._panics = self.desk.panics
            self.performer.panic()

    def clock_jumped(self) -> None:
        """What was played before means nothing now."""
        self.duet.forget()

    def order(self) -> Order | None:
        """What the composer is to do now, if it is more than the next bar."""
        performer, clock = self.performer, self.performer.clock
        performer.hold(self.desk.is_holding)
        tick = clock.tick_at(performer.backend.now_sec()) if clock.is_rolling else 0.0
        paused = self.is_resting and not self.duet.is_playing(tick)
        is_asked = self.desk.answers > self._answers
        self._answers = self.desk.answers
        if is_asked and not clock.is_rolling:
            self.desk.said = "there is no time yet to answer in"
        if clock.is_rolling and (paused or is_asked):
            return self._answer(tick)
        steering = self._steering()
        if steering == self._ordered or self.is_resting or self._is_void:
            return None
        self._ordered = steering
        song_tick, self._latency_sec = performer.change_at(CHANGE_SEC, self._beat_tick)
        return self._another_take(Steer(self.take + 1, song_tick // self._tick_per_step, steering))

    def _steering(self) -> Steering:
        return replace(self.desk.steering, chord=self.duet.chord)

    def _answer(self, tick: float) -> Order | None:
        """Have what was just played gone on from, at the next bar line."""
        performer = self.performer
        notes = self.duet.phrase(tick)
        was_resting, self.is_resting = self.is_resting, False
        if not notes:
            self.desk.said = "nothing was played yet"
            return None
        song_tick, self._latency_sec = performer.change_at(CHANGE_SEC, self._bar_tick)
        line = ceil(performer.clock.tick_at(self._soon()) / self._bar_tick) * self._bar_tick
        if was_resting:
            # There is no song now: one that leaves room for what was played.
            song_tick = (REMEMBERED_BARS + 1) * self._bar_tick
        steps = [(note, self._step(note.on_tick - line + song_tick)) for note in notes]
        heard = tuple(
            HeardNote(
                step,
                max(1, self._step(note.off_tick - note.on_tick)),
                note.pitch,
                note.velocity,
            )
            for note, step in steps
            if step >= 0
        )
        self.duet.forget()
        return self._another_take(Answer(self.take + 1, self._step(song_tick), heard))

    def _another_take(self, order: Steer | Answer) -> Order:
        self.take, self._is_void = order.take, True
        return order

    def _soon(self) -> float:
        return self.performer.backend.now_sec() + CHANGE_SEC

    def _step(self, tick: float) -> int:
        return round(tick / self._tick_per_step)

    def take_in(self, bar: PlannedBar) -> None:
        """The next bar; after a change it takes the place of what was there.

        One that was asked for before the player began to play is not wanted any more.
        """
        if self.is_resting:
            return
        if self._is_void:
            self._is_void = False
            self.performer.replace(bar)
        else:
            self.performer.add(bar)

    def song_is_over(self) -> None:
        """No bar comes, not even in place of others."""
        self._is_void = False

    def figures(self) -> dict[str, Any]:
        """For the display."""
        return {
            "desk": self.desk.line(),
            "said": self.desk.said,
            "mode": self.duet.mode,
            "latency_sec": self._latency_sec,
        }
