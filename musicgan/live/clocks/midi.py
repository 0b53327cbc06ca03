"""MIDI clock in: start, stop, continue, song position, and pulses smoothed over beats.

Single pulses jitter by milliseconds, more than a beat may change. A straight line is laid through
the latest of them by least squares; where they leave it for good, through fewer.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from musicgan.live.backends import Backend
from musicgan.live.clocks import FASTEST_BPM, SLOWEST_BPM, ClockOptions, clip_bpm
from musicgan.live.messages import (
    CONTINUE,
    POSITION,
    PULSE,
    PULSES_PER_BEAT,
    START,
    STOP,
    position_of,
)

MOST = 4 * PULSES_PER_BEAT
FEWEST = PULSES_PER_BEAT // 2
"""Pulses that the line is laid through: four beats, half a one after a change of tempo."""
LATEST = PULSES_PER_BEAT // 4
STRAYED_SEC = 0.004
"""The latest pulses are so far off on average only when the tempo has changed."""
FASTEST_SEC, SLOWEST_SEC = (60 / bpm / PULSES_PER_BEAT for bpm in (FASTEST_BPM, SLOWEST_BPM))
"""Between two pulses."""
GONE_SEC = 1.0
"""After so long without a pulse whoever sent them is gone: the slowest are 0.125 s apart."""


class MidiClock:
    """Follows the pulses that come over the backend's input."""

    source = "MIDI clock"

    def __init__(self, options: ClockOptions, backend: Backend) -> None:
        self._tick_per_pulse = options.ticks_per_beat / PULSES_PER_BEAT
        self._pulses: deque[tuple[int, float]] = deque(maxlen=MOST)
        """(number in the song, seconds) of the latest pulses."""
        self._next = 0
        """Number of the pulse to come."""
        self._heard_sec = 0.0
        """When the latest one came."""
        self._rolling = self._changed = self._armed = False
        self._sec_per_pulse = 60 / clip_bpm(options.bpm) / PULSES_PER_BEAT
        self._anchor = (0.0, 0.0)
        """A pulse, not a whole one, and when it is."""

    def begin(self, now_sec: float) -> None:
        """It waits for a start."""

    def hear(self, at_sec: float, message: bytes) -> None:
        """Pulses count from a start or continue on; the first one after it is its place."""
        kind = message[0]
        if kind == PULSE:
            self._pulse(at_sec)
        elif kind == POSITION and len(message) == 3:
            self._next = position_of(message)
            self._armed |= self._rolling
            self._pulses.clear()
        elif kind in (START, CONTINUE):
            self._next = 0 if kind == START else self._next
            self._pulses.clear()
            self._armed = True
        elif kind == STOP:
            self._stop()

    def _pulse(self, at_sec: float) -> None:
        if self._armed:
            self._armed, self._rolling, self._changed = False, True, True
        if not self._rolling:
            return
        self._pulses.append((self._next, at_sec))
        self._next, self._heard_sec = self._next + 1, at_sec
        self._fit()

    def _fit(self) -> None:
        """Lay the line; with few pulses it keeps the slope of before."""
        number, sec = np.array(self._pulses).T
        if len(number) > FEWEST:
            pulse, at_sec = self._anchor
            expected = at_sec + (number[-LATEST:] - pulse) * self._sec_per_pulse
            if abs((sec[-LATEST:] - expected).mean()) > STRAYED_SEC:
                while len(self._pulses) > LATEST:
                    self._pulses.popleft()
                number, sec = np.array(self._pulses).T
        if len(number) >= FEWEST:
            slope = float(np.polyfit(number - number[0], sec - sec[0], 1)[0])
            # Pulses that were held up and came in a burst tell of no tempo.
            if FASTEST_SEC <= slope <= SLOWEST_SEC:
                self._sec_per_pulse = slope
        self._anchor = (float(number.mean()), float(sec.mean()))

    def _stop(self) -> None:
        self._changed |= self._rolling
        self._rolling = self._armed = False

    def poll(self, now_sec: float) -> bool:
        """Whether it has started, stopped or moved since."""
        if self._rolling and now_sec - self._heard_sec > GONE_SEC:
            self._stop()
        changed, self._changed = self._changed, False
        return changed

    @property
    def is_rolling(self) -> bool:
        """Between a start and a stop."""
        return self._rolling

    @property
    def bpm(self) -> float:
        """The sender's tempo, smoothed."""
        return 60 / (self._sec_per_pulse * PULSES_PER_BEAT)

    def set_tempo(self, bpm: float, now_sec: float) -> bool:
        """The sender's alone."""
        return False

    def tick_at(self, now_sec: float) -> float:
        """By the line through the latest pulses."""
        pulse, sec = self._anchor
        return (pulse + (now_sec - sec) / self._sec_per_pulse) * self._tick_per_pulse

    def due_sec(self, tick: float) -> float:
        """By the line through the latest pulses."""
        if not self._rolling:
            return float("inf")
        pulse, sec = self._anchor
        return sec + (tick / self._tick_per_pulse - pulse) * self._sec_per_pulse

    def close(self) -> None:
        """The input is the backend's."""
