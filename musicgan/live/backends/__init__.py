"""Where notes go: a backend is anything that is a `Backend`.

It sends, and where `listen` was called it hears too. Third parties add one through the entry-point
group `musicgan.backends`: a callable that takes the name of a port of its own and that of an
existing one, or None, and returns an open backend. Raise `PortError` for what cannot be opened.
"""

from __future__ import annotations

from typing import Protocol

HANDED_OVER_SEC = 0.05
"""More than two audio periods of 1,024 frames."""


class Backend(Protocol):
    """An open MIDI output, perhaps an input, and its own clock, in seconds from anywhere."""

    queued: bool
    """Whether it sends by itself at the time given; otherwise `send` is at once, and `at_sec` only
    tells how late that is."""

    handed_over_sec: float
    """What is due so soon may be past cancelling; 0 where it sends at once."""

    def now_sec(self) -> float:
        """The time, on a clock that only ever runs forwards."""
        ...

    def send(self, at_sec: float, message: bytes) -> None:
        """One MIDI message, no earlier than those given before it."""
        ...

    def send_now(self, message: bytes) -> None:
        """One MIDI message as soon as can be, before those that are queued."""
        ...

    def listen(self, port: str | None) -> None:
        """Open an input: one of its own, or connected to `port`, an existing one, matched loosely.

        Raises `PortError`.
        """
        ...

    def heard(self) -> list[tuple[float, bytes]]:
        """What came in since last asked, (seconds on the backend's clock, message), in order."""
        ...

    @property
    def lost(self) -> int:
        """Messages that could not be sent, so far."""
        ...

    def cancel_after(self, at_sec: float) -> None:
        """Forget what is queued for later than that."""
        ...

    def close(self) -> None:
        """Send what is due, and let go of the port."""
        ...
