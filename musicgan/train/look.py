"""Songs beside real music, in the numbers that a page draws: shares, and places on a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import PITCH, VOICE, WAIT, EventsCodec
from musicgan.codecs.slots import Slot
from musicgan.evaluate.cuts import windows
from musicgan.evaluate.descriptors import descriptor_matrix
from musicgan.score import Score
from musicgan.theory import downbeats
from musicgan.timing import us_to_bpm

Floats = NDArray[np.float64]

STRETCH_NOTES = 64
"""Of a dot on the map."""
MOST_STRETCHES = 4
"""Of one song."""
LONGEST_TWELFTHS, WIDEST = 48, 12
"""Rhythm is told apart up to four beats, intervals up to an octave either way."""
MARGIN = 2
"""Pitches shown beyond those of real music."""
USUAL_BPM = 120.0


class Samples(NamedTuple):
    """What a run plays at an evaluation."""

    songs: list[Score]
    verdicts: list[float] | None
    """The critic's chance that the first song is real, after each note; None without a critic."""


class Beside:
    """Real songs, and whatever is to be seen beside them, on one scale."""

    def __init__(self, grid: int, slots: Sequence[Slot], real: Sequence[Score]) -> None:
        self._codec = EventsCodec(grid, slots)
        self._drums = [i for i, slot in enumerate(self._codec.slots) if slot.is_drum]
        rows = [self._codec.encode(score) for score in real]
        pitch = np.concatenate([some[:, PITCH] for some in rows])
        self.lowest = max(0, int(pitch.min()) - MARGIN)
        """The pitch of the first share."""
        self._highest = min(127, int(pitch.max()) + MARGIN)
        described = self._described(rows)
        self._mean, self._axes = _plane(described)
        self.real = {"spread": self._spread(rows), "map": self._placed(described)}

    def look(self, songs: Sequence[Score]) -> dict[str, Any]:
        """`spread`, shares of pitch, rhythm and interval, and `map`, [N, 2] places; JSON-ready."""
        rows = [self._codec.encode(song) for song in songs]
        return {"spread": self._spread(rows), "map": self._placed(self._described(rows))}

    def _spread(self, songs: Sequence[Rows]) -> dict[str, list[float]]:
        pitch = np.concatenate([rows[:, PITCH] for rows in songs])
        wait = np.concatenate([rows[1:, WAIT] for rows in songs])
        twelfths = np.minimum(wait[wait > 0] * 12 // self._codec.grid, LONGEST_TWELFTHS)
        leaps = np.concatenate([self._leaps(rows) for rows in songs])
        inside = np.clip(pitch, self.lowest, self._highest) - self.lowest
        return {
            "pitch": _shares(inside, self._highest - self.lowest + 1),
            "rhythm": _shares(twelfths, LONGEST_TWELFTHS + 1),
            "interval": _shares(np.clip(leaps, -WIDEST, WIDEST) + WIDEST, 2 * WIDEST + 1),
        }

    def _leaps(self, rows: Rows) -> NDArray[np.int64]:
        """The interval of each note from its voice's last, drums left out."""
        voices = [v for v in range(len(self._codec.slots)) if v not in self._drums]
        return np.concatenate(
            [np.zeros(0, np.int64), *(np.diff(rows[rows[:, VOICE] == v, PITCH]) for v in voices)]
        )

    def _described(self, songs: Sequence[Rows]) -> Floats:
        cut = [
            window
            for rows in songs
            for window in windows(rows, self._codec.grid, STRETCH_NOTES, MOST_STRETCHES)
        ]
        return np.asarray(descriptor_matrix(self._codec.decode(window) for window in cut))

    def _placed(self, described: Floats) -> list[list[float]]:
        if not described.size or not self._axes.size:
            return []
        return [[round(float(v), 3) for v in at] for at in (described - self._mean) @ self._axes]


def song_of(score: Score, verdicts: Sequence[float] | None) -> dict[str, Any]:
    """A song as a page draws and plays it, in beats; `verdicts` are chances to be real, a note."""
    beat = score.ticks_per_beat
    notes = [
        [round(onset / beat, 3), round(duration / beat, 3), pitch, velocity, track]
        for onset, duration, pitch, velocity, track in score.notes.tolist()
    ]
    return {
        "notes": notes,
        "verdicts": None if verdicts is None else [round(float(v), 3) for v in verdicts],
        "bars": [round(tick / beat, 3) for tick in downbeats(score).tolist()],
        "tracks": [track.name for track in score.tracks],
        "drums": [i for i, track in enumerate(score.tracks) if track.is_drum],
        "bpm": us_to_bpm(score.tempos[0].us_per_beat) if score.tempos else USUAL_BPM,
    }


def _shares(values: NDArray[np.int64], count: int) -> list[float]:
    found = np.bincount(values, minlength=count)
    return [round(float(share), 4) for share in found / max(1, found.sum())]


def _plane(described: Floats) -> tuple[Floats, Floats]:
    """The middle of real music, [D], and the two directions in which it varies most, [D, 2]."""
    if len(described) < 3:
        return np.zeros(0), np.zeros((0, 2))
    mean, scale = described.mean(axis=0), described.std(axis=0)
    scale = np.where(scale > 0, scale, np.inf)  # what never varies says nothing
    axes = np.linalg.svd((described - mean) / scale, full_matrices=False)[2][:2]
    return mean, np.asarray((axes / scale).T)
