"""A codec of another package: a row a note, [T, 3] = onset in steps, pitch, duration in steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.slots import Slot, merge_tracks, slot_tracks
from musicgan.errors import CodecError
from musicgan.notes import empty_notes, snap_notes
from musicgan.score import Score

VELOCITY = 80
LATEST_STEP = 1 << 40
SLOTS = (Slot("melody"),)


class SolfegeCodec:
    """All pitched tracks as one, without velocities."""

    name = "solfege"

    def __init__(self, grid: int = 4) -> None:
        self.grid = grid

    def options(self) -> Mapping[str, Any]:
        """JSON-ready arguments that rebuild this codec."""
        return {"grid": self.grid}

    def normalized(self, score: Score) -> Score:
        """`score` as this codec can say it."""
        snapped = merge_tracks(score, SLOTS).snapped(self.grid)
        notes = snapped.notes.copy()
        notes["velocity"] = VELOCITY
        return snapped.with_notes(notes)

    def encode(self, score: Score) -> NDArray[np.int64]:
        """Rows [T, 3] of a score."""
        notes = self.normalized(score).notes
        return np.stack(
            [notes[name].astype(np.int64) for name in ("onset_tick", "pitch", "duration_tick")], 1
        )

    def decode(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of rows [T, 3]."""
        if rows.ndim != 2 or rows.shape[1] != 3:
            raise CodecError(f"rows of shape {rows.shape}: expected [T, 3]")
        onset, pitch, duration = np.clip(
            rows.astype(np.int64), [[0, 0, 1]], [[LATEST_STEP, 127, LATEST_STEP]]
        ).T
        notes = empty_notes(len(rows))
        notes["onset_tick"], notes["pitch"], notes["duration_tick"] = onset, pitch, duration
        notes["velocity"] = VELOCITY
        notes = snap_notes(notes, self.grid, self.grid)
        frame = like.snapped(self.grid) if like is not None else Score(empty_notes())
        return replace(frame, notes=notes, tracks=slot_tracks(SLOTS), ticks_per_beat=self.grid)
