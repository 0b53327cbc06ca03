"""What a port process is told before it plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class PortOptions:
    """How to play; what is sent to a new port process."""

    bpm: float
    grid: int
    """Steps a beat that the composer counts in."""
    ticks_per_beat: int
    bar_tick: int
    beat_tick: int
    """The metre's own beat."""
    voices: Sequence[str]
    programs: Sequence[tuple[int, int]] = ()
    """(channel, program) to begin with."""
    lookahead_sec: float = 1.0
    record: Path | None = None
    clock: str = "internal"
    clock_out: bool = False
    must_listen: bool = False
    """Whether it is an error if there can be no input."""
    input: str | None = None
    """An existing port to listen to; None: one of its own."""
    duet: str | None = None
    """One of `duet.MODES`."""
    thru: bool = False
    """Whether what the player plays is sent on."""
    cc_map: Mapping[int, str] = field(default_factory=dict)
    """The control that each CC moves."""
    knobs: Mapping[str, float] = field(default_factory=dict)
    """Where they stand before they are touched."""
