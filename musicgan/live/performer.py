"""From planned bars to messages in time: the schedule, and the table of what is sounding.

Three promises, whatever happens: every note-on gets its note-off; what comes too late does not
come in a burst but waits for the next bar line; after `stop` there is silence.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from math import ceil

from musicgan.live.backends import Backend
from musicgan.live.clock import Clock
from musicgan.live.plan import PlannedBar

NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
TOO_LATE_SEC = 0.1
"""A note that should have sounded so long ago is not wanted any more."""
HANDED_OVER_SEC = 0.1
"""More than any audio period: what a queue holds for later than that can still be cancelled."""
FOREVER_SEC = float("inf")


@dataclass
class Counts:
    """What a player wants to know of how it goes."""

    notes: int = 0
    underruns: int = 0
    """Bars that came too late and were moved to a later bar line."""
    bars: int = 0
    skipped: int = 0
    """Notes left out because whoever plays them was held up for too long."""


class Performer:
    """Plays bars, in the order they come, on one backend by one clock.

    `lookahead_sec` is how far ahead a queued backend is given its messages; an immediate one gets
    them when they are due. `margin_sec` is how long before its bar line a bar must be here.
    """

    def __init__(
        self, backend: Backend, clock: Clock, lookahead_sec: float = 1.0, margin_sec: float = 0.02
    ) -> None:
        self.backend, self.clock = backend, clock
        self.lookahead_sec = lookahead_sec if backend.queued else 0.0
        self.margin_sec = margin_sec
        self.counts = Counts()
        self._shift_tick = 0
        self._known_tick = self._length_tick = 0
        self._events: list[tuple[float, int, int, bytes]] = []
        """Heap of (tick, 0 for off and 1 for on, number of the note, message)."""
        self._given: dict[tuple[int, int], int] = {}
        """What the backend was given as sounding: number of the note by (channel, pitch)."""
        self._to_come: deque[tuple[float, bytes]] = deque()
        """Messages given for later than when last looked."""
        self._sounding: set[tuple[int, int]] = set()
        self._channels: set[int] = set()
        self._number = 0

    def add(self, bar: PlannedBar) -> None:
        """Take in the next bar; one that is too late begins at the next bar line."""
        start = bar.start_tick + self._shift_tick
        earliest = self.clock.tick_at(self.backend.now_sec() + self.margin_sec)
        if start < earliest:
            late = ceil((earliest - start) / bar.length_tick) * bar.length_tick
            self._shift_tick += late
            # Before the first bar nothing was interrupted.
            self.counts.underruns += self.counts.bars > 0
        self.counts.bars += 1
        self._known_tick, self._length_tick = bar.end_tick + self._shift_tick, bar.length_tick
        for note in bar.notes:
            self._number += 1
            self._channels.add(note.channel)
            on = bytes([NOTE_ON | note.channel, note.pitch, note.velocity])
            off = bytes([NOTE_OFF | note.channel, note.pitch, 0])
            for tick, kind, message in ((note.on_tick, 1, on), (note.off_tick, 0, off)):
                heapq.heappush(self._events, (tick + self._shift_tick, kind, self._number, message))

    @property
    def ahead_sec(self) -> float:
        """How much music is known beyond now."""
        return self.clock.due_sec(self._known_tick) - self.backend.now_sec()

    @property
    def bar_sec(self) -> float:
        """How long the latest bar lasts."""
        return self.clock.due_sec(self._length_tick) - self.clock.due_sec(0)

    @property
    def is_done(self) -> bool:
        """Whether all that was added has been played."""
        now = self.backend.now_sec()
        self._settle(now)
        waiting = self._events or self._given or self._to_come
        return not waiting and self.clock.due_sec(self._known_tick) <= now

    def advance(self) -> float:
        """Give the backend what is to be given now; seconds until there may be more."""
        now = self.backend.now_sec()
        self._settle(now)
        horizon = now + self.lookahead_sec
        while self._events:
            tick, kind, number, message = self._events[0]
            due = self.clock.due_sec(tick)
            if due > horizon:
                return min(due - horizon, self._until_known(now))
            # Beyond the last known bar a note-off may yet be overtaken by a new note-on.
            if tick >= self._known_tick and due > now:
                return min(due - now, self._until_known(now))
            heapq.heappop(self._events)
            self._give(due, kind, number, message)
        return self._until_known(now)

    def _until_known(self, now: float) -> float:
        """Seconds to the end of what is known; never, if that is past."""
        left = self.clock.due_sec(self._known_tick) - now
        return left if left > 0 else FOREVER_SEC

    def _give(self, due: float, kind: int, number: int, message: bytes) -> None:
        place = (message[0] & 15, message[1])
        if kind == 0:
            if self._given.get(place) != number:
                return  # its pitch was struck again, which ended it, or it was left out
            del self._given[place]
        elif due < self.backend.now_sec() - TOO_LATE_SEC:
            self.counts.skipped += 1
            return
        else:
            if place in self._given:
                self._send(due, bytes([NOTE_OFF | place[0], place[1], 0]))
            self._given[place] = number
            self.counts.notes += 1
        self._send(due, message)

    def _send(self, due: float, message: bytes) -> None:
        self.backend.send(due, message)
        self._to_come.append((due, message))

    def _settle(self, now: float) -> None:
        """Note what has sounded by now."""
        while self._to_come and self._to_come[0][0] <= now:
            _, message = self._to_come.popleft()
            place = (message[0] & 15, message[1])
            if message[0] & 0xF0 == NOTE_ON:
                self._sounding.add(place)
            else:
                self._sounding.discard(place)

    def stop(self) -> None:
        """Silence, now: nothing more comes, every sounding note ends, and then CC123 and CC120."""
        now = self.backend.now_sec()
        self.backend.cancel_after(now)
        # A queue hands over a little ahead of time: what is due now may be out already.
        self._settle(now)
        begun = {
            (message[0] & 15, message[1])
            for due, message in self._to_come
            if message[0] & 0xF0 == NOTE_ON and due <= now + HANDED_OVER_SEC
        }
        self._to_come.clear()
        self._events.clear()
        for channel, pitch in sorted(self._sounding | set(self._given) | begun):
            self.backend.send(now, bytes([NOTE_OFF | channel, pitch, 0]))
        for channel in sorted(self._channels):
            for control in (ALL_NOTES_OFF, ALL_SOUND_OFF):
                self.backend.send(now, bytes([CONTROL | channel, control, 0]))
        self._sounding.clear()
        self._given.clear()
