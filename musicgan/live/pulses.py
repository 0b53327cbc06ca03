"""MIDI clock out: 24 pulses a beat, and where the music starts."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from musicgan.live.messages import CONTINUE, PULSE, PULSES_PER_BEAT, START, position_at


class Pulses:
    """What a MIDI clock says, tick by tick, from a start on."""

    def __init__(self, ticks_per_beat: int) -> None:
        self._pulse_tick = ticks_per_beat // PULSES_PER_BEAT
        self._next: int | None = None
        self._begins = False

    def start(self, tick: float) -> None:
        """From the first pulse at or after `tick` on: "start" at 0, else "continue" from there."""
        self._next = ceil(max(0.0, tick) / self._pulse_tick)
        self._begins = True

    def stop(self) -> bool:
        """No more; whether it was running."""
        was, self._next = self._next is not None, None
        return was

    def until(self, tick: float) -> Iterator[tuple[int, bytes]]:
        """(tick, message) of what comes up to `tick` and was not told before."""
        while self._next is not None and self._next * self._pulse_tick <= tick:
            at = self._next * self._pulse_tick
            if self._begins:
                self._begins = False
                if self._next == 0:
                    yield at, bytes([START])
                else:
                    yield at, position_at(self._next)
                    yield at, bytes([CONTINUE])
            yield at, bytes([PULSE])
            self._next += 1
