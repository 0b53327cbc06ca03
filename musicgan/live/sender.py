"""Messages to a backend, and the table of what is sounding.

Every note-on gets its note-off, a pitch that is struck again too; what comes too late is left out;
what a queue was given ahead can be taken back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container
from dataclasses import dataclass

from musicgan.live.backends import Backend
from musicgan.live.messages import Place, is_note_on, note_off, place_of, silences
from musicgan.live.schedule import CLOCK, OFF, ON, Event

TOO_LATE_SEC = 0.1
"""A note that should have sounded so long ago is not wanted any more."""
FOREVER_SEC = float("inf")


@dataclass
class Counts:
    """What a player wants to know of how it goes."""

    notes: int = 0
    underruns: int = 0
    """Bars that came too late and were moved to a later bar line."""
    skipped: int = 0
    """Notes left out because whoever plays them was held up for too long."""


class Sender:
    """Gives a backend events in time, in order."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.counts = Counts()
        self.late_sec: deque[float] = deque(maxlen=1000)
        """How late the latest messages were."""
        self.latest: dict[int, int] = {}
        """The last pitch of each voice that has sounded."""
        self.muted: frozenset[int] = frozenset()
        """Voices that are not heard."""
        self.on_send: Callable[[float, bytes], None] | None = None
        """Told of each message and when it goes out."""
        self.channels: set[int] = set()
        """Those that are silenced in the end."""
        self.given: dict[Place, Event] = {}
        """What sounds after all that the backend was given: note-ons by place."""
        self.to_come: deque[tuple[float, Event]] = deque()
        """What it was given for later than when last looked."""
        self._sounding: dict[Place, Event] = {}
        self._through: set[Place] = set()
        """What sounds of what was sent through."""
        self._last_due_sec = -FOREVER_SEC

    def give(self, due: float, event: Event) -> None:
        """One event, to go out at `due`; an end of a note that has ended is none."""
        if event.kind == CLOCK:
            self._send(due, event)
            return
        place = place_of(event.message)
        if event.kind == OFF:
            begun = self.given.get(place)
            if begun is None or begun.number != event.number:
                return  # its pitch was struck again, which ended it, or it was left out
            del self.given[place]
        else:
            if event.voice in self.muted or place in self._through:
                return
            if due < self.backend.now_sec() - TOO_LATE_SEC:
                self.counts.skipped += 1
                return
            before = self.given.get(place)
            if before is not None:
                end = Event(event.tick, OFF, before.number, note_off(place), on_tick=before.on_tick)
                self._send(due, end)
            self.given[place] = event
        self._send(due, event)

    def _send(self, due: float, event: Event) -> None:
        # A queue keeps its order; a tempo that has just risen would turn it around.
        due = self._last_due_sec = max(due, self._last_due_sec)
        now = self.backend.now_sec()
        self.backend.send(due, event.message)
        if event.kind != CLOCK:
            self.late_sec.append(max(0.0, now - due))
        self.to_come.append((due, event))
        if self.on_send is not None:
            self.on_send(due, event.message)

    def settle(self, now: float) -> None:
        """Note what has sounded by `now`."""
        while self.to_come and self.to_come[0][0] <= now:
            self._happen(self.to_come.popleft()[1])

    def _happen(self, event: Event) -> None:
        if event.kind == ON:
            self._sounding[place_of(event.message)] = event
            self.latest[event.voice] = event.message[1]
            self.counts.notes += 1
        elif event.kind == OFF:
            self._sounding.pop(place_of(event.message), None)

    @property
    def begun(self) -> set[int]:
        """Numbers of the notes that sound after all that was given."""
        return {event.number for event in self.given.values()}

    def take_back(self) -> list[Event]:
        """What was given for later than cannot be changed; it is to be given again, or never."""
        now = self.backend.now_sec()
        self.settle(now)
        last = now + self.backend.handed_over_sec
        self.backend.cancel_after(last)
        given = dict(self._sounding)
        kept: deque[tuple[float, Event]] = deque()
        for due, event in self.to_come:
            if due > last:
                continue
            kept.append((due, event))
            if event.kind == ON:
                given[place_of(event.message)] = event
            elif event.kind == OFF:
                given.pop(place_of(event.message), None)
        again = [event for due, event in self.to_come if due > last]
        self.to_come, self.given = kept, given
        self._last_due_sec = kept[-1][0] if kept else min(self._last_due_sec, now)
        return again

    def end_given(self, voices: Container[int] | None = None) -> None:
        """End what sounds of these voices, or of all; what can be taken back must have been."""
        now = self.backend.now_sec()
        for place, event in list(self.given.items()):
            if voices is None or event.voice in voices:
                del self.given[place]
                self._send(now, Event(event.tick, OFF, event.number, note_off(place)))

    def send_through(self, message: bytes) -> None:
        """A note of somebody else's, at once; while it sounds none of ours begins there.

        What can be taken back of what was given must have been.
        """
        place, now = place_of(message), self.backend.now_sec()
        self.settle(now)
        if is_note_on(message):
            self._through.add(place)
            ours = self.given.pop(place, None)
            if ours is not None and self._sounding.get(place) == ours:
                del self._sounding[place]
                self.backend.send_now(note_off(place))
            elif ours is not None:  # it begins in a moment, whatever is sent now
                self._send(now, Event(ours.tick, OFF, ours.number, note_off(place)))
        else:
            self._through.discard(place)
        self.backend.send_now(message)
        self.channels.add(place[0])
        if self.on_send is not None:
            self.on_send(now, message)

    def silence(self) -> None:
        """End what sounds of ours, now; what was to come is forgotten."""
        now = self.backend.now_sec()
        self.backend.cancel_after(now)
        # A queue hands over ahead of time, a server that is short of it by more than is known.
        self.settle(now)
        begun = {place_of(event.message) for _, event in self.to_come if event.kind == ON}
        self.to_come.clear()
        for place in sorted({*self._sounding, *self.given} | begun):
            self.backend.send(now, note_off(place))
        self._sounding.clear()
        self.given.clear()
        self._last_due_sec = now

    def say_silence(self) -> None:
        """What was sent through ends; all notes off and all sound off, after what was given."""
        at_sec = max(self.backend.now_sec(), self._last_due_sec)
        for place in sorted(self._through):
            self.backend.send(at_sec, note_off(place))
        for channel in sorted(self.channels):
            for message in silences(channel):
                self.backend.send(at_sec, message)
        self._through.clear()
