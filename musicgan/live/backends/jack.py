"""JACK, exact to the frame: messages wait in a ring that the server's own thread empties.

The process callback is machine code that takes no lock and never waits for Python, whatever
the interpreter does; a callback in Python drops events and disturbs every other client.

The ring is one array of 64-bit words: `HEAD` (counted up by Python), `TAIL` (by the callback), the
port and the client as pointers, a count of what did not fit, then two words a message: its frame,
and its bytes with their number in the lowest byte. A message of 0 bytes is one that was cancelled.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import time
from typing import Any

import numpy as np

from musicgan.errors import MissingExtraError, MissingSystemError, PortError
from musicgan.live.backends.matching import match

HEAD, TAIL, PORT, CLIENT, LOST, FIRST = range(6)
ROOM = 1 << 14
"""Messages that can wait."""
WRAP = 1 << 32
"""JACK counts frames in 32 bits: a day and an hour at 48 kHz."""
CLOSE_SEC = 0.2
"""For the last messages to leave."""


class JackBackend:
    """An output port `NAME:out` of a JACK client, connected to `port` if that is given.

    Raises `PortError` without a server or without that port, `MissingExtraError` without the
    optional parts.
    """

    queued = True

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        jack = _jack()
        self._client = _client(virtual)
        self._rate = int(self._client.samplerate)
        self._last_frame = int(self._client.frame_time)
        self._alive = True
        out = self._client.midi_outports.register("out")
        self._ring = np.zeros(FIRST + 2 * ROOM, np.int64)
        self._ring[PORT], self._ring[CLIENT] = (
            _address(jack, out._ptr),
            _address(jack, self._client._ptr),
        )
        self._due = np.zeros(ROOM, np.int64)
        """The frames of what waits, not wrapped."""
        self._process = process_callback()
        library = _library()
        library.jack_set_process_callback(
            ctypes.c_void_p(int(self._ring[CLIENT])),
            ctypes.c_void_p(self._process.address),
            ctypes.c_void_p(self._ring.ctypes.data),
        )
        self._client.set_shutdown_callback(self._on_shutdown)
        self._client.activate()
        if port is not None:
            self._connect(out, port)

    def _connect(self, out: Any, asked: str) -> None:
        try:
            self._client.connect(out, match(asked, _names(self._client)[0]))
        except PortError:
            self.close()
            raise

    def _on_shutdown(self, status: Any, reason: str) -> None:
        self._alive = False

    def now_sec(self) -> float:
        """The server's time. Raises `PortError` once the server is gone."""
        if not self._alive:
            raise PortError("the JACK server is gone")
        ahead = (int(self._client.frame_time) - self._last_frame) % WRAP
        # A little backwards is the server correcting itself.
        self._last_frame += ahead if ahead < WRAP // 2 else 0
        return self._last_frame / self._rate

    def send(self, at_sec: float, message: bytes) -> None:
        """Queue a message of up to 3 bytes. Raises `PortError` when the ring is full."""
        ring, head = self._ring, int(self._ring[HEAD])
        if head - ring[TAIL] >= ROOM:
            raise PortError(f"over {ROOM} messages wait to be sent")
        slot, frame = head % ROOM, round(at_sec * self._rate)
        at = FIRST + 2 * slot
        self._due[slot] = frame
        ring[at] = frame % WRAP
        ring[at + 1] = int.from_bytes(bytes([len(message), *message]), "little")
        ring[HEAD] = head + 1  # last: the callback believes what is before it

    def cancel_after(self, at_sec: float) -> None:
        """Take the bytes out of what is later."""
        frame = round(at_sec * self._rate)
        for number in range(int(self._ring[HEAD]) - 1, int(self._ring[TAIL]) - 1, -1):
            if self._due[number % ROOM] <= frame:
                break
            self._ring[FIRST + 2 * (number % ROOM) + 1] = 0

    @property
    def lost(self) -> int:
        """Messages that the server had no room for."""
        return int(self._ring[LOST])

    def close(self) -> None:
        """Let what is due leave, then close the client."""
        until = time.monotonic() + CLOSE_SEC
        while self._alive and self._ring[TAIL] < self._ring[HEAD] and time.monotonic() < until:
            time.sleep(0.005)
        if self._alive:
            time.sleep(2 * self._client.blocksize / self._rate)
            self._client.deactivate()
        self._client.close()


def port_names() -> tuple[list[str], list[str]]:
    """Ports that can be sent to, and that can be listened to. Raises as `JackBackend` does."""
    client = _client("musicgan ports")
    try:
        return _names(client)
    finally:
        client.close()


def _names(client: Any) -> tuple[list[str], list[str]]:
    # To JACK an input is what receives.
    into = [port.name for port in client.get_ports(is_midi=True, is_input=True)]
    return into, [port.name for port in client.get_ports(is_midi=True, is_output=True)]


def _client(name: str) -> Any:
    jack = _jack()
    try:
        return jack.Client(name, no_start_server=True)
    except jack.JackError:
        raise MissingSystemError(
            "no JACK server is running: start one, or use another --backend"
        ) from None


def process_callback() -> Any:
    """The compiled process callback; `address` is what JACK is given."""
    from numba import carray, cfunc, types

    library = _library()
    get_buffer, clear = library.jack_port_get_buffer, library.jack_midi_clear_buffer
    write, last_frame_time = library.jack_midi_event_write, library.jack_last_frame_time
    words = FIRST + 2 * ROOM

    @cfunc(types.int32(types.uint32, types.voidptr), cache=False)
    def process(frames: Any, argument: Any) -> Any:
        ring = carray(argument, (words,), np.int64)
        octets = carray(argument, (words * 8,), np.uint8)
        buffer = get_buffer(ring[PORT], frames)
        clear(buffer)
        begin = np.int64(last_frame_time(ring[CLIENT]))
        tail, head = ring[TAIL], ring[HEAD]
        while tail < head:
            at = FIRST + 2 * (tail % ROOM)
            place = 8 * (at + 1)
            size = octets[place]
            if size > 0:  # else it was cancelled, and its time does not matter
                ahead = (ring[at] - begin) % WRAP
                if ahead >= WRAP // 2:
                    ahead = np.int64(0)  # it is late
                if ahead >= frames:
                    break
                if write(buffer, ahead, octets[place + 1 : place + 4].ctypes, size) != 0:
                    ring[LOST] += 1
            tail += 1
        ring[TAIL] = tail
        return 0

    return process


def _library() -> Any:
    name = ctypes.util.find_library("jack") or "libjack.so.0"
    library = ctypes.CDLL(name)
    pointer, number = ctypes.c_size_t, ctypes.c_uint32
    library.jack_port_get_buffer.argtypes = [pointer, number]
    library.jack_port_get_buffer.restype = pointer
    library.jack_midi_clear_buffer.argtypes = [pointer]
    library.jack_midi_clear_buffer.restype = None
    library.jack_midi_event_write.argtypes = [pointer, number, ctypes.c_void_p, pointer]
    library.jack_midi_event_write.restype = ctypes.c_int
    library.jack_last_frame_time.argtypes = [pointer]
    library.jack_last_frame_time.restype = number
    return library


def _jack() -> Any:
    try:
        import jack
        import numba  # noqa: F401
    except ImportError:
        raise MissingExtraError("the JACK backend", "jack") from None
    except OSError:
        raise MissingSystemError(
            "JACK is not installed on this system: its library libjack is missing"
        ) from None
    return jack


def _address(jack: Any, pointer: Any) -> int:
    return int(jack._ffi.cast("uintptr_t", pointer))
