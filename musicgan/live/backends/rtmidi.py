"""Any system's MIDI ports, through RtMidi: ALSA, CoreMIDI, Windows. Sends at once.

RtMidi knows no timestamps, so it is as exact as its process is scheduled: a few milliseconds.
"""

from __future__ import annotations

import sys
import time
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

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        if port is None and sys.platform == "win32":
            raise PortError(NO_VIRTUAL)
        wanted = match(port, port_names()[0]) if port is not None else None
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

    def cancel_after(self, at_sec: float) -> None:
        """Nothing is ever queued."""

    def close(self) -> None:
        """Let go of the port."""
        self._out.close_port()
