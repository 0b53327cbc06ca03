"""Piano rolls: one row a step, onset and hold apart, so that repeated notes survive.

Rows are float32 [T, S * 2P] for S slots of P pitches: of each slot first P onset cells, then P
hold cells. A note's first step has its onset cell set, each later one its hold cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.slots import Slot, as_slots, merge_tracks, slot_tracks
from musicgan.codecs.velocity import bin_to_velocity, velocity_to_bin
from musicgan.errors import CodecError
from musicgan.notes import empty_notes, snap_notes, sort_notes
from musicgan.score import Score

MAX_CELLS = 1 << 26
"""Cells of one roll (256 MiB of float32): a longer score is refused, not allocated."""

THRESHOLD = 0.5
"""A cell at or above this is set; NaN is not."""


class PianorollCodec:
    """Score <-> frames on a grid of `grid` steps a beat (4: sixteenths, 12: and triplets).

    Tracks are gathered into `slots` (see `codecs.slots`). Pitched notes outside `low_pitch` to
    `high_pitch` (inclusive) move by octaves into it; drums outside are dropped. With
    `velocity_bins` = 1 velocity is not stored and decodes as 80. With more, an onset cell of bin
    b holds 0.5 + (b + 1) / (2 * velocity_bins): 1.0 is the loudest.

    Raises `CodecError` for options out of range.
    """

    name = "pianoroll"

    def __init__(
        self,
        grid: int = 4,
        slots: Sequence[Slot | Sequence[Any]] = (("piano", 0, False),),
        low_pitch: int = 21,
        high_pitch: int = 108,
        velocity_bins: int = 1,
    ) -> None:
        if not 1 <= grid <= 48:
            raise CodecError(f"grid {grid} is out of range: give 1 to 48 steps a beat")
        if not 1 <= velocity_bins <= 127:
            raise CodecError(f"velocity_bins {velocity_bins} is out of range: give 1 to 127")
        if not 0 <= low_pitch <= high_pitch - 11 <= 116:
            raise CodecError(
                f"pitches {low_pitch} to {high_pitch} are out of range: give low_pitch and "
                "high_pitch within 0 to 127, high at least 11 above low"
            )
        self.grid = grid
        self.slots = as_slots(slots)
        self.low_pitch = low_pitch
        self.high_pitch = high_pitch
        self.velocity_bins = velocity_bins

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PianorollCodec) and self.options() == other.options()

    def __hash__(self) -> int:
        return hash((self.grid, self.slots, self.low_pitch, self.high_pitch, self.velocity_bins))

    @property
    def n_pitches(self) -> int:
        """P: cells of one kind in one slot."""
        return self.high_pitch - self.low_pitch + 1

    @property
    def width(self) -> int:
        """F: cells a row, slots x (onset, hold) x pitches."""
        return len(self.slots) * 2 * self.n_pitches

    def options(self) -> Mapping[str, Any]:
        """JSON-ready arguments that rebuild this codec."""
        return {
            "grid": self.grid,
            "slots": [slot.option for slot in self.slots],
            "low_pitch": self.low_pitch,
            "high_pitch": self.high_pitch,
            "velocity_bins": self.velocity_bins,
        }

    def normalized(self, score: Score) -> Score:
        """`score` on the grid, in the slots, in the pitch range, velocities at bin centres."""
        snapped = self._within(score).snapped(self.grid)
        notes = snapped.notes.copy()
        loudness = velocity_to_bin(notes["velocity"], self.velocity_bins)
        notes["velocity"] = bin_to_velocity(loudness, self.velocity_bins)
        return snapped.with_notes(notes)

    def _within(self, score: Score) -> Score:
        """`score` in the slots and the pitch range."""
        merged = merge_tracks(score, self.slots)
        pitch = merged.notes["pitch"].astype(np.int64)
        below, above = self.low_pitch - pitch, pitch - self.high_pitch
        if not len(pitch) or max(below.max(), above.max()) <= 0:
            return merged
        is_drum = np.array([slot.is_drum for slot in self.slots])[merged.notes["track"]]
        kept = ~(is_drum & ((below > 0) | (above > 0)))
        octaves = -(-np.maximum(below, 0) // 12) - -(-np.maximum(above, 0) // 12)
        notes = merged.notes.copy()
        notes["pitch"] = pitch + np.where(kept, 12 * octaves, 0)
        return merged.with_notes(notes[kept])

    def encode(self, score: Score) -> NDArray[np.float32]:
        """Frames of a score, [T, F]; T is the step at which its last note ends.

        Raises `CodecError` when the roll would exceed `MAX_CELLS`.
        """
        merged = self._within(score)
        notes = snap_notes(merged.notes, merged.ticks_per_beat, self.grid)
        onset, duration = notes["onset_tick"], notes["duration_tick"]
        length = int((onset + duration).max()) if len(notes) else 0
        if length * self.width > MAX_CELLS:
            raise CodecError(
                f"a roll of {length} steps is too long: {self.width} cells a step allow "
                f"{MAX_CELLS // self.width}; cut the score, or use fewer slots or a coarser grid"
            )
        roll = np.zeros((length, self.width), np.float32)
        column = notes["track"].astype(np.int64) * (2 * self.n_pitches)
        column += notes["pitch"].astype(np.int64) - self.low_pitch
        loudness = velocity_to_bin(notes["velocity"], self.velocity_bins) + 1
        roll[onset, column] = THRESHOLD + (1 - THRESHOLD) * loudness / self.velocity_bins

        held = duration - 1
        before = np.cumsum(held) - held
        step = np.arange(held.sum()) + np.repeat(onset + 1 - before, held)
        roll[step, np.repeat(column + self.n_pitches, held)] = 1.0
        return roll

    def decode(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of frames [T, F], of any numbers, NaN and infinities among them.

        A hold with nothing to continue is silent; an onset while the pitch sounds repeats it.
        Tempo, metre and key maps come from `like`. Raises `CodecError` if the shape is wrong.
        """
        if rows.ndim != 2 or rows.shape[1] != self.width or rows.dtype.kind not in "biuf":
            raise CodecError(
                f"frames of {rows.dtype} {list(rows.shape)}: expected numbers [T, {self.width}]"
            )
        cells = rows.reshape(len(rows), len(self.slots), 2, self.n_pitches)
        is_onset = cells[:, :, 0] >= THRESHOLD
        is_hold = (cells[:, :, 1] >= THRESHOLD) & ~is_onset
        onset, end, lane = _runs(is_onset, is_hold)
        slot, pitch = np.divmod(lane, self.n_pitches)
        value = np.clip(cells[onset, slot, 0, pitch].astype(np.float64), THRESHOLD, 1)
        share = (value - THRESHOLD) / (1 - THRESHOLD)
        loudness = np.maximum(np.rint(share * self.velocity_bins).astype(np.int64) - 1, 0)

        notes = empty_notes(len(onset))
        notes["onset_tick"] = onset
        notes["duration_tick"] = end - onset
        notes["pitch"] = pitch + self.low_pitch
        notes["velocity"] = bin_to_velocity(loudness, self.velocity_bins)
        notes["track"] = slot
        frame = like.with_notes(empty_notes()) if like is not None else Score(empty_notes())
        return replace(
            frame.snapped(self.grid), notes=sort_notes(notes), tracks=slot_tracks(self.slots)
        )


def _runs(
    is_onset: NDArray[np.bool_], is_hold: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Onset step, end step and lane (slot * P + pitch) of every note, from cells [T, S, P].

    Cells are numbered lane by lane with one empty cell after each lane, so that holds in
    consecutive cells belong to one note.
    """
    length, n_slots, n_pitches = is_onset.shape
    stride = length + 1
    onset_step, onset_lane = np.nonzero(is_onset.reshape(length, n_slots * n_pitches))
    hold_step, hold_lane = np.nonzero(is_hold.reshape(length, n_slots * n_pitches))
    onset = onset_lane * stride + onset_step
    hold = np.sort(hold_lane * stride + hold_step)
    first = np.flatnonzero(np.diff(hold, prepend=-2) != 1)
    run_start = hold[first]
    run_length = np.diff(first, append=len(hold))
    run = np.searchsorted(run_start, onset + 1)
    found = run < len(run_start)
    found[found] = run_start[run[found]] == onset[found] + 1
    duration = np.ones(len(onset), np.int64)
    duration[found] += run_length[run[found]]
    return onset_step, onset_step + duration, onset_lane
