"""From a schedule of bars to messages in time, and the table of what is sounding.

Three promises, whatever happens: every note-on gets its note-off; what comes too late does not
come in a burst but waits for the next bar line; after `stop` there is silence.

What a queue was given ahead can be taken back: when the tempo changes, when the rest of a bar is
composed anew, when the clock stops or jumps.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from musicgan.live.backends import Backend
from musicgan.live.clocks import Clock
from musicgan.live.messages import STOP, Place, is_note_on, note_off, place_of, silences
from musicgan.live.plan import PlannedBar
from musicgan.live.pulses import Pulses
from musicgan.live.schedule import CLOCK, OFF, ON, Event, Schedule

TOO_LATE_SEC = 0.1
"""A note that should have sounded so long ago is not wanted any more."""
HANDED_OVER_SEC = 0.05
"""More than two audio periods of 1,024 frames: what a queue holds for later can be taken back."""
HELD_AHEAD_SEC = 0.1
"""Besides what is looked ahead, a held bar is laid again so long before it comes."""
ASTRAY_SEC = 0.0005
"""A queue is told anew when its times are so far from the clock's."""
FOREVER_SEC = float("inf")


@dataclass
class Counts:
    """What a player wants to know of how it goes."""

    notes: int = 0
    underruns: int = 0
    """Bars that came too late and were moved to a later bar line."""
    skipped: int = 0
    """Notes left out because whoever plays them was held up for too long."""


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
        self.handed_over_sec = HANDED_OVER_SEC if backend.queued else 0.0
        self.schedule = Schedule()
        self.counts = Counts()
        self.late_sec: deque[float] = deque(maxlen=1000)
        """How late the latest messages were."""
        self.latest: dict[int, int] = {}
        """The last pitch of each voice that has sounded."""
        self.muted: frozenset[int] = frozenset()
        """Voices that are not heard."""
        self.on_send: Callable[[float, bytes], None] | None = None
        """Told of each message and when it goes out."""
        self._through: set[Place] = set()
        """What sounds of what was sent through."""
        self._given: dict[Place, Event] = {}
        """What sounds after all that the backend was given: note-ons by place."""
        self._to_come: deque[tuple[float, Event]] = deque()
        """What it was given for later than when last looked."""
        self._sounding: dict[Place, Event] = {}
        self._channels: set[int] = set()
        self._last_due_sec = -FOREVER_SEC
        self._last_tick = -FOREVER_SEC

    def add(self, bar: PlannedBar) -> None:
        """Take in the next bar; one that is too late begins at the next bar line."""
        self._channels.update(note.channel for note in bar.notes)
        self.schedule.waiting.append(bar)
        self._lay()

    def replace(self, bar: PlannedBar) -> None:
        """Take in a bar, or the rest of one, that was composed anew: what came after it is void."""
        self._channels.update(note.channel for note in bar.notes)
        self._take_back()
        self.schedule.replace(bar, self._free_tick(), self._begun())
        self._lay()

    def hold(self, is_held: bool) -> None:
        """Play the bar that sounds now again and again, or no more."""
        schedule = self.schedule
        if is_held == (schedule.held is not None) or not self.clock.is_rolling:
            return
        now = schedule.now(self.clock.tick_at(self.backend.now_sec()))
        self._take_back()
        if is_held and now is not None:
            schedule.unlay_from(self._free_tick(), self._begun())
            schedule.held = now.bar
        elif not is_held:
            schedule.unlay_from(self._free_tick(), self._begun())
            schedule.held = None
        self._lay()

    def mute(self, voices: frozenset[int]) -> None:
        """Only other voices are heard from now on; what they hold ends."""
        if voices == self.muted:
            return
        self.muted = voices
        self._take_back()
        now = self.backend.now_sec()
        for place, event in list(self._given.items()):
            if event.voice in voices:
                del self._given[place]
                self._send(now, Event(event.tick, OFF, event.number, note_off(place)))

    def send_through(self, message: bytes) -> None:
        """A note of somebody else's, at once; it ends with ours at the latest."""
        self.backend.send_now(message)
        self._channels.add(message[0] & 15)
        if is_note_on(message):
            self._through.add(place_of(message))
        else:
            self._through.discard(place_of(message))

    def panic(self) -> None:
        """End what sounds, and go on with what is to come."""
        self._take_back()
        now = self.backend.now_sec()
        for place, event in self._given.items():
            self._send(now, Event(event.tick, OFF, event.number, note_off(place)))
        self._given.clear()
        self._say_silence(max(now, self._last_due_sec))

    def rest(self) -> None:
        """End what sounds, and forget what was to come: there will be other bars."""
        self._silence()
        self.schedule = Schedule()

    def _lay(self) -> None:
        if self.clock.is_rolling:
            now = self.backend.now_sec()
            earliest = self.clock.tick_at(now + self.margin_sec)
            held_until = self.clock.tick_at(now + self.lookahead_sec + HELD_AHEAD_SEC)
            self.counts.underruns += self.schedule.lay(earliest, held_until)

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
        self._settle(now)
        schedule = self.schedule
        notes = any(event.kind != CLOCK for event in schedule.events)
        if notes or self._given or self._to_come or schedule.waiting or schedule.held:
            return False
        return self.clock.is_rolling and self.clock.due_sec(schedule.known_tick) <= now

    def advance(self) -> float:
        """Give the backend what is to be given now; seconds until there may be more."""
        if not self.clock.is_rolling:
            return FOREVER_SEC
        now = self.backend.now_sec()
        self._settle(now)
        self._last_tick = self.clock.tick_at(now)
        self.schedule.pass_by(self._last_tick)
        if self._is_astray():
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
            self._give(due, event)
        return self._until_known(now)

    def _until_known(self, now: float) -> float:
        """Seconds to the end of what is known; never, if that is past."""
        left = self.clock.due_sec(self.schedule.known_tick) - now
        return left if left > 0 else FOREVER_SEC

    def _is_astray(self) -> bool:
        """Whether the clock now says otherwise than when the queue was told."""
        if not self._to_come:
            return False
        due, event = self._to_come[-1]
        can_change = due > self.backend.now_sec() + self.handed_over_sec
        return can_change and abs(self.clock.due_sec(event.tick) - due) > ASTRAY_SEC

    def _give(self, due: float, event: Event) -> None:
        if event.kind == CLOCK:
            self._send(due, event)
            return
        place = place_of(event.message)
        if event.kind == OFF:
            begun = self._given.get(place)
            if begun is None or begun.number != event.number:
                return  # its pitch was struck again, which ended it, or it was left out
            del self._given[place]
        else:
            if event.voice in self.muted:
                return
            if due < self.backend.now_sec() - TOO_LATE_SEC:
                self.counts.skipped += 1
                return
            before = self._given.get(place)
            if before is not None:
                end = Event(event.tick, OFF, before.number, note_off(place), on_tick=before.on_tick)
                self._send(due, end)
            self._given[place] = event
        self._send(due, event)

    def _send(self, due: float, event: Event) -> None:
        # A queue keeps its order; a tempo that has just risen would turn it around.
        due = self._last_due_sec = max(due, self._last_due_sec)
        now = self.backend.now_sec()
        self.backend.send(due, event.message)
        if event.kind != CLOCK:
            self.late_sec.append(max(0.0, now - due))
        self._to_come.append((due, event))
        if self.on_send is not None:
            self.on_send(due, event.message)

    def _settle(self, now: float) -> None:
        """Note what has sounded by now."""
        while self._to_come and self._to_come[0][0] <= now:
            self._happen(self._to_come.popleft()[1])

    def _happen(self, event: Event) -> None:
        if event.kind == ON:
            self._sounding[place_of(event.message)] = event
            self.latest[event.voice] = event.message[1]
            self.counts.notes += 1
        elif event.kind == OFF:
            self._sounding.pop(place_of(event.message), None)

    def _free_tick(self) -> float:
        """From where on nothing was handed over."""
        if not self.clock.is_rolling:
            return 0.0
        return self.clock.tick_at(self.backend.now_sec() + self.handed_over_sec)

    def _begun(self) -> set[int]:
        return {event.number for event in self._given.values()}

    def _take_back(self) -> None:
        """What the backend was given for later than can be changed is to be given again."""
        now = self.backend.now_sec()
        self._settle(now)
        last = now + self.handed_over_sec
        self.backend.cancel_after(last)
        given = dict(self._sounding)
        kept: deque[tuple[float, Event]] = deque()
        for due, event in self._to_come:
            if due > last:
                self.schedule.push(event)
                continue
            kept.append((due, event))
            if event.kind == ON:
                given[place_of(event.message)] = event
            elif event.kind == OFF:
                given.pop(place_of(event.message), None)
        self._to_come, self._given = kept, given
        self._last_due_sec = kept[-1][0] if kept else min(self._last_due_sec, now)

    def pause(self) -> None:
        """Silence, because the clock has stopped or jumped; bars that had not begun wait for it."""
        self._silence()
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
        self._say_silence(self.backend.now_sec())

    def _say_silence(self, at_sec: float) -> None:
        for channel in sorted(self._channels):
            for message in silences(channel):
                self.backend.send(at_sec, message)
        self._through.clear()

    def _silence(self) -> None:
        """End what sounds, and forget what was to come."""
        now = self.backend.now_sec()
        self.backend.cancel_after(now)
        # A queue hands over a little ahead of time: what is due now may be out already.
        self._settle(now)
        handed = (event for due, event in self._to_come if due <= now + HANDED_OVER_SEC)
        begun = {place_of(event.message) for event in handed if event.kind == ON}
        self._to_come.clear()
        for place in sorted({*self._sounding, *self._given, *self._through} | begun):
            self.backend.send(now, note_off(place))
        self._sounding.clear()
        self._given.clear()
        self._last_due_sec = now
