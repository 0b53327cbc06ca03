"""The JACK transport: rolls, stops and is located by whoever controls it, such as a DAW.

The place is the transport's frame, exact; the tempo is the timebase master's where there is one,
else our own. A tempo that changes along the way is followed by the master's bars and beats.
"""

from __future__ import annotations

from musicgan.errors import PortError
from musicgan.live.backends import Backend
from musicgan.live.backends.jack import JackBackend, Transport
from musicgan.live.backends.jack_ring import WRAP
from musicgan.live.clocks import ClockOptions, clip_bpm

SAME_PLACE_BEAT = 0.01
"""The master's beats, told in whole ticks, and ours from the frame agree so well."""


class JackClock:
    """Follows the transport. Raises `PortError` unless the notes go out through JACK too."""

    source = "JACK transport"

    def __init__(self, options: ClockOptions, backend: Backend) -> None:
        if not isinstance(backend, JackBackend):
            raise PortError("the clock 'jack' needs --backend jack: both count the same frames")
        self._jack = backend
        self.ticks_per_beat = options.ticks_per_beat
        self._own_bpm = clip_bpm(options.bpm)
        self._anchor_sec, self._anchor_beat = 0.0, 0.0
        self._bpm = self._own_bpm
        self._rolling = False
        self._is_elsewhere = False
        """Whether the master's beats are others than its tempo makes of the frame."""
        self._last: Transport | None = None

    def begin(self, now_sec: float) -> None:
        """It waits for the transport."""

    def hear(self, at_sec: float, message: bytes) -> None:
        """The transport does not come over MIDI."""

    def poll(self, now_sec: float) -> bool:
        """Read the transport; whether it has started, stopped or been located since."""
        before, now = self._last, self._jack.transport()
        self._last = now
        was_rolling, self._rolling = self._rolling, now.is_rolling
        was_elsewhere = self._is_elsewhere
        self._bpm = clip_bpm(now.bpm) if now.bpm else self._own_bpm
        self._anchor_sec = now.at_frame / self._jack.rate
        self._anchor_beat = now.frame / self._jack.rate * self._bpm / 60
        # A master that does not follow the transport, as a DAW may be set, says where it stands.
        if (
            before is not None
            and before.is_rolling
            and now.is_rolling
            and now.frame != before.frame
        ):
            apart = abs((now.beat or 0.0) - self._anchor_beat)
            self._is_elsewhere = now.beat != before.beat and apart > SAME_PLACE_BEAT
        if self._is_elsewhere and now.beat is not None:
            self._anchor_beat = now.beat
        if before is None or was_rolling != self._rolling:
            return self._rolling or was_rolling
        moved = (now.frame - before.frame) - (now.at_frame - before.at_frame)
        return self._rolling and (moved % WRAP != 0 or was_elsewhere != self._is_elsewhere)

    @property
    def is_rolling(self) -> bool:
        """Whether the transport is."""
        return self._rolling

    @property
    def bpm(self) -> float:
        """The timebase master's tempo, or our own."""
        return self._bpm

    def set_tempo(self, bpm: float, now_sec: float) -> bool:
        """Ours, where there is no master."""
        if self._last is not None and self._last.bpm:
            return False
        self._own_bpm = clip_bpm(bpm)
        return True

    def tick_at(self, now_sec: float) -> float:
        """From the frame that the server last told."""
        return (
            self._anchor_beat + (now_sec - self._anchor_sec) * self._bpm / 60
        ) * self.ticks_per_beat

    def due_sec(self, tick: float) -> float:
        """As long as the transport rolls on so."""
        if not self._rolling:
            return float("inf")
        return self._anchor_sec + (tick / self.ticks_per_beat - self._anchor_beat) * 60 / self._bpm

    def close(self) -> None:
        """The client is the backend's."""
