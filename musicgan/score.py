"""The music value types: what a MIDI file says, as integers, immutable.

A `Score` is one numpy structured array of notes plus its tracks and its tempo, metre and key
maps. Times are integer ticks; a beat (quarter note) has `ticks_per_beat` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from musicgan.notes import Columns, snap_columns, to_columns, to_notes
from musicgan.timing import tick_to_sec

MAX_TRACKS = 65_535
PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def pitch_name(pitch: int) -> str:
    """Such as C4 for 60."""
    return f"{PITCH_NAMES[pitch % 12]}{pitch // 12 - 1}"


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

    def __getattr__(self, name: str) -> Any:
        """`notes` of a score that was given as columns, made when somebody asks for them."""
        if name != "notes" or "columns" not in vars(self):
            raise AttributeError(f"a Score has no attribute {name!r}")
        notes = vars(self)["notes"] = to_notes(self.columns)
        notes.flags.writeable = False
        return notes

    def __len__(self) -> int:
        return len(self.notes if "notes" in vars(self) else self.columns.place)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Score):
            return NotImplemented
        mine = (self.tracks, self.tempos, self.metres, self.keys, self.ticks_per_beat)
        theirs = (other.tracks, other.tempos, other.metres, other.keys, other.ticks_per_beat)
        return mine == theirs and np.array_equal(self.notes, other.notes)

    __hash__ = None  # type: ignore[assignment]  # holds an array: equality is by content

    @classmethod
    def of_columns(cls, columns: Columns, **rest: Any) -> Score:
        """The score of notes given as columns, which it keeps."""
        score = cls.__new__(cls)
        vars(score).update(columns=columns, **rest)
        return score

    @cached_property
    def columns(self) -> Columns:
        """The notes as columns; not to be changed."""
        return to_columns(self.notes)

    @cached_property
    def end_tick(self) -> int:
        """The tick at which the last note ends; 0 for an empty score."""
        return int(self.columns.end_tick.max(initial=0))

    @property
    def duration_sec(self) -> float:
        """Seconds until the last note ends, through the tempo map."""
        end = np.array([self.end_tick], np.int64)
        tempos = [(t.tick, t.us_per_beat) for t in self.tempos]
        return float(tick_to_sec(end, tempos, self.ticks_per_beat)[0])

    def with_notes(self, notes: NDArray[np.void]) -> Score:
        """The same score around other notes."""
        return replace(self, notes=notes)

    def with_columns(self, columns: Columns, **changed: Any) -> Score:
        """The same score around other notes, given as columns, and with the fields `changed`."""
        rest = {field.name: getattr(self, field.name) for field in fields(self)[1:]}
        return Score.of_columns(columns, **{**rest, **changed})

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

    def finer(self, factor: int) -> Score:
        """The same music in ticks `factor` times as short."""
        if factor == 1:
            return self
        onset, end = self.columns.onset_tick * factor, self.columns.end_tick * factor
        maps: dict[str, Any] = {
            name: tuple(replace(event, tick=event.tick * factor) for event in getattr(self, name))
            for name in ("tempos", "metres", "keys")
        }
        return self.with_columns(
            self.columns._replace(onset_tick=onset, end_tick=end),
            ticks_per_beat=self.ticks_per_beat * factor,
            **maps,
        )

    def snapped(self, grid: int) -> Score:
        """The normal form on a grid of `grid` steps a beat; a tick of the result is one step.

        Onsets and ends move to the nearest step, notes last at least one step, at most one note
        of a track sounds on a pitch (a later onset ends the earlier note; of two notes that
        start together the longer stays, with the greater velocity), sorted by (onset, track,
        pitch). Tempo, metre and key events move to the nearest step; the last one there wins.
        Snapping a snapped score changes nothing.
        """
        return self.with_columns(
            snap_columns(self.columns, self.ticks_per_beat, grid),
            tempos=_snap_map(self.tempos, self.ticks_per_beat, grid),
            metres=_snap_map(self.metres, self.ticks_per_beat, grid),
            keys=_snap_map(self.keys, self.ticks_per_beat, grid),
            ticks_per_beat=grid,
        )


E = TypeVar("E", Tempo, Metre, Key)


def _snap_map(events: tuple[E, ...], old: int, new: int) -> tuple[E, ...]:
    at = {(event.tick * 2 * new + old) // (2 * old): event for event in events}
    return tuple(replace(event, tick=tick) for tick, event in sorted(at.items()))
