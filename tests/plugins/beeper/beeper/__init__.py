"""A backend of another package: writes a line a message to the file that its port names."""

from __future__ import annotations

import time
from pathlib import Path

from musicgan.errors import PortError


class Beeper:
    """`--backend beeper --port FILE`."""

    queued = False
    handed_over_sec = 0.0
    lost = 0

    def __init__(self, virtual: str, port: str | None) -> None:
        if port is None:
            raise PortError("backend beeper: say where to write with --port FILE")
        self._file = Path(port).open("w", encoding="ascii")  # noqa: SIM115 - `close` does

    def now_sec(self) -> float:
        """The time."""
        return time.monotonic()

    def send(self, at_sec: float, message: bytes) -> None:
        """Now is when it is told."""
        self.send_now(message)

    def send_now(self, message: bytes) -> None:
        """A line."""
        self._file.write(message.hex(" ") + "\n")

    def listen(self, port: str | None) -> None:
        """It has no ears."""
        raise PortError("backend beeper: cannot listen")

    def heard(self) -> list[tuple[float, bytes]]:
        """Nothing."""
        return []

    def cancel_after(self, at_sec: float) -> None:
        """Nothing is queued."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
