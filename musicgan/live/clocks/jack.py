"""The JACK transport: rolls, stops and is located by whoever controls it, such as a DAW.

The place is the transport's frame, exact; the tempo is the timebase master's where there is one,
else our own. A tempo that changes along the way is followed by the master's bars and beats.

JACK asks its clients before it starts. Once there is music we decide at which frame it is to roll
and let it when what begins there has been queued; where that took too long, at a later frame.
"""

from __future__ import annotations

from dataclasses import replace

from musicgan.errors import PortError
from musicgan.live.backends import Backend
from musicgan.live.backends.jack import JackBackend, Transport
from musicgan.live.backends.jack_ring import WRAP
from musicgan.live.clocks import ClockOptions, clip_bpm

SAME_PLACE_BEAT = 0.01
"""The master's beats and ours from the frame agree so well, or to its ticks."""
TICKS_APART = 1.5
"""Whole ticks are up to one off, and a frame is somewhere in its period."""
START_SEC = 0.06
"""From when a start is seen to when it rolls: to queue what begins there."""


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
        self._has_music = False
        self._start_frame: int | None = None
        """The backend's frame at which the transport is to start."""
        self._may_start = False
        """Whether it was let to."""

    def begin(self, now_sec: float) -> None:
        """It waits for the transport, which from now on waits for it."""
        self._jack.hold_transport()
        self._has_music = True

    def hear(self, at_sec: float, message: bytes) -> None:
        """The transport does not come over MIDI."""

    def poll(self, now_sec: float) -> bool:
        """Read the transport; whether it has started, stopped or been located since."""
        before, now = self._last, self._seen(self._jack.transport())
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
            same = max(SAME_PLACE_BEAT, TICKS_APART * now.tick_beat)
            self._is_elsewhere = now.beat != before.beat and apart > same
        if self._is_elsewhere and now.beat is not None:
            self._anchor_beat = now.beat
        if before is None or was_rolling != self._rolling:
            return self._rolling or was_rolling
        moved = (now.frame - before.frame) - (now.at_frame - before.at_frame)
        return self._rolling and (moved % WRAP != 0 or was_elsewhere != self._is_elsewhere)

    def _seen(self, now: Transport) -> Transport:
        """The transport, as if it rolled already where it is known when it will."""
        if not (now.is_starting and self._has_music):
            if self._start_frame is not None:
                self._start_frame, self._may_start = None, False
                self._jack.hold_transport()
            return now
        if self._start_frame is None:
            self._start_frame = self._jack.start_frame(START_SEC)
        elif not self._may_start:
            # Since the last poll its music was queued.
            self._may_start = self._jack.start_transport(self._start_frame)
            if not self._may_start:
                self._start_frame = self._jack.start_frame(START_SEC)
        # Past that it is somebody else who is not ready.
        is_coming = now.at_frame < self._start_frame
        return replace(now, is_rolling=is_coming, at_frame=self._start_frame)

    @property
    def is_rolling(self) -> bool:
        """Whether the transport is, or is about to."""
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
        """From the frame that the server last told; it stands there until it starts."""
        if self._start_frame is not None:
            now_sec = max(now_sec, self._anchor_sec)
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
