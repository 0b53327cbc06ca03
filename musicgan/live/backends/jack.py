"""JACK, exact to the frame: messages wait in a ring that the server's own thread empties."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from musicgan.errors import MissingExtraError, MissingSystemError, PortError
from musicgan.live.backends import HANDED_OVER_SEC
from musicgan.live.backends.jack_ring import (
    AT,
    CLIENT,
    HEAD,
    HELD,
    IN,
    IN_HEAD,
    IN_PEERS,
    IN_PORT,
    IN_TAIL,
    LOST,
    NOW,
    NOW_HEAD,
    NOW_TAIL,
    OUT,
    PEERS,
    PORT,
    POSITION,
    READY,
    ROOM,
    SMALL,
    STATE,
    TAIL,
    TURN,
    WORDS,
    WRAP,
)
from musicgan.live.backends.matching import match

CONNECTED_SEC = 2.0
"""For the server's thread to know of a connection; it takes a period or two."""
CLOSE_SEC = 1.0
"""For the last messages to leave, a moment where the server keeps up."""
ROLLING, LOOPING, STARTING = 1, 2, 3
BBT_VALID = 0x10


@dataclass(frozen=True)
class Transport:
    """Where the transport is at one of the server's frames."""

    is_rolling: bool
    frame: int
    at_frame: int
    """On the backend's count."""
    bpm: float | None
    """The timebase master's tempo in quarter notes; None where there is no master."""
    beat: float | None
    """The master's place in quarter notes from the start, in whole ticks."""
    is_starting: bool = False
    """Whether it will roll from there as soon as everybody is ready."""
    tick_beat: float = 0.0
    """The master's ticks in quarter notes."""


