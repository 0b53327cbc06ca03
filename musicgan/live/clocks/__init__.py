"""Where in the music we are: ticks against the seconds of the backend that sends the notes.

A clock is anything that is a `Clock`. It never looks at the wall clock: a laptop's may jump.
Third parties add one through the entry-point group `musicgan.clocks`: a callable that takes a
`ClockOptions` and the open backend, and returns a clock. Raise `PortError` for what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0


@dataclass(frozen=True)
class ClockOptions:
    """What a clock is told of the music it leads."""

    ticks_per_beat: int
    """A beat is a quarter note."""
    bpm: float
    """The tempo to begin with, and until the clock knows better."""
    bar_tick: int
    """Length of a bar: its lines are at the multiples."""


class Clock(Protocol):
    """Musical time against a backend's own seconds. Tick 0 is a bar line."""

    @property
    def source(self) -> str:
        """What sets the tempo, in words for the display."""
        ...

    def begin(self, now_sec: float) -> None:
        """There is music to play from tick 0 on; a clock that others lead waits for them."""
        ...

    def hear(self, at_sec: float, message: bytes) -> None:
        """Take in a system message (0xF0 and above) that came over the input at `at_sec`."""
        ...

    def poll(self, now_sec: float) -> bool:
        """Look at what leads this clock; whether it has started, stopped or jumped since.

        After that, ticks do not go on from where they were. Called a hundred times a second.
        """
        ...

    @property
    def is_rolling(self) -> bool:
        """Whether time passes."""
        ...

    @property
    def bpm(self) -> float:
        """The present tempo, quarter notes a minute."""
        ...

    def set_tempo(self, bpm: float, now_sec: float) -> bool:
        """From now on so fast; False where others decide that."""
        ...

    def tick_at(self, now_sec: float) -> float:
        """The tick that is reached at `now_sec`, while it is rolling."""
        ...

    def due_sec(self, tick: float) -> float:
        """When `tick` is reached, as far as is known now; `inf` while it does not roll."""
        ...

    def close(self) -> None:
        """Let go of what leads it."""
        ...


def clip_bpm(bpm: float) -> float:
    """The nearest tempo that can be played, 20 to 400."""
    return min(max(bpm, SLOWEST_BPM), FASTEST_BPM)
