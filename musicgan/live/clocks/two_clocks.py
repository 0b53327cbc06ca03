"""One clock's seconds as another's: both only run forwards, from anywhere, at nearly one rate."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Reading = Callable[[], float]

TRIES = 3
PAIRS = 16
"""Of these the least delayed one counts."""
SHARE = 0.02
"""Of a new difference that is taken over: half a second to settle at 100 measurements a second."""
LOST_SEC = 0.02
"""So far apart the clocks do not drift: one of them was set, or slept."""


def read_together(outer: Reading, inner: Reading) -> tuple[float, float, float]:
    """(width, outer, inner): the two as read at one moment, as exactly as the width of `outer`.

    The narrowest of a few tries: a thread may be put aside between two readings.
    """
    tries = []
    for _ in range(TRIES):
        before = outer()
        inside = inner()
        after = outer()
        tries.append((after - before, (before + after) / 2, inside))
    return min(tries)


class TwoClocks:
    """How far `theirs` is ahead of `ours`, smoothed; both in seconds."""

    def __init__(self, ours: Reading, theirs: Reading) -> None:
        self._ours, self._theirs = ours, theirs
        self._pairs: deque[tuple[float, float]] = deque(maxlen=PAIRS)
        """(width, seconds ahead)."""
        self._ahead_sec = float("inf")
        self.measure()

    def measure(self) -> None:
        """Look at both once more."""
        width, ours, theirs = read_together(self._ours, self._theirs)
        if abs(theirs - ours - self._ahead_sec) > LOST_SEC + width:
            self._pairs.clear()
            self._ahead_sec = theirs - ours
        self._pairs.append((width, theirs - ours))
        self._ahead_sec += SHARE * (min(self._pairs)[1] - self._ahead_sec)

    def ours_sec(self, theirs_sec: float) -> float:
        """What `ours` shows when `theirs` shows that."""
        return theirs_sec - self._ahead_sec
