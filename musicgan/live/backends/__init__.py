"""Where notes go: a backend is anything that is a `Backend`.

Third parties add one through the entry-point group `musicgan.backends`: a callable that takes the
port's name and returns an open backend. Raise `PortError` for what cannot be opened.
"""

from __future__ import annotations

from typing import Protocol


class Backend(Protocol):
    """An open MIDI output and its own clock, in seconds from anywhere."""

    queued: bool
    """Whether it sends by itself at the time given; otherwise `send` is at once, and `at_sec` only
    tells how late that is."""

    def now_sec(self) -> float:
        """The time, on a clock that only ever runs forwards."""
        ...

    def send(self, at_sec: float, message: bytes) -> None:
        """One MIDI message, no earlier than those given before it."""
        ...

    def cancel_after(self, at_sec: float) -> None:
        """Forget what is queued for later than that."""
        ...

    def close(self) -> None:
        """Send what is due, and let go of the port."""
        ...
