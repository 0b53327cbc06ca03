"""Any system's MIDI ports, through RtMidi: ALSA, CoreMIDI, Windows. Sends at once.

RtMidi knows no timestamps, so it is as exact as its process is scheduled: a few milliseconds.
"""

from __future__ import annotations

import fnmatch
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musicgan.errors import PortError

SEQUENCER = Path("/dev/snd/seq")
NO_SEQUENCER = (
    "ALSA's sequencer is not there: load it with 'modprobe snd-seq', or start a JACK server and "
    "pip install 'musicgan[jack]'"
)
NO_VIRTUAL = (
    "Windows has no virtual MIDI ports: install loopMIDI, or use a loopback of Windows MIDI "
    "Services, and name it with --port"
)


def output_names() -> list[str]:
    """Ports that can be sent to. Raises `PortError` where the system has no MIDI."""
    return _names("MidiOut")


def input_names() -> list[str]:
    """Ports that can be listened to. Raises `PortError` where the system has no MIDI."""
    return _names("MidiIn")


def _names(kind: str) -> list[str]:
    return [str(name) for name in _open(kind, "musicgan ports").ports]


def _open(kind: str, client: str) -> Any:
    """RtMidi's end of the system's MIDI. Raises `PortError`.

    On Linux that is ALSA's sequencer. JACK is left to a backend of its own: RtMidi would put
    every note at the start of a period, and the library that it brings often cannot talk to the
    server, which then ends the process.
    """
    import rtmidi2

    if sys.platform == "linux" and not SEQUENCER.exists():
        raise PortError(NO_SEQUENCER)
    try:
        return getattr(rtmidi2, kind)(client)
    except Exception as error:  # rtmidi2 raises what the C++ side gives it
        raise PortError(f"the system's MIDI cannot be used: {error}") from None


def match(asked: str, names: Sequence[str]) -> str:
    """The port meant by `asked`: its name, a pattern, or a part of it, in any case.

    Raises `PortError` that lists the choices where none or several are meant.
    """
    wanted = asked.lower()
    for rule in (
        lambda name: name == wanted,
        lambda name: fnmatch.fnmatchcase(name, wanted),
        lambda name: wanted in name,
    ):
        found = [name for name in names if rule(name.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            raise PortError(f"port {asked!r} could be {', '.join(map(repr, found))}: say more")
    choices = ", ".join(map(repr, names)) or "there are none"
    raise PortError(f"port {asked!r} is not there; choose one of: {choices}")


class RtMidiBackend:
    """An open output of RtMidi: a virtual port of its own, or `port`, an existing one.

    Raises `PortError`.
    """

    queued = False

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        if port is None and sys.platform == "win32":
            raise PortError(NO_VIRTUAL)
        wanted = match(port, output_names()) if port is not None else None
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
