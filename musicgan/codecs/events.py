"""Note tuples: one row a note, [T, 5] = wait, voice, pitch, duration, velocity bin.

`wait` is the number of steps since the previous row's onset (the first row: since step 0),
`voice` the track slot, `duration` in steps. One recurrent step a note; position in the bar is
derived from the waits, never stored.
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
from musicgan.score import Score, empty_notes, snap_columns, snap_notes

FIELDS = ("wait", "voice", "pitch", "duration", "velocity")
WAIT, VOICE, PITCH, DURATION, VELOCITY = range(5)
LONGEST_STEP = 1 << 31
"""Waits and durations of garbage rows are cut here, so that sums stay far inside int64."""


class EventsCodec:
    """Score <-> note tuples on a grid of `grid` steps a beat (4: sixteenths, 12: and triplets).

    Tracks are gathered into `slots`. With `velocity_bins` = 1 velocity is not stored and decodes
    as 80; with 127 it is exact. `pedal` says that files are to be read with the sustain pedal
    folded into durations (`base.hears_pedal`); scores themselves know of none.

    Raises `CodecError` for options out of range.
    """

    name = "events"

    def __init__(
        self,
        grid: int = 4,
        slots: Sequence[Slot | Sequence[Any]] = (Slot(),),
        velocity_bins: int = 1,
        pedal: bool = False,
    ) -> None:
        if not 1 <= grid <= 48:
            raise CodecError(f"grid {grid} is out of range: 1 to 48 steps a beat")
        if not 1 <= velocity_bins <= 127:
            raise CodecError(f"velocity_bins {velocity_bins} is out of range: 1 to 127")
        if not 1 <= len(slots) <= 64:
            raise CodecError(f"{len(slots)} track slots: from 1 to 64 are possible")
        self.grid = grid
        self.slots = as_slots(slots)
        self.velocity_bins = velocity_bins
        self.pedal = pedal

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EventsCodec) and self.options() == other.options()

    def __hash__(self) -> int:
        return hash((self.grid, self.slots, self.velocity_bins, self.pedal))

    def options(self) -> Mapping[str, Any]:
        """JSON-ready arguments that rebuild this codec."""
        slots = [slot.option for slot in self.slots]
        said = {"grid": self.grid, "slots": slots, "velocity_bins": self.velocity_bins}
        # Caches and models of before there was this choice say nothing of it.
        return {**said, "pedal": True} if self.pedal else said

    def normalized(self, score: Score) -> Score:
        """`score` on the grid, its tracks gathered into the slots, velocities at bin centres."""
        snapped = merge_tracks(score, self.slots).snapped(self.grid)
        velocity = self._binned(snapped.columns.velocity).astype(np.uint8)
        return snapped.with_columns(snapped.columns._replace(velocity=velocity))

    def encode(self, score: Score) -> Rows:
        """Rows of a score, int64 [T, 5], ordered by (onset, voice, pitch)."""
        merged = merge_columns(score, self.slots)
        onset, end, place, velocity, _ = snap_columns(merged, score.ticks_per_beat, self.grid)
        rows = np.empty((len(onset), len(FIELDS)), np.int64)
        rows[:, WAIT] = onset
        rows[1:, WAIT] -= onset[:-1]
        rows[:, VOICE] = place >> 7
        rows[:, PITCH] = place & 127
        rows[:, DURATION] = end - onset
        rows[:, VELOCITY] = velocity_to_bin(velocity, self.velocity_bins)
        return rows

    def decode(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of rows [T, 5]; values out of range are clipped to the nearest legal one.

        Tempo, metre and key maps come from `like`. Raises `CodecError` if the shape is wrong.
        """
        if rows.ndim != 2 or rows.shape[1] != len(FIELDS):
            raise CodecError(f"rows of shape {rows.shape}: expected [T, {len(FIELDS)}]")
        rows = self.legal(rows)
        notes = empty_notes(len(rows))
        notes["onset_tick"] = np.cumsum(rows[:, WAIT])
        notes["duration_tick"] = rows[:, DURATION]
        notes["pitch"] = rows[:, PITCH]
        notes["track"] = rows[:, VOICE]
        notes["velocity"] = bin_to_velocity(rows[:, VELOCITY], self.velocity_bins)
        frame = like.snapped(self.grid) if like is not None else Score(empty_notes())
        return Score(
            notes=snap_notes(notes, self.grid, self.grid),
            tracks=slot_tracks(self.slots),
            tempos=frame.tempos,
            metres=frame.metres,
            keys=frame.keys,
            ticks_per_beat=self.grid,
        )

    def legal(self, rows: NDArray[Any]) -> Rows:
        """Any rows [T, 5] with each value clipped to its legal range."""
        low = np.array([0, 0, 0, 1, 0])
        high = np.array([LONGEST_STEP, len(self.slots) - 1, 127, LONGEST_STEP, 0])
        high[VELOCITY] = self.velocity_bins - 1
        return np.clip(rows.astype(np.int64), low, high)

    def loudness(self, velocity_bin: int) -> int:
        """The velocity that one bin decodes to."""
        return int(bin_to_velocity(np.array([velocity_bin]), self.velocity_bins)[0])

    def _binned(self, velocity: NDArray[Any]) -> NDArray[np.int64]:
        bins = velocity_to_bin(velocity, self.velocity_bins)
        return bin_to_velocity(bins, self.velocity_bins)
