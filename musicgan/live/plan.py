"""What is to be played, in ticks of the session: no seconds, no ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from musicgan.compose.bars import Bar

TICKS_PER_BEAT = 480
"""At least; more where the grid does not divide it."""


@dataclass(frozen=True)
class PlannedNote:
    """A note-on with its note-off: neither travels without the other."""

    on_tick: int
    off_tick: int
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class PlannedBar:
    """A bar and the notes that begin in it."""

    number: int
    start_tick: int
    length_tick: int
    notes: tuple[PlannedNote, ...]

    @property
    def end_tick(self) -> int:
        """Where the next bar begins."""
        return self.start_tick + self.length_tick


def ticks_per_beat(grid: int) -> int:
    """Ticks of a session whose steps are `grid` to a beat."""
    return lcm(TICKS_PER_BEAT, grid)


def plan_bar(bar: Bar, grid: int, channels: Sequence[int]) -> PlannedBar:
    """`bar` in ticks; `channels` names the MIDI channel, 0 to 15, of each voice."""
    tick = ticks_per_beat(grid) // grid
    notes = tuple(
        PlannedNote(
            note.onset_step * tick,
            (note.onset_step + note.duration_step) * tick,
            channels[note.voice],
            note.pitch,
            note.velocity,
        )
        for note in bar.notes
    )
    return PlannedBar(bar.number, bar.start_step * tick, bar.length_step * tick, notes)
