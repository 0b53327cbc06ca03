"""Weights learned on one collection, put into networks for another: where fine-tuning begins.

Two collections differ in grid, voices and velocities, and so in what the rows of a table mean;
all else fits as it is. A row of a new table comes from the old row that means the same, or the
nearest there is: a wait of one beat stays a wait of one beat, a drum stays a drum.

The rows are ours; that what is learned of one collection helps with a smaller one is from Yosinski
et al., How transferable are features in deep neural networks?, 2014.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.intervals import NO_INTERVAL
from musicgan.codecs.layout import Layout
from musicgan.model.config import EventsConfig
from musicgan.model.steps import Floats, offsets

Ints = NDArray[np.int64]
NONE = -1
"""Instead of a voice or row: there is none."""
APART = 1000.0
"""How many semitones a drum is from a voice with pitches."""
IDLE = {"leap": NO_INTERVAL, "motion": 0, "contiguity": 0, "approach": 0, "answer": 1}
"""What each kind of column says of a voice that never plays."""


@dataclass(frozen=True)
class Voices:
    """What tells the voices of a model apart."""

    ranges: Ints
    """[V, 2] lowest and highest pitch."""
    drums: tuple[int, ...]


def match(new: Voices, old: Voices) -> tuple[Ints, Ints]:
    """The old voice whose place each new one takes, [V], `NONE` where all are taken; and the one
    that is most like it, taken or not, [V], `NONE` where there is none of its kind.
    """
    middle = [voices.ranges.mean(axis=1) for voices in (new, old)]
    is_drum = [np.isin(np.arange(len(voices.ranges)), voices.drums) for voices in (new, old)]
    far = np.abs(middle[0][:, None] - middle[1]) + APART * (is_drum[0][:, None] != is_drum[1])
    nearest = np.where(far.min(axis=1) < APART, far.argmin(axis=1), NONE)
    home = np.full(len(far), NONE)
    for at in np.argsort(far, axis=None, kind="stable"):
        voice, other = divmod(int(at), far.shape[1])
        if home[voice] == NONE and other not in home and far[voice, other] < APART:
            home[voice] = other
    return home, nearest


class Column(NamedTuple):
    """What one column of a table is about."""

    kind: str
    """"same" in any layout, or what its values count."""
    voice: int = NONE
    """Of the voices with a column each."""


def _same(count: int) -> list[Column]:
    return [Column("same")] * count


def _each(layout: Layout, *kinds: str) -> list[Column]:
    return [Column(kind, voice) for kind in kinds for voice in range(layout.voices)]


def input_columns(layout: Layout) -> list[Column]:
    """What `Layout.input_sizes` are the sizes of."""
    row = [Column("wait"), Column("voice"), Column("duration"), Column("touch"), *_same(5)]
    echo = [Column("wait"), Column("voice"), *_same(2)] if layout.looks_back else []
    place = [Column("position"), *_same(1)]
    return [*row, *place, *_each(layout, "leap", "motion"), *echo, *_same(1)]


def moment_columns(layout: Layout) -> list[Column]:
    """What `Layout.moment_sizes` are the sizes of."""
    echo = _each(layout, "answer") if layout.looks_back else []
    own = [Column("wait"), Column("position"), *_same(1)]
    return [*own, *_each(layout, "contiguity"), *_same(12), *echo]


def pitch_columns(layout: Layout) -> list[Column]:
    """What `Layout.pitch_sizes` are the sizes of."""
    echo = _same(1) if layout.looks_back else []
    return [Column("voice"), *_same(2), *_each(layout, "approach"), *echo]


def duration_columns(layout: Layout) -> list[Column]:
    """What `Layout.duration_sizes` are the sizes of."""
    echo = [Column("duration")] if layout.looks_back else []
    return [Column("voice"), *_same(3), *echo]


class Transplant:
    """From networks of `old` sizes to those of `new`; `voices` are those of new and old.

    Both must have the same widths, and both look back or neither.
    """

    def __init__(self, new: EventsConfig, old: EventsConfig, voices: tuple[Voices, Voices]) -> None:
        self.new, self.old = new, old
        self.home, self.nearest = match(*voices)

    def generator(self, weights: Mapping[str, Floats]) -> dict[str, Floats]:
        """What a new generator can take over, by parameter; the first rows and columns of it where
        that is not all.
        """
        new, old = self.new.layout, self.old.layout
        fields = min(self.new.heads, self.old.heads)
        others = sum(self.old.widths[1:fields])
        shared = ("condition", "noise", "first", "rnn", "pitch_out")
        out = {name: value for name, value in weights.items() if name.split(".")[0] in shared}
        for part in ("weight", "bias"):
            out[f"trunk.{part}"] = weights[f"trunk.{part}"][: self.old.widths[0] + others]
        after = [Column("duration")]
        tables = {
            "embed": (input_columns, new.input_sizes, old.input_sizes),
            "moment": (moment_columns, new.moment_sizes, old.moment_sizes),
            "pitch_context": (pitch_columns, new.pitch_sizes, old.pitch_sizes),
            "duration_context": (duration_columns, new.duration_sizes, old.duration_sizes),
        }
        for name, (columns, now, before) in tables.items():
            layouts = columns(new), columns(old)
            out[f"{name}.weight"] = self._table(weights[f"{name}.weight"], layouts, (now, before))
        out["moment.weight"] = out["moment.weight"][:, :others]
        outputs = [Column("wait"), Column("voice"), Column("same"), *after, Column("touch")]
        for at, name in enumerate(("wait", "voice", "pitch", "duration", "velocity")[:fields]):
            if name == "pitch":
                continue
            rows = self._rows(outputs[at], new.row_sizes[at], old.row_sizes[at])
            for part in ("weight", "bias"):
                out[f"{name}_out.{part}"] = _taken(weights[f"{name}_out.{part}"], rows)
        if fields == 5:
            layouts = [*duration_columns(new), *after], [*duration_columns(old), *after]
            sizes = tuple((*lay.duration_sizes, lay.max_duration + 1) for lay in (new, old))
            name = "velocity_context.weight"
            out[name] = self._table(weights[name], layouts, (sizes[0], sizes[1]))
        return out

    def listener(
        self, weights: Mapping[str, Floats], columns: int | None = None
    ) -> dict[str, Floats]:
        """The same for a critic or posterior: all but the embedding fits as it is.

        `columns`: how many of the inputs from the end it is not told.
        """
        new, old = self.new.layout, self.old.layout
        end = None if columns is None else -columns
        layouts = input_columns(new)[:end], input_columns(old)[:end]
        sizes = new.input_sizes[:end], old.input_sizes[:end]
        return {**weights, "embed.weight": self._table(weights["embed.weight"], layouts, sizes)}

    def _table(
        self,
        weight: Floats,
        columns: tuple[Sequence[Column], Sequence[Column]],
        sizes: tuple[Sequence[int], Sequence[int]],
    ) -> Floats:
        """A table [sum(new sizes), E] of one for the old columns.

        What the old columns of voices that are gone say all the time is added to the first column.
        """
        old = list(zip(columns[1], offsets(sizes[1]).tolist(), sizes[1], strict=True))
        shared = iter([(begin, size) for column, begin, size in old if column.voice == NONE])
        own = {column: begin for column, begin, _ in old if column.voice != NONE}
        rows: list[Ints] = []
        for column, size in zip(columns[0], sizes[0], strict=True):
            if column.voice == NONE:
                begin, old_size = next(shared)
                known = self._rows(column, size, old_size)
            else:
                begin = own.get(Column(column.kind, int(self.home[column.voice])), NONE)
                known = np.full(size, NONE) if begin == NONE else np.arange(size)
            rows.append(np.where(known == NONE, NONE, known + begin))
        out = _taken(weight, np.concatenate(rows))
        for column, begin in own.items():
            if column.voice not in self.home:
                out[: sizes[0][0]] += weight[begin + IDLE[column.kind]]
        return out

    def _rows(self, column: Column, size: int, old_size: int) -> Ints:
        """The old row of each of the new rows of a column, [size]."""
        new, old = self.new.layout, self.old.layout
        steps = {"wait": "max_wait", "duration": "max_duration", "position": "max_position"}
        if column.kind == "voice":
            known, last = self.nearest, (new.voices, old.voices)
        elif column.kind == "touch":
            velocity, part = np.divmod(np.arange(size), new.fine)
            velocity = ((velocity + 0.5) * old.velocity_bins / new.velocity_bins).astype(np.int64)
            part = ((part + 0.5) * old.fine / new.fine).astype(np.int64)
            return np.asarray(velocity * old.fine + part)
        elif column.kind in steps:
            most = tuple(getattr(layout, steps[column.kind]) for layout in (new, old))
            last = (most[0] + 1, most[1] + 1) if column.kind != "position" else most
            known = np.rint(np.arange(last[0]) * old.grid / new.grid).astype(np.int64)
            least = np.minimum(np.arange(last[0]), 1) if column.kind == "duration" else 0
            known = np.clip(known, least, last[1] - 1)
        else:
            return np.arange(size)
        # What stands after the values, such as the end of a song, does so in both.
        return np.concatenate([known, np.arange(last[1], old_size)])


def _taken(weight: Floats, rows: Ints) -> Floats:
    """`weight[rows]`, 0 for `NONE`."""
    taken = weight[rows]
    taken[rows == NONE] = 0
    return np.asarray(taken)
