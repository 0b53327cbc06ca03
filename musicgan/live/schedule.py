"""Bars on the bar lines of a clock, and the messages that come of them, in ticks: no seconds.

Bars are laid one after another, whatever ticks they were composed for. A note-on is never planned
without its note-off.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from math import ceil

from musicgan.live.messages import NOTE_ON, note_off
from musicgan.live.plan import PlannedBar

CLOCK, OFF, ON = -1, 0, 1
"""What comes first of the messages of one tick."""


@dataclass(frozen=True, order=True)
class Event:
    """A message at a tick of the clock; `number` is that of its note."""

    tick: float
    kind: int
    number: int
    message: bytes = field(compare=False)
    voice: int = field(default=-1, compare=False)
    on_tick: float = field(default=float("-inf"), compare=False)
    """Where its note begins."""


@dataclass(frozen=True)
class Laid:
    """A bar and the tick of the clock at which it begins."""

    bar: PlannedBar
    tick: int

    @property
    def end_tick(self) -> int:
        """Where the next one begins."""
        return self.tick + self.bar.length_tick


class Schedule:
    """What is to come. `events` is a heap; whoever plays takes from it and may put back.

    `count` is how many bars were laid before, `song_tick` where they end in the song.
    """

    def __init__(self, count: int = 0, song_tick: int = 0) -> None:
        self.events: list[Event] = []
        self.waiting: deque[PlannedBar] = deque()
        """Bars that are here but have no place yet."""
        self.laid: deque[Laid] = deque()
        """The bar that sounds and those after it."""
        self.held: PlannedBar | None = None
        """A bar that is played again and again while others wait."""
        self.known_tick = 0
        """Where the last laid bar ends."""
        self.count = count
        """Bars laid so far, those laid again not counted twice."""
        self.song_tick = song_tick
        """Where the bar to come begins in the song."""
        self._number = 0

    def add(self, bar: PlannedBar) -> None:
        """One more bar, which waits for its place."""
        self.waiting.append(bar)
        self.song_tick = bar.start_tick + bar.length_tick

    def push(self, event: Event) -> None:
        """One more message."""
        heapq.heappush(self.events, event)

    def lay(self, earliest_tick: float, held_until_tick: float) -> int:
        """Give the waiting bars their places, or the held one as many as it takes.

        No bar begins before `earliest_tick`; one that would begins at the next bar line instead.
        Returns how many were moved so while others sounded before them.
        """
        moved = 0
        while self.held is not None and self.known_tick <= held_until_tick:
            moved += self._lay(self.held, earliest_tick)
        while self.held is None and self.waiting:
            moved += self._lay(self.waiting.popleft(), earliest_tick)
        return moved

    def _lay(self, bar: PlannedBar, earliest_tick: float) -> bool:
        tick = max(
            self.known_tick, ceil(max(0.0, earliest_tick) / bar.length_tick) * bar.length_tick
        )
        moved = bool(self.laid) and tick > self.known_tick
        self.laid.append(Laid(bar, tick))
        self.known_tick = tick + bar.length_tick
        self.count += 1
        self._plan(self.laid[-1], bar, tick)
        return moved

    def _plan(self, laid: Laid, bar: PlannedBar, from_tick: float) -> None:
        """The notes of `bar` that begin at `from_tick` or later, where `laid` says."""
        shift = laid.tick - bar.start_tick
        for note in bar.notes:
            on_tick = note.on_tick + shift
            if on_tick < from_tick:
                continue
            self._number += 1
            on = bytes([NOTE_ON | note.channel, note.pitch, note.velocity])
            off = note_off((note.channel, note.pitch))
            for tick, kind, message in ((on_tick, ON, on), (note.off_tick + shift, OFF, off)):
                self.push(Event(tick, kind, self._number, message, note.voice, on_tick))

    def pass_by(self, tick: float) -> None:
        """Forget the bars that are over by then."""
        while len(self.laid) > 1 and self.laid[0].end_tick <= tick:
            self.laid.popleft()

    def now(self, tick: float) -> Laid | None:
        """The bar that `tick` falls into."""
        return next((laid for laid in self.laid if laid.tick <= tick < laid.end_tick), None)

    def clear_from(self, tick: float, begun: Collection[int]) -> None:
        """Forget the notes that begin at `tick` or later, but for those whose numbers are `begun`.

        What has begun keeps its end.
        """
        self.events = [e for e in self.events if e.on_tick < tick or e.number in begun]
        heapq.heapify(self.events)

    def unlay_from(self, tick: float, begun: Collection[int]) -> None:
        """Bars that begin at `tick` or later wait again; copies of a held one are forgotten."""
        again = []
        while self.laid and self.laid[-1].tick >= tick:
            again.append(self.laid.pop())
        if not again:
            return
        self.clear_from(again[-1].tick, begun)
        self.known_tick = again[-1].tick
        self.count -= len(again)
        bars = [laid.bar for laid in again if self.held is None or laid.bar != self.held]
        self.waiting.extendleft(bars)

    def replace(self, rest: PlannedBar, earliest_tick: float, begun: Collection[int]) -> None:
        """Put a bar, or the rest of one, in the place of what was planned from there on.

        What begins before `earliest_tick` stands.
        """
        self.song_tick = rest.start_tick + rest.length_tick
        at = [index for index, laid in enumerate(self.laid) if laid.bar.number == rest.number]
        kept = [bar for bar in self.waiting if bar.number < rest.number]
        if not at:
            same = [bar.followed_by(rest) for bar in self.waiting if bar.number == rest.number]
            self.waiting = deque([*kept, *(same or [rest])])
            return
        self.waiting = deque(kept)
        while len(self.laid) > at[0] + 1:
            self.laid.pop()
            self.count -= 1
        laid = self.laid.pop()
        from_tick = max(earliest_tick, rest.from_tick + laid.tick - rest.start_tick)
        self.clear_from(from_tick, begun)
        self.laid.append(Laid(laid.bar.followed_by(rest), laid.tick))
        self.known_tick = laid.end_tick
        self._plan(laid, rest, from_tick)

    def place_in_song(self, tick: float, beat_tick: int) -> tuple[int, float]:
        """The first beat at `tick` or later: its tick in the song, and that of the clock.

        Beyond what is laid it is the start of the next bar to come.
        """
        for laid in self.laid:
            beats = max(0, ceil((tick - laid.tick) / beat_tick))
            if self.held is None and laid.tick + beats * beat_tick < laid.end_tick:
                return laid.bar.start_tick + beats * beat_tick, laid.tick + beats * beat_tick
        return self.song_tick, self.known_tick
