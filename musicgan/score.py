"""The music value types: what a MIDI file says, as integers, immutable.

A `Score` is one numpy structured array of notes plus its tracks and its tempo, metre and key
maps. Times are integer ticks; a beat (quarter note) has `ticks_per_beat` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

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


def empty_notes(count: int = 0) -> NDArray[np.void]:
    """`count` zeroed notes, [count]."""
    return np.zeros(count, NOTE)


def sort_notes(notes: NDArray[np.void]) -> NDArray[np.void]:
    """Notes by (onset, track, pitch, duration), [N] -> [N]."""
    place, duration = _place(notes), notes["duration_tick"]
    order = np.lexsort((duration, place, notes["onset_tick"]))
    return take_notes(notes, order)


def take_notes(notes: NDArray[np.void], index: NDArray[np.int64]) -> NDArray[np.void]:
    """`notes[index]`, [N] -> [M], several times quicker: a column at a time."""
    out = empty_notes(len(index))
    for field in NOTE.names or ():
        out[field] = notes[field][index]
    return out


def _place(notes: NDArray[np.void]) -> NDArray[np.int64]:
    """Track and pitch as one number, [N]: notes that would sound as one have the same."""
    return np.asarray(notes["track"].astype(np.int64) * 128 + notes["pitch"])


class Columns(NamedTuple):
    """Notes as arrays of their own, [N] each: numpy computes with these far quicker."""

    onset_tick: NDArray[np.int64]
    end_tick: NDArray[np.int64]
    place: NDArray[np.int64]
    """track * 128 + pitch: on one place one note sounds at a time."""
    velocity: NDArray[Any]
    """uint8; codecs have their touches here, int64: of notes that are joined the greatest stays."""
    is_single: bool = False
    """Known for sure: on each place one note sounds at a time."""

    def take(self, index: NDArray[np.int64]) -> Columns:
        """The notes at `index`, [M]."""
        onset, end, place, velocity, is_single = self
        return Columns(
            onset.take(index), end.take(index), place.take(index), velocity.take(index), is_single
        )

    def by_onset(self) -> Columns:
        """Sorted by (onset, track, pitch); equals keep their order."""
        onset, place = self.onset_tick, self.place
        if len(onset) and onset.max() < 1 << 40:
            return self.take(((onset << 23) | place).argsort(kind="stable"))
        return self.take(np.lexsort((place, onset)))


def to_columns(notes: NDArray[np.void]) -> Columns:
    """`notes` [N] as columns."""
    onset = notes["onset_tick"]
    return Columns(onset, onset + notes["duration_tick"], _place(notes), notes["velocity"])


def to_notes(columns: Columns) -> NDArray[np.void]:
    """The notes of `columns`, [N], in their order."""
    onset, end, place, velocity, _ = columns
    notes = empty_notes(len(onset))
    notes["onset_tick"] = onset
    notes["duration_tick"] = end - onset
    notes["pitch"] = place & 127
    notes["track"] = place >> 7
    notes["velocity"] = velocity
    return notes


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


def snap_notes(notes: NDArray[np.void], ticks_per_beat: int, grid: int) -> NDArray[np.void]:
    """`Score.snapped` for the notes alone, [N] -> [M <= N]."""
    return to_notes(snap_columns(to_columns(notes), ticks_per_beat, grid))


def snap_columns(notes: Columns, ticks_per_beat: int, grid: int) -> Columns:
    """`Score.snapped` for columns, [N] -> [M <= N]."""
    onset = rescale_tick(notes.onset_tick, ticks_per_beat, grid)
    end = np.maximum(rescale_tick(notes.end_tick, ticks_per_beat, grid), onset + 1)
    snapped = _joined(notes._replace(onset_tick=onset, end_tick=end).by_onset())
    # Rounding moves no end past the next onset: what was single before is single still.
    return snapped if notes.is_single else _cut_at_next_onset(snapped)


def _joined(notes: Columns) -> Columns:
    """Of sorted notes that begin together on a place one, as long and as loud as any of them."""
    onset, end, place, velocity, is_single = notes
    repeated = (onset[1:] == onset[:-1]) & (place[1:] == place[:-1])
    if not repeated.any():
        return notes
    first = np.flatnonzero(np.concatenate(([True], ~repeated)))
    longest, loudest = (np.maximum.reduceat(column, first) for column in (end, velocity))
    return Columns(onset[first], longest, place[first], loudest, is_single)


def _cut_at_next_onset(notes: Columns) -> Columns:
    """Sorted notes, each of which ends where the next one of its place begins, or before."""
    order = by_place(notes.place)
    begin, stop, here = (column[order] for column in notes[:3])
    np.minimum(stop[:-1], begin[1:], out=stop[:-1], where=here[1:] == here[:-1])
    end = np.empty_like(stop)
    end[order] = stop
    return notes._replace(end_tick=end, is_single=True)


def by_place(place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The order by (place, onset) of notes that are in order of onset, [N]."""
    # numpy sorts 16-bit keys by radix, five times quicker than wider ones.
    narrow = place.astype(np.uint16) if len(place) and place.max() < 1 << 16 else place
    return np.asarray(narrow.argsort(kind="stable"))


E = TypeVar("E", Tempo, Metre, Key)


def _snap_map(events: tuple[E, ...], old: int, new: int) -> tuple[E, ...]:
    at = {(event.tick * 2 * new + old) // (2 * old): event for event in events}
    return tuple(replace(event, tick=tick) for tick, event in sorted(at.items()))
