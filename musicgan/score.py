"""The music value types: what a MIDI file says, as integers, immutable.

A `Score` is one numpy structured array of notes plus its tracks and its tempo, metre and key
maps. Times are integer ticks; a beat (quarter note) has `ticks_per_beat` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from musicgan.timing import rescale_tick, tick_to_sec

NOTE = np.dtype(
    [
        ("onset_tick", np.int64),
        ("duration_tick", np.int64),
        ("pitch", np.uint8),
        ("velocity", np.uint8),
        ("track", np.uint16),
    ]
)
"""One note. pitch and velocity are MIDI's (0-127, 1-127); track indexes `Score.tracks`."""

MAX_TRACKS = 65_535
PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Track:
    """One instrument. `program` is General MIDI's, 0-127, and meaningless when `is_drum`."""

    name: str = ""
    program: int = 0
    is_drum: bool = False


@dataclass(frozen=True)
class Tempo:
    """From `tick` on, a quarter note lasts `us_per_beat` microseconds."""

    tick: int
    us_per_beat: int


@dataclass(frozen=True)
class Metre:
    """From `tick` on, bars of `numerator`/`denominator`."""

    tick: int
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Key:
    """From `tick` on, the key with tonic pitch class `tonic` (0 = C), minor or major."""

    tick: int
    tonic: int
    is_minor: bool = False

    def __str__(self) -> str:
        return PITCH_NAMES[self.tonic] + ("m" if self.is_minor else "")


def empty_notes(count: int = 0) -> NDArray[np.void]:
    """`count` zeroed notes, [count]."""
    return np.zeros(count, NOTE)


def sort_notes(notes: NDArray[np.void]) -> NDArray[np.void]:
    """Notes by (onset, track, pitch, duration), [N] -> [N]."""
    order = np.lexsort(
        (notes["duration_tick"], notes["pitch"], notes["track"], notes["onset_tick"])
    )
    return notes[order]


@dataclass(frozen=True, eq=False)
class Score:
    """Notes and what surrounds them. Two scores are equal when they say the same music."""

    notes: NDArray[np.void]
    tracks: tuple[Track, ...] = (Track(),)
    tempos: tuple[Tempo, ...] = ()
    metres: tuple[Metre, ...] = ()
    keys: tuple[Key, ...] = ()
    ticks_per_beat: int = 480

    def __post_init__(self) -> None:
        self.notes.flags.writeable = False

    def __len__(self) -> int:
        return len(self.notes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Score):
            return NotImplemented
        mine = (self.tracks, self.tempos, self.metres, self.keys, self.ticks_per_beat)
        theirs = (other.tracks, other.tempos, other.metres, other.keys, other.ticks_per_beat)
        return mine == theirs and np.array_equal(self.notes, other.notes)

    __hash__ = None  # type: ignore[assignment]  # holds an array: equality is by content

    @property
    def end_tick(self) -> int:
        """The tick at which the last note ends; 0 for an empty score."""
        if not len(self.notes):
            return 0
        return int((self.notes["onset_tick"] + self.notes["duration_tick"]).max())

    @property
    def duration_sec(self) -> float:
        """Seconds until the last note ends, through the tempo map."""
        end = np.array([self.end_tick], np.int64)
        tempos = [(t.tick, t.us_per_beat) for t in self.tempos]
        return float(tick_to_sec(end, tempos, self.ticks_per_beat)[0])

    def with_notes(self, notes: NDArray[np.void]) -> Score:
        """The same score around other notes."""
        return replace(self, notes=notes)

    def transposed(self, semitones: int) -> Score:
        """Every pitched note and key moved by `semitones`; drums stay.

        A note that would leave 0-127 moves by octaves until it fits, so that none is lost.
        """
        drums = np.array([track.is_drum for track in self.tracks] or [False])
        pitched = ~drums[self.notes["track"]]
        pitch = self.notes["pitch"].astype(np.int64)
        moved = pitch + semitones
        moved += 12 * np.maximum(0, -(moved // 12))
        moved -= 12 * np.maximum(0, -(-(moved - 127) // 12))
        notes = self.notes.copy()
        notes["pitch"] = np.where(pitched, moved, pitch)
        keys = tuple(replace(key, tonic=(key.tonic + semitones) % 12) for key in self.keys)
        return replace(self, notes=notes, keys=keys)

    def snapped(self, grid: int) -> Score:
        """The normal form on a grid of `grid` steps a beat; a tick of the result is one step.

        Onsets and ends move to the nearest step, notes last at least one step, at most one note
        of a track sounds on a pitch (a later onset ends the earlier note; of two notes that
        start together the longer stays, with the greater velocity), sorted by (onset, track,
        pitch). Tempo, metre and key events move to the nearest step; the last one there wins.
        Snapping a snapped score changes nothing.
        """
        return replace(
            self,
            notes=snap_notes(self.notes, self.ticks_per_beat, grid),
            tempos=_snap_map(self.tempos, self.ticks_per_beat, grid),
            metres=_snap_map(self.metres, self.ticks_per_beat, grid),
            keys=_snap_map(self.keys, self.ticks_per_beat, grid),
            ticks_per_beat=grid,
        )


def snap_notes(notes: NDArray[np.void], ticks_per_beat: int, grid: int) -> NDArray[np.void]:
    """`Score.snapped` for the notes alone, [N] -> [M <= N]."""
    onset = rescale_tick(notes["onset_tick"], ticks_per_beat, grid)
    end = rescale_tick(notes["onset_tick"] + notes["duration_tick"], ticks_per_beat, grid)
    end = np.maximum(end, onset + 1)
    lane = notes["track"].astype(np.int64) * 128 + notes["pitch"]
    velocity = notes["velocity"]

    order = np.lexsort((onset, lane))
    onset, end, lane, velocity = onset[order], end[order], lane[order], velocity[order]
    first = np.ones(len(onset), bool)
    first[1:] = (onset[1:] != onset[:-1]) | (lane[1:] != lane[:-1])
    if not first.all():
        start = np.flatnonzero(first)
        end, velocity = np.maximum.reduceat(end, start), np.maximum.reduceat(velocity, start)
        onset, lane = onset[start], lane[start]
    next_onset = np.where(lane[1:] == lane[:-1], onset[1:], np.iinfo(np.int64).max)
    end[:-1] = np.minimum(end[:-1], next_onset)

    order = np.lexsort((lane, onset))
    out = empty_notes(len(order))
    out["onset_tick"] = onset[order]
    out["duration_tick"] = (end - onset)[order]
    out["pitch"] = (lane % 128)[order]
    out["track"] = (lane // 128)[order]
    out["velocity"] = velocity[order]
    return out


E = TypeVar("E", Tempo, Metre, Key)


def _snap_map(events: tuple[E, ...], old: int, new: int) -> tuple[E, ...]:
    at = {(event.tick * 2 * new + old) // (2 * old): event for event in events}
    return tuple(replace(event, tick=tick) for tick, event in sorted(at.items()))
