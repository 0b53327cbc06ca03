"""Whose track is whose: the voices of sets that were written by different programs.

Voices matter to most measures (melodic intervals, parallels, n-grams), and files name and order
their tracks as they like. So that no side is judged by its file format:

- Where the sides have as many pitched tracks a piece (the median, as many as there are voices at
  most), tracks are voices in the order of the file. A side whose tracks bear the real voices'
  names in another order is put in theirs; a side whose registers stand in another order, too.
- Where the real files list their instruments in orders of their own, voices are instruments, and
  tracks go to theirs (`codecs.slots`), on every side.
- Otherwise all pitched tracks of both sides are merged into one voice. Its line is the highest
  note, and what is between voices is not measured on any side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.slots import Slot
from musicgan.notes import sort_notes
from musicgan.score import Score

CLEARLY_SEMITONES = 2.0
"""Tracks are put in another order only when that brings each so much nearer its voice."""
MERGED = Slot("all tracks")


@dataclass(frozen=True)
class Matched:
    """Scores of every side with comparable tracks, the voices they go into, and what was done."""

    scores: dict[str, list[Score]]
    slots: tuple[Slot, ...]
    is_merged: bool
    remarks: list[str]


def match_voices(
    scores: Mapping[str, Sequence[Score]], slots: tuple[Slot, ...], merge: bool = False
) -> Matched:
    """The sides, {name: scores}, in voices that mean the same on each.

    `slots` are those of the side called "real"; `merge` makes one voice of them in any case.
    """
    voices = sum(not slot.is_drum for slot in slots)
    counts = {side: usual_count(some, voices) for side, some in scores.items()}
    odd = {side: count for side, count in counts.items() if count != counts["real"]}
    kept = {side: list(some) for side, some in scores.items()}
    if any(slot.families for slot in slots) and not merge:
        return Matched(kept, slots, False, ["Tracks count by their instruments on every side."])
    if voices > 1 and (merge or odd):
        why = "as asked"
        if odd:
            usual = ", ".join(f"{count} {side}" for side, count in counts.items())
            why = f"pitched tracks a piece as a rule: {usual}"
        remark = f"All pitched tracks count as one voice on every side ({why})."
        return Matched(kept, _one_voice(slots), True, [remark])
    real, remarks = _Registers.of(scores["real"], slots), []
    for side in scores:
        if side == "real":
            continue
        kept[side], by = _in_order(scores[side], real)
        if by:
            remarks.append(f"The tracks of the {side} pieces are put in the real order, by {by}.")
    return Matched(kept, slots, False, remarks)


def pitched_tracks(score: Score) -> list[int]:
    """The tracks that play notes with pitches, in file order."""
    used = np.unique(score.notes["track"]).tolist()
    return [track for track in used if not score.tracks[track].is_drum]


def usual_count(scores: Sequence[Score], most: int) -> int:
    """The median number of pitched tracks a piece, at most `most`."""
    return int(np.median([min(len(pitched_tracks(score)), most) for score in scores]))


def _one_voice(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    return (MERGED, *(slot for slot in slots if slot.is_drum))


@dataclass(frozen=True)
class _Registers:
    """What the real voices are known by: names, and mean pitches [V] over pieces with all."""

    names: tuple[str, ...]
    mean_pitch: NDArray[np.float64] | None

    @classmethod
    def of(cls, scores: Sequence[Score], slots: tuple[Slot, ...]) -> _Registers:
        """Of the pitched slots that the real scores go into."""
        names = tuple(slot.name.casefold() for slot in slots if not slot.is_drum)
        return cls(names, _mean_pitch(_full(scores, len(names)), len(names)))


def _in_order(scores: Sequence[Score], real: _Registers) -> tuple[list[Score], str]:
    """The scores with tracks in the order of the real voices, and by what: "" for the file's."""
    voices = len(real.names)
    full = _full(scores, voices)
    if voices < 2 or not full or real.mean_pitch is None:
        return list(scores), ""
    orders = {id(score): _by_name(score, real.names) for score in full}
    by = "name"
    if any(order is None for order in orders.values()):
        order = _nearest_order(_mean_pitch(full, voices), real.mean_pitch)
        orders, by = dict.fromkeys(orders, order), "register"
    if all(order == list(range(voices)) for order in orders.values()):
        return list(scores), ""
    return [_reordered(score, orders.get(id(score))) for score in scores], by


def _full(scores: Sequence[Score], voices: int) -> list[Score]:
    return [score for score in scores if len(pitched_tracks(score)) == voices]


def _by_name(score: Score, names: tuple[str, ...]) -> list[int] | None:
    """Where the voices of these names are among the pitched tracks.

    None unless all are there, and where several have one name: it tells them from nothing.
    """
    own = [score.tracks[track].name.casefold() for track in pitched_tracks(score)]
    if sorted(own) != sorted(names) or len(set(names)) < len(names):
        return None
    return [own.index(name) for name in names]


def _mean_pitch(scores: Sequence[Score], voices: int) -> NDArray[np.float64] | None:
    """Of each pitched track over scores that have `voices` of them, [V]."""
    if not scores:
        return None
    means = [
        [score.notes["pitch"][score.notes["track"] == t].mean() for t in pitched_tracks(score)]
        for score in scores
    ]
    return np.asarray(np.array(means, np.float64).mean(0))


def _nearest_order(own: NDArray[np.float64] | None, real: NDArray[np.float64]) -> list[int]:
    """The order of tracks nearest the voices; the file's own unless another is clearly nearer."""
    filed = list(range(len(real)))
    if own is None:
        return filed

    def miss(order: Sequence[int]) -> float:
        return float(np.abs(own[list(order)] - real).mean())

    best = min(permutations(filed), key=miss)
    return list(best) if miss(filed) - miss(best) > CLEARLY_SEMITONES else filed


def _reordered(score: Score, order: Sequence[int] | None) -> Score:
    """Pitched tracks in this order, then the others; None leaves all as they are."""
    if order is None:
        return score
    pitched = pitched_tracks(score)
    first = [pitched[place] for place in order]
    tracks = [*first, *(t for t in range(len(score.tracks)) if t not in first)]
    place = np.argsort(tracks)
    notes = score.notes.copy()
    notes["track"] = place[notes["track"]]
    return replace(
        score, notes=sort_notes(notes), tracks=tuple(score.tracks[track] for track in tracks)
    )
