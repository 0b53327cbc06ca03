"""Songs: pieces analysed, as networks hear them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.analysis import Analysis, analyse
from musicgan.codecs.bars import Place, place_in_form
from musicgan.codecs.context import Context
from musicgan.codecs.form import Form, form_of
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import Piece
from musicgan.model.config import EventsConfig
from musicgan.train.augment import MOST_SEMITONES

Ints = NDArray[np.int64]
PIECES_AT_ONCE = 64
LONGEST = 20_000
"""Notes of a piece, its first, that are learned from: they are analysed one after another, which
takes seconds for so many, and a file of a million would be all that is heard of a collection."""


@dataclass(frozen=True)
class Song:
    """One analysed piece; row T is END. Columns as in `codecs.analysis.Analysis`."""

    columns: dict[str, NDArray[np.integer]]
    """fed, rows, moment, pitch, duration, last, lowest, echo, heard: [T + 1, ...] each."""
    onset_step: Ints
    """[T + 1] of each row; of END where the last bar ends."""
    bar: Ints
    """[T + 1] in which each row begins."""
    form: Form
    tonic: int
    bpm: float
    conditions: Ints
    shifts: Ints
    """Transpositions up to `MOST_SEMITONES` that keep every voice in its range."""

    def __len__(self) -> int:
        return len(self.columns["rows"])

    @property
    def bars(self) -> int:
        """How many there are."""
        return len(self.form.lag_step)

    @property
    def bars_left(self) -> Ints:
        """[T + 1] bars remaining where the row before each row stands; before the first, all."""
        return self.bars - np.append(0, self.bar[:-1])


def voice_ranges(pieces: Sequence[Piece], layout: Layout) -> Ints:
    """Lowest and highest pitch of each voice over all pieces, [V, 2]."""
    ranges = np.tile(np.array([127, 0], np.int64), (layout.voices, 1))
    for piece in pieces:
        np.minimum.at(ranges[:, 0], piece.rows[:, 1].astype(int), piece.rows[:, 2].astype(int))
        np.maximum.at(ranges[:, 1], piece.rows[:, 1].astype(int), piece.rows[:, 2].astype(int))
    return ranges


def allowed_shifts(rows: Ints, ranges: Ints, drums: Sequence[int], reach: int = 6) -> Ints:
    """Semitones from -`reach` to `reach` that keep rows [T, 5] inside voice ranges [V, 2].

    0 is always allowed; drums do not move.
    """
    pitched = rows[~np.isin(rows[:, 1], drums)]
    if not len(pitched):
        return np.zeros(1, np.int64)
    low = (ranges[pitched[:, 1], 0] - pitched[:, 2]).max()
    high = (ranges[pitched[:, 1], 1] - pitched[:, 2]).min()
    return np.arange(min(0, max(-reach, low)), max(0, min(reach, high)) + 1)


def opening_of(piece: Piece) -> Piece:
    """A piece up to its `LONGEST` notes, and to the end of the bar in which the last begins."""
    if len(piece.rows) <= LONGEST:
        return piece
    rows, bars = piece.rows[:LONGEST], piece.bar_start_step
    after = int(np.searchsorted(bars, int(rows[:, 0].sum()), "right"))
    return replace(piece, rows=rows, bar_start_step=bars[: after + 1])


def analyse_pieces(
    pieces: Sequence[Piece], config: EventsConfig, ranges: Ints, style: int = 0
) -> list[Song]:
    """Analyse pieces many at once, longest together."""
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i].rows))
    songs: dict[int, Song] = {}
    for begin in range(0, len(order), PIECES_AT_ONCE):
        some = order[begin : begin + PIECES_AT_ONCE]
        group = _analyse_group([pieces[i] for i in some], config, ranges, style)
        songs.update(zip(some, group, strict=True))
    return [songs[i] for i in range(len(pieces))]


def _analyse_group(
    pieces: Sequence[Piece], config: EventsConfig, ranges: Ints, style: int
) -> list[Song]:
    layout = config.layout
    length = max(len(piece.rows) for piece in pieces) + 1
    rows = np.zeros((len(pieces), length, 5), np.int64)
    where, first = _Places(len(pieces), length), _Places(len(pieces), 1)
    forms = []
    for b, piece in enumerate(pieces):
        bars = piece.bar_start_step
        form = form_of(piece.rows.astype(np.int64), bars, layout.looks_back)
        rows[b, : len(piece.rows)] = layout.clip(piece.rows.astype(np.int64))
        # Places come from the true onsets: a wait cut to the vocabulary must not shift bars.
        rows[b, : len(piece.rows), 0] = piece.rows[:, 0]
        onset = _onsets(piece)
        where.put(b, place_in_form(onset, bars, form, layout.max_position))
        first.put(b, place_in_form(onset[:1] * 0, bars, form, layout.max_position))
        forms.append(form)
    context = Context(layout, np.array([piece.key.tonic for piece in pieces]))
    start = context.start(first.at(0))
    found = analyse(context, rows, [where.at(t) for t in range(length)])
    rows[..., 0] = np.minimum(rows[..., 0], layout.max_wait)
    return [
        _song(piece, b, found, rows[b], start[b], forms[b], config, ranges, style)
        for b, piece in enumerate(pieces)
    ]


def _onsets(piece: Piece) -> Ints:
    """Where each row begins, and where the last bar ends, [T + 1]."""
    return np.append(np.cumsum(piece.rows[:, 0]), piece.bar_start_step[-1])


class _Places:
    """The places of the rows of many songs, to be asked for row by row."""

    def __init__(self, songs: int, rows: int) -> None:
        self._columns = np.zeros((len(Place._fields), rows, songs), np.int64)

    def put(self, song: int, places: Place) -> None:
        for column, values in zip(self._columns, places, strict=True):
            column[: len(values), song] = values

    def at(self, row: int) -> Place:
        return Place(*self._columns[:, row])


def _song(
    piece: Piece,
    b: int,
    found: Analysis,
    rows: Ints,
    start: Ints,
    form: Form,
    config: EventsConfig,
    ranges: Ints,
    style: int,
) -> Song:
    count = len(piece.rows)
    columns = {name: value[b, : count + 1] for name, value in vars(found).items()}
    heard = columns.pop("inputs")
    end = rows[: count + 1].copy()
    end[count] = (config.layout.end, 0, 0, 0, 0)
    columns["rows"] = end
    columns["heard"] = heard
    columns["fed"] = np.concatenate([start[None], heard[:count]])
    metre, onset = piece.metre, _onsets(piece)
    bar = np.searchsorted(piece.bar_start_step, onset, side="right") - 1
    return Song(
        columns={name: _narrow(value) for name, value in columns.items()},
        onset_step=onset,
        bar=np.clip(bar, 0, piece.n_bars - 1),
        form=form,
        tonic=piece.key.tonic,
        bpm=piece.bpm,
        conditions=config.conditions(style, metre, piece.bpm, piece.key.is_minor),
        shifts=allowed_shifts(rows[:count], ranges, config.layout.drums, MOST_SEMITONES),
    )


def _narrow(values: Ints) -> NDArray[np.integer]:
    """The same numbers in as few bytes as hold them: most are below 256."""
    low, high = int(values.min(initial=0)), int(values.max(initial=0))
    return values.astype(np.result_type(np.min_scalar_type(low), np.min_scalar_type(high)))
