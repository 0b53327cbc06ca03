"""A tempo of our own."""

from __future__ import annotations

from musicgan.live.backends import Backend
from musicgan.live.clocks import ClockOptions, clip_bpm

LEAD_SEC = 0.06
"""From `begin` to tick 0."""


class InternalClock:
    """From `begin` on; the tempo may change, and ticks stay continuous."""

    source = "internal"

    def __init__(self, options: ClockOptions, backend: Backend | None = None) -> None:
        self.ticks_per_beat = options.ticks_per_beat
        self._tick, self._sec = 0.0, float("inf")
        self._bpm = clip_bpm(options.bpm)
        self._started = False

    def begin(self, now_sec: float) -> None:
        """Tick 0 comes a moment later."""
        self._tick, self._sec = 0.0, now_sec + LEAD_SEC
        self._started = True

    def hear(self, at_sec: float, message: bytes) -> None:
        """Nobody tells it anything."""

    def poll(self, now_sec: float) -> bool:
        """Whether it has begun since."""
        started, self._started = self._started, False
        return started

    @property
    def is_rolling(self) -> bool:
        """Whether it has begun."""
        return self._sec < float("inf")

    @property
    def bpm(self) -> float:
        """The present tempo."""
        return self._bpm

    def set_tempo(self, bpm: float, now_sec: float) -> bool:
        """From now on so fast; what has been played is where it was."""
        if self.is_rolling:
            self._tick, self._sec = self.tick_at(now_sec), now_sec
        self._bpm = clip_bpm(bpm)
        return True

    def tick_at(self, now_sec: float) -> float:
        """Ticks since the start, below 0 before it."""
        return self._tick + (now_sec - self._sec) / self._sec_per_tick

    def due_sec(self, tick: float) -> float:
        """Seconds of the backend."""
        return self._sec + (tick - self._tick) * self._sec_per_tick

    def close(self) -> None:
        """Nothing is held."""

    @property
    def _sec_per_tick(self) -> float:
        return 60 / self._bpm / self.ticks_per_beat
