"""A player beside the model: what they hold, what they have played, and when they pause."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from musicgan.live.messages import Place, is_note_off, is_note_on, place_of

MODES = ("follow", "chords")
SPLIT_PITCH = 60
"""The left hand plays below it."""
ECHO_SEC = 0.03
"""A note that comes in so close to when our own went out is our own, through a loop."""
REMEMBERED_BARS = 4
"""How much of what was played is answered."""
PAUSE_BARS = 0.5
"""Silence that ends a player's phrase."""


@dataclass(frozen=True)
class Played:
    """A note of the player, in ticks of the clock."""

    on_tick: float
    off_tick: float
    pitch: int
    velocity: int


class Duet:
    """Takes in the player's messages. `mode` None still remembers, for "answer me"."""

    def __init__(self, mode: str | None, bar_tick: int) -> None:
        self.mode = mode
        self._bar_tick = bar_tick
        self._held: dict[Place, tuple[float, int]] = {}
        """(tick, velocity) of what the player holds."""
        self._played: list[Played] = []
        self._last_tick = float("-inf")
        self._own: dict[Place, deque[float]] = {}
        """When our own latest notes went out, or will."""

    def sent(self, at_sec: float, message: bytes) -> None:
        """A message of our own, and when it goes out."""
        if is_note_on(message):
            self._own.setdefault(place_of(message), deque(maxlen=8)).append(at_sec)

    def hear(self, at_sec: float, tick: float, message: bytes) -> bool:
        """One of the player's messages; whether it is a note of theirs, and not our own again."""
        if is_note_on(message):
            place = place_of(message)
            if any(abs(at_sec - own) < ECHO_SEC for own in self._own.get(place, ())):
                return False
            self._end(place, tick)
            self._held[place] = (tick, message[2])
            self._last_tick = tick
            return True
        if is_note_off(message) and place_of(message) in self._held:
            self._end(place_of(message), tick)
            self._last_tick = tick
            return True
        return False

    def _end(self, place: Place, tick: float) -> None:
        if place in self._held:
            on_tick, velocity = self._held.pop(place)
            self._played.append(Played(on_tick, max(tick, on_tick + 1), place[1], velocity))
            since = tick - REMEMBERED_BARS * self._bar_tick
            self._played = [note for note in self._played if note.off_tick > since]

    @property
    def chord(self) -> frozenset[int]:
        """Pitch classes that the left hand holds; none unless chords lead."""
        if self.mode != "chords":
            return frozenset()
        return frozenset(pitch % 12 for _, pitch in self._held if pitch < SPLIT_PITCH)

    def is_playing(self, tick: float) -> bool:
        """Whether the player is at it: holds a note, or has paused for less than half a bar."""
        return bool(self._held) or tick - self._last_tick < PAUSE_BARS * self._bar_tick

    def phrase(self, tick: float) -> list[Played]:
        """What was played in the latest bars, what is still held at `tick` included."""
        held = [
            Played(on_tick, max(tick, on_tick + 1), pitch, velocity)
            for (_, pitch), (on_tick, velocity) in self._held.items()
        ]
        return sorted(self._played + held, key=lambda note: (note.on_tick, note.pitch))

    def forget(self) -> None:
        """It was answered, or the clock has jumped."""
        self._played.clear()
        self._last_tick = float("-inf")
