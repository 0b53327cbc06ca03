"""A backend with no port and a clock that stands still until it is told: for tests."""

from __future__ import annotations

from musicgan.live.backends import HANDED_OVER_SEC


class FakeBackend:
    """Keeps what it was given, [(seconds, message)], in the order it would have sounded.

    What is due within `handed_over_sec` is past cancelling, as in a period of audio; it may be more
    than it tells, as when a server is short of time.
    """

    def __init__(self, queued: bool = True, handed_over_sec: float = 0.0) -> None:
        self.queued = queued
        self.handed_over_sec = HANDED_OVER_SEC if queued else 0.0
        self._handed_over_sec = handed_over_sec
        self.time_sec = 0.0
        self.sent: list[tuple[float, bytes]] = []
        self.is_open = True
        self.lost = 0
        self.to_hear: list[tuple[float, bytes]] = []
        """What `heard` will tell: a test puts it there."""

    def now_sec(self) -> float:
        """The time it was set to."""
        return self.time_sec

    def send(self, at_sec: float, message: bytes) -> None:
        """Keep a message; an immediate backend sends it now."""
        assert self.is_open
        self.sent.append((max(at_sec, self.time_sec) if self.queued else self.time_sec, message))

    def send_now(self, message: bytes) -> None:
        """Kept with the present time."""
        self.sent.append((self.time_sec, message))

    def listen(self, port: str | None) -> None:
        """It always does."""

    def heard(self) -> list[tuple[float, bytes]]:
        """What a test has put into `to_hear`."""
        heard, self.to_hear = self.to_hear, []
        return heard

    def cancel_after(self, at_sec: float) -> None:
        """Forget what is later."""
        last_sec = max(at_sec, self.time_sec + self._handed_over_sec)
        self.sent = [entry for entry in self.sent if entry[0] <= last_sec]

    def close(self) -> None:
        """No more after this."""
        self.is_open = False
