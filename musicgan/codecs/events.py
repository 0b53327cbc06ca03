"""Note tuples: one row a note, [T, 5] = wait, voice, pitch, duration, touch.

`wait` is the number of steps since the previous row's onset (the first row: since step 0),
`voice` the track slot, `duration` in steps, `touch` how the note is played: its velocity bin and,
for timing finer than the grid, the part of a step where it begins. One recurrent step a note;
position in the bar is derived from the waits, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.slots import Slot, as_slots, merge_columns, merge_tracks, slot_tracks
from musicgan.codecs.velocity import bin_to_velocity, velocity_to_bin
from musicgan.errors import CodecError
from musicgan.notes import Columns, empty_notes, snap_columns
from musicgan.score import Score
from musicgan.timing import rescale_tick

FIELDS = ("wait", "voice", "pitch", "duration", "touch")
WAIT, VOICE, PITCH, DURATION, TOUCH = range(5)
MOST_FINE = 64
LONGEST_STEP = 1 << 31
"""Waits and durations of garbage rows are cut here, so that sums stay far inside int64."""


class EventsCodec:
    """Score <-> note tuples on a grid of `grid` steps a beat (4: sixteenths, 12: and triplets).

    Tracks are gathered into `slots`. With `velocity_bins` = 1 velocity is not stored and decodes
    as 80; with 127 it is exact. With `fine` > 1 an onset keeps its place among so many parts of a
    step, half of them before the grid point; ends are on the grid. `pedal` says that files are to
    be read with the sustain pedal folded into durations (`base.hears_pedal`); scores themselves
    know of none.

    Raises `CodecError` for options out of range.
    """

    name = "events"

    def __init__(
        self,
        grid: int = 4,
        slots: Sequence[Slot | Sequence[Any]] = (Slot(),),
        velocity_bins: int = 1,
        pedal: bool = False,
        fine: int = 1,
    ) -> None:
        if not 1 <= grid <= 48:
            raise CodecError(f"grid {grid} is out of range: 1 to 48 steps a beat")
        if not 1 <= velocity_bins <= 127:
            raise CodecError(f"velocity_bins {velocity_bins} is out of range: 1 to 127")
        if not 1 <= fine <= MOST_FINE:
            raise CodecError(f"fine {fine} is out of range: 1 to {MOST_FINE} parts of a step")
        if not 1 <= len(slots) <= 64:
            raise CodecError(f"{len(slots)} track slots: from 1 to 64 are possible")
        self.grid = grid
        self.slots = as_slots(slots)
        self.velocity_bins = velocity_bins
        self.pedal = pedal
        self.fine = fine

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventsCodec) and self.options() == other.options()

    def __hash__(self) -> int:
        return hash((self.grid, self.slots, self.velocity_bins, self.pedal, self.fine))

    def options(self) -> Mapping[str, Any]:
        """JSON-ready arguments that rebuild this codec."""
        slots = [slot.option for slot in self.slots]
        said = {"grid": self.grid, "slots": slots, "velocity_bins": self.velocity_bins}
        # Caches and models of before there were these choices say nothing of them.
        pedal = {"pedal": True} if self.pedal else {}
        fine = {"fine": self.fine} if self.fine > 1 else {}
        return {**said, **pedal, **fine}

    def with_slots(self, slots: Sequence[Slot]) -> EventsCodec:
        """The same codec with other slots."""
        return EventsCodec(**{**self.options(), "slots": slots})

    @property
    def in_steps(self) -> EventsCodec:
        """The same codec without timing finer than its steps."""
        return self if self.fine == 1 else EventsCodec(**{**self.options(), "fine": 1})

    def normalized(self, score: Score) -> Score:
        """`score` on the grid, its tracks gathered into the slots, velocities at bin centres."""
        if self.fine > 1:
            return self.decode(self.encode(score), like=score)
        snapped = merge_tracks(score, self.slots).snapped(self.grid)
        velocity = self._binned(snapped.columns.velocity).astype(np.uint8)
        return snapped.with_columns(snapped.columns._replace(velocity=velocity))

    def encode(self, score: Score) -> Rows:
        """Rows of a score, int64 [T, 5], ordered by (onset step, voice, pitch)."""
        merged = merge_columns(score, self.slots)
        if self.fine > 1:
            merged = merged._replace(velocity=self._touch(merged, score.ticks_per_beat))
        onset, end, place, touch, _ = snap_columns(merged, score.ticks_per_beat, self.grid)
        # A field after the other in memory: numpy fills and reads them so several times quicker.
        rows: Rows = np.empty((len(FIELDS), len(onset)), np.int64).T
        rows[:, WAIT] = onset
        rows[1:, WAIT] -= onset[:-1]
        rows[:, VOICE] = place >> 7
        rows[:, PITCH] = place & 127
        rows[:, DURATION] = end - onset
        rows[:, TOUCH] = touch if self.fine > 1 else velocity_to_bin(touch, self.velocity_bins)
        return rows

    def decode(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of rows [T, 5]; values out of range are clipped to the nearest legal one.

        A tick is one step, or one of its `fine` parts. Tempo, metre and key maps come from `like`.
        Raises `CodecError` if the shape is wrong.
        """
        score = self._on_grid(rows, like)
        if self.fine > 1:
            late_part = score.columns.velocity % self.fine - self.fine // 2
            score = beside_grid(score, self.fine, late_part)
        return self._loud(score)

    def decode_on_grid(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of rows as `decode` has it, but in steps, without timing finer than these."""
        return self._loud(self._on_grid(rows, like))

    def _on_grid(self, rows: NDArray[Any], like: Score | None) -> Score:
        """The score of rows in steps, its velocities the touches."""
        if rows.ndim != 2 or rows.shape[1] != len(FIELDS):
            raise CodecError(f"rows of shape {rows.shape}: expected [T, {len(FIELDS)}]")
        wait, voice, pitch, duration, touch = self.legal(rows).T
        onset = np.cumsum(wait)
        played = Columns(onset, onset + duration, voice << 7 | pitch, touch)
        # Of `like` the maps alone are asked for: its notes need no snapping.
        frame = like.with_notes(empty_notes()) if like is not None else Score(empty_notes())
        frame = frame.snapped(self.grid)
        return Score.of_columns(
            snap_columns(played, self.grid, self.grid),
            tracks=slot_tracks(self.slots),
            tempos=frame.tempos,
            metres=frame.metres,
            keys=frame.keys,
            ticks_per_beat=self.grid,
        )

    def _loud(self, score: Score) -> Score:
        """`score` with the velocities of its touches."""
        velocity = bin_to_velocity(score.columns.velocity // self.fine, self.velocity_bins)
        return score.with_columns(score.columns._replace(velocity=velocity.astype(np.uint8)))

    def _touch(self, notes: Columns, ticks_per_beat: int) -> NDArray[np.int64]:
        """The touch of each note, [N]: its velocity bin, then its part of the nearest step."""
        step = rescale_tick(notes.onset_tick, ticks_per_beat, self.grid)
        part = rescale_tick(notes.onset_tick, ticks_per_beat, self.grid * self.fine)
        late = np.clip(part - step * self.fine + self.fine // 2, 0, self.fine - 1)
        return np.asarray(velocity_to_bin(notes.velocity, self.velocity_bins) * self.fine + late)

    def legal(self, rows: NDArray[Any]) -> Rows:
        """Any rows [T, 5] with each value clipped to its legal range."""
        low = np.array([0, 0, 0, 1, 0])
        high = np.array([LONGEST_STEP, len(self.slots) - 1, 127, LONGEST_STEP, self.touches - 1])
        return np.clip(rows.astype(np.int64), low, high)

    @property
    def touches(self) -> int:
        """How many touches there are."""
        return self.velocity_bins * self.fine

    def played(self, touch: int) -> tuple[int, int]:
        """The velocity of a touch, and by how many parts of a step it is late, early below 0."""
        velocity_bin, part = divmod(touch, self.fine)
        velocity = bin_to_velocity(np.array([velocity_bin]), self.velocity_bins)
        return int(velocity[0]), part - self.fine // 2

    def _binned(self, velocity: NDArray[Any]) -> NDArray[np.int64]:
        bins = velocity_to_bin(velocity, self.velocity_bins)
        return bin_to_velocity(bins, self.velocity_bins)


def beside_grid(score: Score, fine: int, late_part: NDArray[np.int64]) -> Score:
    """A score in steps, in ticks of which a step has `fine`, its notes [N] late by so many.

    Below 0 early, but not before the beginning. A note ends by the next one of its pitch.
    """
    finer = score.finer(fine)
    onset = np.maximum(finer.columns.onset_tick + late_part, 0)
    moved = finer.columns._replace(onset_tick=onset, is_single=False)
    tick = finer.ticks_per_beat
    return finer.with_columns(snap_columns(moved, tick, tick))
