"""Where in the music we are: ticks against the seconds of whoever sends the notes.

A clock is anything that is a `Clock`. It never looks at the wall clock: a laptop's may jump.
"""

from __future__ import annotations

from typing import Protocol

SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0


class Clock(Protocol):
    """Musical time against a backend's own seconds."""

    def tick_at(self, now_sec: float) -> float:
        """The tick that is reached at `now_sec`."""
        ...

    def due_sec(self, tick: float) -> float:
        """When `tick` is reached, as far as is known now."""
        ...

    @property
    def bpm(self) -> float:
        """The present tempo."""
        ...


class InternalClock:
    """A tempo of our own, from tick 0 at `start_sec`; it may change, and ticks stay continuous."""

    def __init__(self, ticks_per_beat: int, bpm: float, start_sec: float) -> None:
        self.ticks_per_beat = ticks_per_beat
        self._tick, self._sec = 0.0, start_sec
        self._bpm = clip_bpm(bpm)

    @property
    def bpm(self) -> float:
        """The present tempo."""
        return self._bpm

    def set_tempo(self, bpm: float, now_sec: float) -> None:
        """From now on so fast; what has been played is where it was."""
        self._tick, self._sec = self.tick_at(now_sec), now_sec
        self._bpm = clip_bpm(bpm)

    def tick_at(self, now_sec: float) -> float:
        """Ticks since the start, below 0 before it."""
        return self._tick + (now_sec - self._sec) / self._sec_per_tick

    def due_sec(self, tick: float) -> float:
        """Seconds of the backend."""
        return self._sec + (tick - self._tick) * self._sec_per_tick

    @property
    def _sec_per_tick(self) -> float:
        return 60 / self._bpm / self.ticks_per_beat


def clip_bpm(bpm: float) -> float:
    """The nearest tempo that can be played, 20 to 400."""
    return min(max(bpm, SLOWEST_BPM), FASTEST_BPM)
