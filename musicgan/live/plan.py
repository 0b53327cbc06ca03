"""What is to be played, in ticks of the song: no seconds, no ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicgan.compose.bars import Bar

TICKS_PER_BEAT = 480
"""At least; more where the grid does not divide it."""


@dataclass(frozen=True)
class PlannedNote:
    """A note-on with its note-off: neither travels without the other."""

    on_tick: int
    off_tick: int
    voice: int
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class PlannedBar:
    """A bar and the notes that begin in it, from `from_tick` on; what came before stands."""

    number: int
    start_tick: int
    length_tick: int
    notes: tuple[PlannedNote, ...]
    from_tick: int
    """`start_tick`, unless the rest of a bar was composed anew."""

    def moved(self, bars: int) -> PlannedBar:
        """The same bar, so many bars later."""
        later = bars * self.length_tick
        notes = tuple(
            replace(note, on_tick=note.on_tick + later, off_tick=note.off_tick + later)
            for note in self.notes
        )
        return PlannedBar(
            self.number + bars,
            self.start_tick + later,
            self.length_tick,
            notes,
            self.from_tick + later,
        )

    def followed_by(self, rest: PlannedBar) -> PlannedBar:
        """This bar up to where `rest`, the same bar composed anew, begins."""
        stands = tuple(note for note in self.notes if note.on_tick < rest.from_tick)
        return replace(self, notes=stands + rest.notes)


def ticks_per_beat(grid: int) -> int:
    """Ticks of a session whose steps are `grid` to a beat."""
    return lcm(TICKS_PER_BEAT, grid)


def plan_bar(bar: Bar, grid: int, channels: Sequence[int], fine: int = 1) -> PlannedBar:
    """`bar` in ticks; `channels` names the MIDI channel, 0 to 15, of each voice.

    Notes may be late or early by parts of a step, of which it has `fine`; but not before the bar:
    what comes before may have been played when it is planned.
    """
    tick = ticks_per_beat(grid) // grid
    start, length, from_tick = bar.start_step * tick, bar.length_step * tick, bar.from_step * tick
    notes = [
        PlannedNote(
            max(from_tick, note.onset_step * tick + round(note.late_part * tick / fine)),
            (note.onset_step + note.duration_step) * tick,
            note.voice,
            channels[note.voice],
            note.pitch,
            note.velocity,
        )
        for note in bar.notes
    ]
    by_onset = tuple(sorted(notes, key=lambda note: note.on_tick))
    return PlannedBar(bar.number, start, length, by_onset, from_tick)
