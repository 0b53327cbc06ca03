"""Slots: the fixed voices a codec has room for, and how any score's tracks go into them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from musicgan.errors import CodecError
from musicgan.notes import Columns
from musicgan.score import Score, Track

DROPPED = -1
"""The slot of a track that has no slot of its kind."""
LATE = -2
"""The slot, for now, of a track whose kind has slots, but not so many."""
FAMILIES = range(16)
"""General MIDI's families of eight programs each: `program // 8`."""


@dataclass(frozen=True)
class Slot:
    """One voice of a codec. `program` is General MIDI's, 0-127, and meaningless when `is_drum`."""

    name: str = "piano"
    program: int = 0
    is_drum: bool = False
    families: tuple[int, ...] = ()
    """General MIDI families, 0-15, whose tracks it takes; of slots without any, the first takes
    the first track, and so on."""

    @property
    def track(self) -> Track:
        """The track of a score that this slot is."""
        return Track(self.name, self.program, self.is_drum)

    @property
    def option(self) -> list[Any]:
        """As JSON options hold it; `as_slots` reads it."""
        listed = [self.name, self.program, self.is_drum]
        return [*listed, list(self.families)] if self.families else listed


def as_slots(slots: Iterable[Slot | Sequence[object]]) -> tuple[Slot, ...]:
    """Slots from slots, or from (name, program, is_drum[, families]) lists as JSON options are.

    Raises `CodecError` when there is none or one cannot be a slot.
    """
    made = tuple(_as_slot(slot) for slot in slots)
    if not made:
        raise CodecError("slots: empty; give at least one, such as ('piano', 0, False)")
    return made


def _as_slot(slot: Slot | Sequence[object]) -> Slot:
    parts: list[Any] = slot.option if isinstance(slot, Slot) else list(slot)
    if len(parts) in (3, 4):
        name, program, is_drum, families = (*parts, ())[:4]
        is_program = isinstance(program, int) and 0 <= program <= 127
        are_families = isinstance(families, list | tuple) and all(f in FAMILIES for f in families)
        if isinstance(name, str) and is_program and isinstance(is_drum, bool) and are_families:
            return Slot(name, program, is_drum, tuple(families))
    raise CodecError(
        f"slots: {slot!r} is no slot; give (name, program 0-127, is_drum), like ('piano', 0, False)"
    )


@lru_cache(maxsize=64)
def slot_tracks(slots: tuple[Slot, ...]) -> tuple[Track, ...]:
    """The tracks of a merged score: one a slot, in order."""
    return tuple(slot.track for slot in slots)


def assign_tracks(score: Score, slots: tuple[Slot, ...]) -> tuple[int, ...]:
    """The slot of each track of a score; `DROPPED` where no slot is of its kind.

    Pitched tracks go to pitched slots and drums to drum slots, in file order; to slots that have
    families, all tracks of these. Other tracks, and those beyond the last slot of their kind, join
    the slot whose own track has the nearest mean pitch (ties: the lower slot; a silent slot only
    when all are silent; the first when none has a track). Deterministic, and blind to transposing.
    """
    is_drum = tuple([track.is_drum for track in score.tracks])
    if any(slot.families for slot in slots):
        homes = _homes_by_family(score.tracks, slots)
    else:
        homes = _own_homes(is_drum, tuple([slot.is_drum for slot in slots]))
    if LATE not in homes:
        return homes
    mean = _mean_pitches(score)
    owners = [(t, home) for t, home in enumerate(homes) if home >= 0]
    assigned = list(homes)
    for late in [t for t, home in enumerate(homes) if home == LATE]:
        own = [owner for owner in owners if is_drum[owner[0]] == is_drum[late]]
        nearest = min(own, key=lambda o: _distance(mean[late], mean[o[0]]), default=None)
        assigned[late] = nearest[1] if nearest else _first_of_kind(slots, is_drum[late])
    return tuple(assigned)


@lru_cache(maxsize=256)
def _own_homes(tracks: tuple[bool, ...], slots: tuple[bool, ...]) -> tuple[int, ...]:
    """The slots of tracks that have one to themselves; `LATE` when theirs are all taken."""
    homes = {kind: [i for i, slot in enumerate(slots) if slot == kind] for kind in (False, True)}
    free = {kind: iter(homes[kind]) for kind in homes}
    return tuple(next(free[kind], LATE if homes[kind] else DROPPED) for kind in tracks)


@lru_cache(maxsize=256)
def _homes_by_family(tracks: tuple[Track, ...], slots: tuple[Slot, ...]) -> tuple[int, ...]:
    """The slots of tracks by the families these take; `LATE` for a family that none takes."""
    home = {family: index for index, slot in enumerate(slots) for family in slot.families}
    return tuple(
        _first_of_kind(slots, True) if track.is_drum else home.get(track.program // 8, LATE)
        for track in tracks
    )


def _first_of_kind(slots: tuple[Slot, ...], is_drum: bool) -> int:
    return next((i for i, slot in enumerate(slots) if slot.is_drum == is_drum), DROPPED)


def _mean_pitches(score: Score) -> list[Fraction | None]:
    """Exact mean pitch of each track, None where silent: a float's rounding could break a tie."""
    track = score.notes["track"]
    count = np.bincount(track, minlength=len(score.tracks))
    total = np.bincount(track, weights=score.notes["pitch"], minlength=len(score.tracks))
    return [Fraction(int(t), int(n)) if n else None for t, n in zip(total, count, strict=True)]


def _distance(one: Fraction | None, other: Fraction | None) -> Fraction:
    if other is None:
        return Fraction(1000)
    return abs((one or Fraction(0)) - other) if one is not None else Fraction(0)


def merge_tracks(score: Score, slots: tuple[Slot, ...]) -> Score:
    """The score with `slots` for tracks: [N] notes -> [M <= N], in the old order.

    Notes of tracks with no slot of their kind are dropped (see `assign_tracks`). Overlaps that
    merging makes, and the order, are left for `Score.snapped` to resolve. Merging twice is merging
    once.
    """
    tracks = slot_tracks(slots)
    if score.tracks == tracks:
        return score
    return score.with_columns(merge_columns(score, slots), tracks=tracks)


def merge_columns(score: Score, slots: tuple[Slot, ...]) -> Columns:
    """The notes of `merge_tracks` as columns."""
    notes = score.columns
    if score.tracks == slot_tracks(slots):
        return notes
    homes = assign_tracks(score, slots)
    if homes == tuple(range(len(homes))):
        return notes
    assigned, track = np.array(homes, np.int64), notes.place >> 7
    moved = (assigned - np.arange(len(assigned))) << 7
    merged = notes._replace(place=notes.place + moved[track], is_single=False)
    if DROPPED in homes:
        return merged.take(np.flatnonzero(assigned[track] != DROPPED))
    return merged
