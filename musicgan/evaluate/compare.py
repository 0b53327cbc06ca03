"""Sides made comparable: one grid, the same voices, windows of one length on all of them.

Grid and voices follow from the real pieces alone, so that every system is judged by the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musicgan.codecs.events import EventsCodec
from musicgan.corpus.choose import grid_of, on_grid_share, slots_of
from musicgan.corpus.duplicates import ALIKE, nearest_sketches
from musicgan.errors import EvaluateError
from musicgan.evaluate.cuts import WINDOW_NOTES
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.side import Side, without_copies
from musicgan.evaluate.voices import match_voices
from musicgan.score import Score

SHORTEST_PIECE = 16
"""Notes; shorter pieces say too little."""
FEWEST_PIECES = 2
FEW_WINDOWS = 30
ON_GRID = 0.9
"""A side with a smaller share of its notes on the grid was played freely, or has another beat."""


@dataclass(frozen=True)
class Same:
    """A piece that another side has, too: exactly, or nearly and in any key."""

    side: str
    name: str
    other_side: str
    other: str
    likeness: float
    """Estimated share of the top line's figures in common, 0 to 1."""
    is_exact: bool


@dataclass(frozen=True)
class Comparison:
    """What is measured, and what a reader must know of how it was made comparable."""

    generated: MusicSet
    real: MusicSet
    training: MusicSet | None
    length: int
    """Notes in a window."""
    is_merged: bool
    """Whether all pitched tracks count as one voice."""
    remarks: list[str]
    same: list[Same]
    unusable: dict[str, dict[str, str]]
    """{side: {file: reason}}"""

    @property
    def sides(self) -> dict[str, MusicSet]:
        """The sets by name."""
        three = {"generated": self.generated, "real": self.real, "training": self.training}
        return {name: side for name, side in three.items() if side is not None}


def compare(
    generated: Side, real: Side, training: Side | None = None, merge: bool = False
) -> Comparison:
    """The sides as sets of one grid, one choice of voices and one length of window.

    Exact copies within the real and within the training pieces count once; copies among the
    generated ones stay, for they are what it generates. `merge` makes one voice of all tracks.
    Raises `EvaluateError` when a side has fewer than 2 pieces of `SHORTEST_PIECE` notes.
    """
    sides = {"generated": generated, "real": without_copies(real)}
    if training is not None:
        sides["training"] = without_copies(training)
    for name, side in sides.items():
        _check(name, side)
    first = sides["real"].scores
    matched = match_voices(
        {name: side.scores for name, side in sides.items()}, slots_of(first), merge
    )
    codec = EventsCodec(grid_of(first), matched.slots)
    for name in sides:
        sides[name] = _long_enough(sides[name], matched.scores[name], codec)
        _check(name, sides[name])
    length = _window_length(sides, codec)
    sets = {name: _music_set(side, codec, length) for name, side in sides.items()}
    return Comparison(
        sets["generated"],
        sets["real"],
        sets.get("training"),
        length,
        matched.is_merged,
        [*matched.remarks, *_remarks(sides, sets, codec, length)],
        _same(sides),
        {name: side.unusable for name, side in sides.items()},
    )


def _check(name: str, side: Side) -> None:
    if len(side.pieces) >= FEWEST_PIECES:
        return
    # What is too short says more of what to do than a copy does.
    reasons = sorted(side.unusable.items(), key=lambda entry: not entry[1].startswith("only"))
    some = next((f"; {file}: {why}" for file, why in reasons), "")
    raise EvaluateError(
        f"{len(side.pieces)} {name} pieces can be used, and {len(side.unusable)} files cannot: "
        f"give at least {FEWEST_PIECES} of {SHORTEST_PIECE} notes or more{some}"
    )


def _long_enough(side: Side, scores: Sequence[Score], codec: EventsCodec) -> Side:
    """The side with these scores for its own, without those that are too short."""
    short = {}
    for piece, score in zip(side.pieces, scores, strict=True):
        notes = len(codec.encode(score))
        if notes < SHORTEST_PIECE:
            short[piece.name] = f"only {notes} notes that count, of {SHORTEST_PIECE} needed"
    pieces = [replace(p, score=score) for p, score in zip(side.pieces, scores, strict=True)]
    return Side(pieces, side.unusable).without(short)


def _window_length(sides: Mapping[str, Side], codec: EventsCodec) -> int:
    """Notes a window: the usual, or what half of the pieces of every side have."""
    medians = [np.median([len(codec.encode(s)) for s in side.scores]) for side in sides.values()]
    return int(min(WINDOW_NOTES, *medians))


def _music_set(side: Side, codec: EventsCodec, length: int) -> MusicSet:
    return MusicSet.of([piece.name for piece in side.pieces], side.scores, codec, length)


def _remarks(
    sides: Mapping[str, Side], sets: Mapping[str, MusicSet], codec: EventsCodec, length: int
) -> list[str]:
    said = []
    if length < WINDOW_NOTES:
        said.append(f"Windows have {length} notes: half the pieces of one side are so short.")
    takes_drums = any(slot.is_drum for slot in codec.slots)
    for name, side in sides.items():
        on_grid = float(np.mean([on_grid_share(score, codec.grid) for score in side.scores]))
        if on_grid < ON_GRID:
            said.append(
                f"{1 - on_grid:.0%} of the {name} notes begin off the grid of {codec.grid} steps "
                "a beat and are moved onto it: played freely, or to another beat than the file's."
            )
        if not takes_drums and any(t.is_drum for score in side.scores for t in score.tracks):
            said.append(f"Drums in the {name} pieces are left out: the real ones have none.")
        if len(sets[name].windows) < FEW_WINDOWS:
            count = len(sets[name].windows)
            said.append(f"Only {count} {name} windows: every figure is rough. Give more pieces.")
    return said


def _same(sides: Mapping[str, Side]) -> list[Same]:
    """Pieces of one side that the training or the real side has as well."""
    pairs = [("generated", "training"), ("generated", "real"), ("real", "training")]
    return [
        same for one, other in pairs if other in sides
        for same in _shared(one, sides[one], other, sides[other])
    ]  # fmt: skip


def _shared(one: str, side: Side, other: str, others: Side) -> list[Same]:
    exact = {piece.content: piece.name for piece in others.pieces}
    nearest = nearest_sketches([p.sketch for p in side.pieces], [p.sketch for p in others.pieces])
    found = []
    for piece, near in zip(side.pieces, nearest, strict=True):
        if piece.content in exact:
            found.append(Same(one, piece.name, other, exact[piece.content], 1.0, True))
        elif near is not None and near[1] >= ALIKE:
            name = others.pieces[near[0]].name
            found.append(Same(one, piece.name, other, name, near[1], False))
    return found