class JackBackend:
    """An output port `NAME:out` of a JACK client, connected to `port` if that is given.

    Raises `PortError` without a server or without that port, `MissingExtraError` without the
    optional parts.
    """

    queued = True

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        self._jack = _jack()
        self._client = _client(virtual)
        self.rate = int(self._client.samplerate)
        self._last_frame = int(self._client.frame_time)
        self._alive, self._is_closed = True, False
        out = self._client.midi_outports.register("out")
        self._ring = np.zeros(WORDS, np.int64)
        self._ring[AT] = self._last_frame
        self._ring[PORT] = self._address(out._ptr)
        self._ring[CLIENT] = self._address(self._client._ptr)
        self.handed_over_sec = max(HANDED_OVER_SEC, 2 * self._client.blocksize / self.rate)
        self._due_sec = np.zeros(ROOM)
        """When what waits is due, as it was told."""
        self._call_back("process")
        self._client.set_shutdown_callback(self._on_shutdown)
        self._client.activate()
        if port is not None:
            self._connect(out, port)

    def _call_back(self, name: str) -> None:
        """Have the server's thread run `process` or `sync` of `jack_process`."""
        from musicgan.live.backends.jack_code import LIBRARY, callbacks

        getattr(ctypes.CDLL(LIBRARY), f"jack_set_{name}_callback")(
            ctypes.c_void_p(int(self._ring[CLIENT])),
            ctypes.c_void_p(getattr(callbacks(), name)),
            ctypes.c_void_p(self._ring.ctypes.data),
        )

    def _address(self, pointer: Any) -> int:
        return int(self._jack._ffi.cast("uintptr_t", pointer))

    def _connect(self, own: Any, asked: str) -> None:
        into, out_of = _names(self._client)
        try:
            if own.is_output:
                self._client.connect(own, match(asked, into))
            else:
                self._client.connect(match(asked, out_of), own)
        except PortError:
            self.close()
            raise
        # What is sent before would go nowhere: the note with which a song begins was lost.
        peers, until = PEERS if own.is_output else IN_PEERS, time.monotonic() + CONNECTED_SEC
        while self._alive and not self._ring[peers] and time.monotonic() < until:
            time.sleep(0.005)

    def listen(self, port: str | None) -> None:
        """Hear what comes to a port `NAME:in`, connected to `port` if that is given."""
        heard = self._client.midi_inports.register("in")
        self._ring[IN_PORT] = self._address(heard._ptr)
        if port is not None:
            self._connect(heard, port)

    def heard(self) -> list[tuple[float, bytes]]:
        """What came in since last asked, to the frame."""
        ring, heard = self._ring, []
        for number in range(int(ring[IN_TAIL]), int(ring[IN_HEAD])):
            frame, word = (int(w) for w in ring[IN + 2 * (number % SMALL) :][:2])
            octets = word.to_bytes(8, "little", signed=True)
            heard.append((self._unwrapped(frame) / self.rate, octets[1 : 1 + octets[0]]))
        ring[IN_TAIL] += len(heard)
        return heard

    def transport(self) -> Transport:
        """Where the transport is. Raises `PortError` once the server is gone."""
        self.now_sec()
        ring = self._ring
        while True:
            turn = int(ring[TURN])
            state, at = int(ring[STATE]), int(ring[AT])
            place = ring[POSITION : POSITION + 9].copy()
            if turn % 2 == 0 and turn == ring[TURN]:
                break
        rolling = state in (ROLLING, LOOPING)
        _, frame, valid, bar, beat, tick = (int(n) for n in place.view(np.uint32)[4:10])
        at_frame = self._unwrapped(at)
        if not valid & BBT_VALID:
            return Transport(rolling, frame, at_frame, None, None, state == STARTING)
        beats_per_bar, beat_type = (float(n) for n in place.view(np.float32)[12:14])
        ticks_per_beat, bpm = (float(n) for n in place.view(np.float64)[7:9])
        quarters = 4 / beat_type
        beats = (bar - 1) * beats_per_bar + beat - 1 + tick / ticks_per_beat
        bpm, beats = bpm * quarters, beats * quarters
        tick_beat = quarters / ticks_per_beat
        return Transport(rolling, frame, at_frame, bpm, beats, state == STARTING, tick_beat)

    def hold_transport(self) -> None:
        """Let it start only where `start_transport` says so; JACK waits some seconds at most."""
        self._ring[READY] = HELD
        self._call_back("sync")

    def start_frame(self, after_sec: float) -> int:
        """The backend's frame at which it could start so soon."""
        at_frame, period = self._unwrapped(int(self._ring[AT])), int(self._client.blocksize)
        wanted = (self.now_sec() + after_sec) * self.rate
        return at_frame + (ceil((wanted - at_frame) / period) + 1) * period

    def start_transport(self, frame: int) -> bool:
        """Let it roll from that `start_frame` on, if others do; whether there is still time to."""
        # It rolls in the period after the one in which everybody was ready.
        ready_frame = frame - int(self._client.blocksize)
        if self.now_sec() * self.rate >= ready_frame:
            return False
        self._ring[READY] = ready_frame % WRAP
        return True

    def _on_shutdown(self, status: Any, reason: str) -> None:
        self._alive = False

    def _unwrapped(self, frame: int) -> int:
        """The backend's count of one of the server's frames, of less than half a day ago."""
        ahead = (frame - self._last_frame) % WRAP
        return self._last_frame + ahead - (WRAP if ahead >= WRAP // 2 else 0)

    def now_sec(self) -> float:
        """The server's time. Raises `PortError` once the server is gone."""
        if not self._alive:
            raise PortError("the JACK server is gone")
        # A little backwards is the server correcting itself. When it is short of time its estimate
        # falls behind the period that it is at.
        told = (int(self._client.frame_time), int(self._ring[AT]) % WRAP)
        self._last_frame = max(self._last_frame, *map(self._unwrapped, told))
        return self._last_frame / self.rate

    def send(self, at_sec: float, message: bytes) -> None:
        """Queue a message of up to 3 bytes. Raises `PortError` when the ring is full."""
        ring, head = self._ring, int(self._ring[HEAD])
        if head - ring[TAIL] >= ROOM:
            raise PortError(f"over {ROOM} messages wait to be sent")
        slot = head % ROOM
        at = OUT + 2 * slot
        self._due_sec[slot] = at_sec
        ring[at], ring[at + 1] = round(at_sec * self.rate) % WRAP, _word(message)
        ring[HEAD] = head + 1  # last: the callback believes what is before it

    def send_now(self, message: bytes) -> None:
        """At the start of the next period. Raises `PortError` when too many wait for it."""
        ring, head = self._ring, int(self._ring[NOW_HEAD])
        if head - ring[NOW_TAIL] >= SMALL:
            raise PortError(f"over {SMALL} messages wait to be sent at once")
        ring[NOW + 2 * (head % SMALL) + 1] = _word(message)
        ring[NOW_HEAD] = head + 1

    def cancel_after(self, at_sec: float) -> None:
        """Take the bytes out of what is later."""
        for number in range(int(self._ring[HEAD]) - 1, int(self._ring[TAIL]) - 1, -1):
            if self._due_sec[number % ROOM] <= at_sec:
                break
            self._ring[OUT + 2 * (number % ROOM) + 1] = 0

    @property
    def lost(self) -> int:
        """Messages that the server had no room for."""
        return int(self._ring[LOST])

    def close(self) -> None:
        """Let what is due leave, then close the client; once."""
        if self._is_closed:
            return
        self._is_closed = True
        until = time.monotonic() + CLOSE_SEC
        while self._alive and self._ring[TAIL] < self._ring[HEAD] and time.monotonic() < until:
            time.sleep(0.005)
        if self._alive:
            time.sleep(2 * self._client.blocksize / self.rate)
            self._client.deactivate()
        self._client.close()


def port_names() -> tuple[list[str], list[str]]:
    """Ports that can be sent to, and that can be listened to. Raises as `JackBackend` does."""
    client = _client("musicgan ports")
    try:
        return _names(client)
    finally:
        client.close()


def _word(message: bytes) -> int:
    return int.from_bytes(bytes([len(message), *message]), "little")


def _names(client: Any) -> tuple[list[str], list[str]]:
    # To JACK an input is what receives.
    into = [port.name for port in client.get_ports(is_midi=True, is_input=True)]
    return into, [port.name for port in client.get_ports(is_midi=True, is_output=True)]


def _client(name: str) -> Any:
    jack = _jack()
    try:
        return jack.Client(name, no_start_server=True)
    except jack.JackOpenError as error:
        if not (error.status.server_failed or error.status.server_error):
            raise PortError(f"JACK refuses a client named {name!r}; is that too long?") from None
        raise MissingSystemError(
            "no JACK server is running: start one, or use another --backend"
        ) from None


def _jack() -> Any:
    try:
        import jack
        import llvmlite  # noqa: F401
    except ImportError:
        raise MissingExtraError("the JACK backend", "jack") from None
    except OSError:
        raise MissingSystemError(
            "JACK is not installed on this system: its library libjack is missing"
        ) from None
    return jack
