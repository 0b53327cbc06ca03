"""Bars in time: a schedule on the lines of a clock, and a sender that plays it.

Three promises, whatever happens: every note-on gets its note-off; what comes too late does not
come in a burst but waits for the next bar line; after `stop` there is silence.

What a queue was given ahead can be taken back: when the tempo changes, when the rest of a bar is
composed anew, when the clock stops or jumps.
"""

from __future__ import annotations

import heapq

from musicgan.live.backends import Backend
from musicgan.live.clocks import Clock
from musicgan.live.messages import STOP, is_note_on
from musicgan.live.plan import PlannedBar
from musicgan.live.pulses import Pulses
from musicgan.live.schedule import CLOCK, Event, Schedule
from musicgan.live.sender import FOREVER_SEC, Sender

HELD_AHEAD_SEC = 0.1
"""Besides what is looked ahead, a held bar is laid again so long before it comes."""
ASTRAY_SEC = 0.0005
"""A queue is told anew when its times are so far from the clock's."""


class Performer:
    """Plays bars, in the order they come, on one backend by one clock.

    `lookahead_sec` is how far ahead a queued backend is given its messages; an immediate one gets
    them when they are due. `margin_sec` is how long before its bar line a bar must be here.
    """

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        lookahead_sec: float = 1.0,
        margin_sec: float = 0.02,
        pulses: Pulses | None = None,
    ) -> None:
        self.backend, self.clock, self.pulses = backend, clock, pulses
        self.lookahead_sec = lookahead_sec if backend.queued else 0.0
        self.margin_sec = margin_sec
        self.schedule = Schedule()
        self.sender = Sender(backend)
        self._last_tick = -FOREVER_SEC

    def add(self, bar: PlannedBar) -> None:
        """Take in the next bar; one that is too late begins at the next bar line."""
        self.sender.channels.update(note.channel for note in bar.notes)
        self.schedule.add(bar)
        self._lay()

    def replace(self, bar: PlannedBar) -> None:
        """Take in a bar, or the rest of one, that was composed anew: what came after it is void."""
        self.sender.channels.update(note.channel for note in bar.notes)
        self._take_back()
        self.schedule.replace(bar, self._free_tick(), self.sender.begun)
        self._lay()

    def hold(self, is_held: bool) -> None:
        """Play the bar that sounds now again and again, or no more."""
        schedule = self.schedule
        if is_held == (schedule.held is not None) or not self.clock.is_rolling:
            return
        now = schedule.now(self.clock.tick_at(self.backend.now_sec()))
        if is_held and now is None:
            return
        self._take_back()
        schedule.unlay_from(self._free_tick(), self.sender.begun)
        schedule.held = now.bar if is_held and now is not None else None
        self._lay()

    def mute(self, voices: frozenset[int]) -> None:
        """Only other voices are heard from now on; what they hold ends."""
        if voices != self.sender.muted:
            self.sender.muted = voices
            self._take_back()
            self.sender.end_given(voices)

    def panic(self) -> None:
        """End what sounds, and go on with what is to come."""
        self._take_back()
        self.sender.end_given()
        self.sender.say_silence()

    def rest(self) -> None:
        """End what sounds, and forget what was to come: there will be other bars. Pulses go on."""
        self._take_back()
        self.sender.end_given()
        before = self.schedule
        self.schedule = Schedule(before.count, before.song_tick)
        for event in before.events:
            if event.kind == CLOCK:
                self.schedule.push(event)

    def send_through(self, message: bytes) -> None:
        """A note of somebody else's, at once; one of ours that sounds where it does makes way."""
        if is_note_on(message):
            self._take_back()
        self.sender.send_through(message)

    def _lay(self) -> None:
        if self.clock.is_rolling:
            now = self.backend.now_sec()
            earliest = self.clock.tick_at(now + self.margin_sec)
            held_until = self.clock.tick_at(now + self.lookahead_sec + HELD_AHEAD_SEC)
            self.sender.counts.underruns += self.schedule.lay(earliest, held_until)

    def change_at(self, after_sec: float, beat_tick: int) -> tuple[int, float]:
        """From which tick of the song on it can be composed anew, and in how many seconds that is.

        It is the first beat that is reached no sooner than `after_sec` from now, or the next bar
        that is not here yet.
        """
        now = self.backend.now_sec()
        tick = self.clock.tick_at(now + after_sec) if self.clock.is_rolling else 0.0
        song_tick, clock_tick = self.schedule.place_in_song(tick, beat_tick)
        return song_tick, max(0.0, self.clock.due_sec(clock_tick) - now)

    @property
    def ahead_sec(self) -> float:
        """How much music is known beyond now; 0 while the clock stands."""
        if not self.clock.is_rolling:
            return 0.0
        return self.clock.due_sec(self.schedule.known_tick) - self.backend.now_sec()

    @property
    def bars_ahead(self) -> int:
        """Bars that are here and have not begun."""
        tick = self.clock.tick_at(self.backend.now_sec()) if self.clock.is_rolling else -FOREVER_SEC
        begun = sum(laid.tick <= tick for laid in self.schedule.laid)
        return len(self.schedule.laid) + len(self.schedule.waiting) - begun

    @property
    def is_done(self) -> bool:
        """Whether all that was added has been played."""
        now = self.backend.now_sec()
        self.sender.settle(now)
        schedule = self.schedule
        to_come = [*schedule.events, *(event for _, event in self.sender.to_come)]
        notes = any(event.kind != CLOCK for event in to_come)
        if notes or self.sender.given or schedule.waiting or schedule.held:
            return False
        return self.clock.is_rolling and self.clock.due_sec(schedule.known_tick) <= now

    def advance(self) -> float:
        """Give the backend what is to be given now; seconds until there may be more."""
        if not self.clock.is_rolling:
            return FOREVER_SEC
        now = self.backend.now_sec()
        self.sender.settle(now)
        self._last_tick = self.clock.tick_at(now)
        self.schedule.pass_by(self._last_tick)
        if self._is_astray:
            self._take_back()
        self._lay()
        horizon = now + self.lookahead_sec
        if self.pulses is not None:
            for tick, message in self.pulses.until(self.clock.tick_at(horizon)):
                self.schedule.push(Event(tick, CLOCK, 0, message))
        return self._give_until(horizon, now)

    def _give_until(self, horizon: float, now: float) -> float:
        """Give what is due by `horizon`; seconds until there may be more."""
        events, known_tick = self.schedule.events, self.schedule.known_tick
        while events:
            event = events[0]
            due = self.clock.due_sec(event.tick)
            if due > horizon:
                return min(due - horizon, self._until_known(now))
            # Beyond the last known bar a note-off may yet be overtaken by a new note-on.
            if event.kind != CLOCK and event.tick >= known_tick and due > now:
                return min(due - now, self._until_known(now))
            heapq.heappop(events)
            self.sender.give(due, event)
        return self._until_known(now)

    def _until_known(self, now: float) -> float:
        """Seconds to the end of what is known; never, if that is past."""
        left = self.clock.due_sec(self.schedule.known_tick) - now
        return left if left > 0 else FOREVER_SEC

    @property
    def _is_astray(self) -> bool:
        """Whether the clock now says otherwise than when the queue was told."""
        if not self.sender.to_come:
            return False
        due, event = self.sender.to_come[-1]
        can_change = due > self.backend.now_sec() + self.backend.handed_over_sec
        return can_change and abs(self.clock.due_sec(event.tick) - due) > ASTRAY_SEC

    def _take_back(self) -> None:
        """What the backend was given and can be changed is in the schedule again."""
        for event in self.sender.take_back():
            self.schedule.push(event)

    def _free_tick(self) -> float:
        """From where on nothing was handed over."""
        if not self.clock.is_rolling:
            return 0.0
        return self.clock.tick_at(self.backend.now_sec() + self.backend.handed_over_sec)

    def pause(self) -> None:
        """Silence, because the clock has stopped or jumped; bars that had not begun wait for it."""
        self.sender.silence()
        schedule = self.schedule
        schedule.unlay_from(self._last_tick, ())
        schedule.events.clear()
        schedule.laid.clear()
        schedule.known_tick = 0
        if self.pulses is not None and self.pulses.stop():
            self.backend.send(self.backend.now_sec(), bytes([STOP]))

    def resume(self) -> None:
        """The clock is rolling (again): go on at the next bar line."""
        tick = self.clock.tick_at(self.backend.now_sec() + self.margin_sec)
        if self.pulses is not None:
            self.pulses.start(tick)
        self._lay()

    def stop(self) -> None:
        """Silence, now: nothing more comes, every sounding note ends, and then CC123 and CC120."""
        self.pause()
        self.schedule = Schedule()
        self.sender.say_silence()
