"""Any system's MIDI ports, through RtMidi: ALSA, CoreMIDI, Windows. Sends at once.

RtMidi knows no timestamps, so it is as exact as its process is scheduled: a few milliseconds.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any

from musicgan.errors import PortError
from musicgan.live.backends.matching import match
from musicgan.live.backends.sequencer import require_sequencer

NO_VIRTUAL = (
    "Windows has no virtual MIDI ports: install loopMIDI, or use a loopback of Windows MIDI "
    "Services, and name it with --port"
)


def port_names() -> tuple[list[str], list[str]]:
    """Ports that can be sent to, and that can be listened to.

    Raises `PortError` where the system has no MIDI.
    """
    into, out_of = (_open(kind, "musicgan ports").ports for kind in ("MidiOut", "MidiIn"))
    return [str(name) for name in into], [str(name) for name in out_of]


def _open(kind: str, client: str) -> Any:
    """RtMidi's end of the system's MIDI. Raises `PortError`.

    On Linux that is ALSA's sequencer. JACK is left to a backend of its own: RtMidi would put
    every note at the start of a period, and the library that it brings often cannot talk to the
    server, which then ends the process.
    """
    import rtmidi2

    if sys.platform == "linux":
        require_sequencer()
    try:
        return getattr(rtmidi2, kind)(client)
    except Exception as error:  # rtmidi2 raises what the C++ side gives it
        raise PortError(f"the system's MIDI cannot be used: {error}") from None


class RtMidiBackend:
    """An open output of RtMidi: a virtual port of its own, or `port`, an existing one.

    Raises `PortError`.
    """

    queued = False
    handed_over_sec = 0.0

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        if port is None and sys.platform == "win32":
            raise PortError(NO_VIRTUAL)
        wanted = match(port, port_names()[0]) if port is not None else None
        self._name = virtual
        self._heard: deque[tuple[float, bytes]] = deque()
        self._in: Any = None
        self._out = _open("MidiOut", virtual)
        try:
            if wanted is None:
                self._out.open_virtual_port(virtual)
            else:
                self._out.open_port(wanted)
        except Exception as error:
            raise PortError(f"port {port or virtual!r} cannot be opened: {error}") from None

    def now_sec(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def send(self, at_sec: float, message: bytes) -> None:
        """Send it now."""
        self._out.send_raw(*message)

    def send_now(self, message: bytes) -> None:
        """As ever."""
        self._out.send_raw(*message)

    def listen(self, port: str | None) -> None:
        """Hear what comes to an input of its own, or from `port`, an existing one."""
        if port is None and sys.platform == "win32":
            raise PortError(NO_VIRTUAL)
        wanted = match(port, port_names()[1]) if port is not None else None
        self._in = _open("MidiIn", self._name)
        # It would leave the pulses of a MIDI clock out: sysex, time, active sensing.
        self._in.ignore_types(True, False, True)
        self._in.callback = self._on_message
        try:
            if wanted is None:
                self._in.open_virtual_port(self._name)
            else:
                self._in.open_port(wanted)
        except Exception as error:
            raise PortError(f"port {port or self._name!r} cannot be opened: {error}") from None

    def _on_message(self, message: list[int], time_sec: float) -> None:
        # RtMidi tells the time since the message before: the moment it is told is as good.
        self._heard.append((self.now_sec(), bytes(message)))

    def heard(self) -> list[tuple[float, bytes]]:
        """When RtMidi's thread told of it."""
        return [self._heard.popleft() for _ in range(len(self._heard))]

    @property
    def lost(self) -> int:
        """It does not know."""
        return 0

    def cancel_after(self, at_sec: float) -> None:
        """Nothing is ever queued."""

    def close(self) -> None:
        """Let go of the ports."""
        self._out.close_port()
        if self._in is not None:
            self._in.close_port()
