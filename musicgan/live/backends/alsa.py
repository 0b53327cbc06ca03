"""ALSA's sequencer: messages wait in a queue of the Linux kernel, which sends each when it is due.

The kernel looks at the queue at every tick of a timer, so a message leaves at the first tick after
its time. What comes in is stamped with the time of the same queue.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Collection, Iterator
from typing import Any

from musicgan.errors import MissingExtraError, MissingSystemError, PortError
from musicgan.live.backends import HANDED_OVER_SEC
from musicgan.live.backends.matching import match
from musicgan.live.backends.sequencer import require_sequencer

ROOM = 2000
"""Messages that can wait, either way: the most that the kernel allows."""
TIMER_HZ = 4000
"""Ticks of the queue's timer; the kernel's own choice is 1000."""
CLOSE_SEC = 0.2
"""For the last messages to leave."""
LONGEST_BYTES = 16
NANO = 1_000_000_000


class AlsaBackend:
    """An output port `NAME:NAME` of a sequencer client, connected to `port` if that is given.

    Raises `PortError` without a sequencer or without that port, `MissingExtraError` without the
    optional part.
    """

    queued = True
    handed_over_sec = HANDED_OVER_SEC
    lost = 0
    """Always: what the queue has no room for is an error, and what a receiver has no room for the
    kernel does not tell."""

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        self._midi = _package()
        self._client = _client(virtual)
        self._in: Any = None
        self._last_sec = 0.0
        try:
            with _port_errors(self._midi):
                self._open(virtual, port)
        except PortError:
            self._client.close()
            raise

    def _open(self, virtual: str, port: str | None) -> None:
        client = self._client
        client.set_client_pool_output(ROOM)
        client.set_client_pool_input(ROOM)
        self._queue = client.create_queue(virtual)
        timer = self._queue.get_timer()
        timer.resolution = TIMER_HZ
        self._queue.set_timer(timer)
        self._queue.start()
        client.drain_output()
        self._out = client.create_port(virtual, self._midi.READ_PORT)
        self._prepare()
        if port is not None:
            into = _ports(client, output=True)
            self._out.connect_to(into[match(port, list(into))])

    def _prepare(self) -> None:
        """Make once what every message needs: the package's own objects cost ten times as much."""
        alsa, ffi, flags = self._midi.alsa, self._midi.ffi, self._midi.EventFlags
        status, parser = ffi.new("snd_seq_queue_status_t **"), ffi.new("snd_midi_event_t **")
        _check(alsa.snd_seq_queue_status_malloc(status))
        _check(alsa.snd_midi_event_new(LONGEST_BYTES, parser))
        self._status = ffi.gc(status[0], alsa.snd_seq_queue_status_free)
        self._parser = ffi.gc(parser[0], alsa.snd_midi_event_free)
        self._event = ffi.new("snd_seq_event_t *")
        self._event.flags = flags.TIME_STAMP_REAL | flags.TIME_MODE_ABS
        self._event.source.port = self._out.port_id
        self._event.dest.client = alsa.SND_SEQ_ADDRESS_SUBSCRIBERS

    def now_sec(self) -> float:
        """The queue's time."""
        alsa, status = self._midi.alsa, self._status
        handle, queue = self._client.handle, self._queue.queue_id
        _check(alsa.snd_seq_get_queue_status(handle, queue, status))
        real = alsa.snd_seq_queue_status_get_real_time(status)
        # At each tick the kernel takes back by how much it came late.
        self._last_sec = max(self._last_sec, real.tv_sec + real.tv_nsec / NANO)
        return self._last_sec

    def send(self, at_sec: float, message: bytes) -> None:
        """Queue a message of up to 3 bytes. Raises `PortError` when the queue is full."""
        due = self._event.time.time
        due.tv_sec, due.tv_nsec = divmod(_nanoseconds(at_sec), NANO)
        self._send(message, self._queue.queue_id)

    def send_now(self, message: bytes) -> None:
        """Send it past the queue."""
        self._send(message, self._midi.alsa.SND_SEQ_QUEUE_DIRECT)

    def _send(self, message: bytes, queue: int) -> None:
        alsa, event = self._midi.alsa, self._event
        alsa.snd_midi_event_encode(self._parser, message, len(message), event)
        event.queue = queue
        _check(alsa.snd_seq_event_output_direct(self._client.handle, event))

    def cancel_after(self, at_sec: float) -> None:
        """Take what is later out of the queue."""
        # The kernel removes what is at the time given, too.
        after = self._midi.RealTime(*divmod(_nanoseconds(at_sec) + 1, NANO))
        with _port_errors(self._midi):
            self._client.remove_events(self._midi.RemoveCondition.OUTPUT, time=after)

    def listen(self, port: str | None) -> None:
        """Open an input port `NAME:in`, connected to `port` if that is given."""
        with _port_errors(self._midi):
            self._in = self._client.create_port(
                "in",
                self._midi.WRITE_PORT,
                timestamping=True,
                timestamp_real=True,
                timestamp_queue=self._queue,
            )
            if port is not None:
                out_of = _ports(self._client, input=True)
                self._in.connect_from(out_of[match(port, list(out_of))])

    def heard(self) -> list[tuple[float, bytes]]:
        """What came in. Where over 2,000 messages wait to be asked for, the kernel forgets them."""
        heard: list[tuple[float, bytes]] = []
        with _port_errors(self._midi, expected=(errno.EAGAIN, errno.ENOSPC)):
            while True:
                event = self._client.event_input(prefer_bytes=True)
                if isinstance(event, self._midi.MidiBytesEvent):
                    heard.append((float(event.time), event.midi_bytes))
        return heard

    def close(self) -> None:
        """Let what is due leave, then close the client; its queue goes with it."""
        until = time.monotonic() + CLOSE_SEC
        while self._queue.get_status().events and time.monotonic() < until:
            time.sleep(0.005)
        self._client.close()


