"""No port: what is sent is written to a MIDI file. For a system without MIDI, and to try things."""

from __future__ import annotations

import time
from pathlib import Path

from musicgan.compose.write import check_folder
from musicgan.errors import PortError
from musicgan.live.recorder import Recorder

BPM = 120.0
"""A file must say some tempo; messages are at their seconds whatever it says."""


class FileBackend:
    """Writes `port`, or `VIRTUAL.mid` here, when it is closed. Raises `MidiWriteError`."""

    queued = True
    handed_over_sec = 0.0
    lost = 0

    def __init__(self, virtual: str = "musicgan", port: str | None = None) -> None:
        self.path = Path(port if port is not None else f"{virtual}.mid")
        check_folder(self.path)
        self._recorder = Recorder(BPM)
        self._recorder.start_sec = self.now_sec()

    def now_sec(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def send(self, at_sec: float, message: bytes) -> None:
        """Keep it for then."""
        self._recorder.keep(at_sec, message)

    def send_now(self, message: bytes) -> None:
        """Keep it for now."""
        self._recorder.keep(self.now_sec(), message)

    def listen(self, port: str | None) -> None:
        """A file hears nothing."""
        raise PortError(
            "the file backend has no input: leave --input, --duet, --thru and --clock midi out, or "
            "use another --backend"
        )

    def heard(self) -> list[tuple[float, bytes]]:
        """Nothing."""
        return []

    def cancel_after(self, at_sec: float) -> None:
        """It will not be in the file."""
        self._recorder.cancel_after(at_sec)

    def close(self) -> None:
        """Write the file; none where nothing was sent, as when it is refused as an input."""
        if len(self._recorder):
            self._recorder.write(self.path)