def port_names() -> tuple[list[str], list[str]]:
    """Ports that can be sent to, and that can be listened to. Raises as `AlsaBackend` does."""
    client = _client("musicgan ports")
    try:
        return list(_ports(client, output=True)), list(_ports(client, input=True))
    finally:
        client.close()


def _nanoseconds(sec: float) -> int:
    return max(0, round(sec * NANO))


def _ports(client: Any, **direction: bool) -> dict[str, Any]:
    """Those of other clients, by the name that RtMidi gives them, too."""
    return {
        f"{port.client_name}:{port.name} {port.client_id}:{port.port_id}": port
        for port in client.list_ports(**direction)
        if port.client_id != client.client_id
    }


def _client(name: str) -> Any:
    midi = _package()
    from alsa_midi.client import SequencerClientBase

    with _port_errors(midi):
        # The base class: `SequencerClient` waits where there is no room and where there is nothing.
        return SequencerClientBase(name)


def _package() -> Any:
    if sys.platform != "linux":
        raise MissingSystemError("ALSA is a part of Linux: use another --backend")
    require_sequencer()
    try:
        import alsa_midi
    except ImportError:
        raise MissingExtraError("the ALSA backend", "alsa") from None
    except OSError:
        raise MissingSystemError(
            "ALSA is not installed on this system: its library libasound is missing"
        ) from None
    return alsa_midi


@contextlib.contextmanager
def _port_errors(midi: Any, expected: Collection[int] = ()) -> Iterator[None]:
    """Turns errors of the package into `PortError`; one of the numbers expected ends the block."""
    try:
        yield
    except midi.ALSAError as error:
        if -error.errnum not in expected:
            _check(error.errnum)


def _check(result: int) -> None:
    """Raise `PortError` for what a function of ALSA returned, if that is a negated error number."""
    if result == -errno.EAGAIN:
        raise PortError(f"over {ROOM} messages wait to be sent: lower --lookahead")
    if result < 0:
        raise PortError(f"ALSA's sequencer cannot be used: {os.strerror(-result)}")
