"""The songs of a collection, however large: each analysed when it is first wanted, and kept while
there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

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
MOST_NOTES = 1_500_000
"""Kept at a time: some 150 MB."""
TURN_UPDATES = 32
"""Where not all have room, some of the songs to draw from make way for others this often: a group
is analysed in the time of two to four updates."""

T = TypeVar("T")


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


class Songs(Sequence[Song]):
    """`analyse_pieces`, put off. Songs are the same whenever and however often they are made."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        config: EventsConfig,
        ranges: Ints,
        lengths: NDArray[np.int64],
        most_notes: int = MOST_NOTES,
    ) -> None:
        """`lengths` [N] are the rows of the pieces."""
        self._pieces, self._config, self._ranges = pieces, config, ranges
        self.lengths = lengths + 1
        """Rows of each song, END included, [N]."""
        self._most_notes = most_notes
        self._kept: OrderedDict[int, Song] = OrderedDict()
        self._notes = 0
        self._order = np.arange(len(pieces))
        self._room = most_notes
        self._all_have_room = int(self.lengths.sum()) <= most_notes
        if not self._all_have_room:
            # By chance, for a folder may be in order; always the same, for runs are resumed.
            self._order = np.random.default_rng(0).permutation(len(pieces))
            # Those that come and those that go lie on the shelf together for a while.
            self._room = most_notes // 2
        self._shelf = self._order_from(0)
        self._turns = 0
        self._next = 0
        """Songs of the shelf before this one have been made at some time."""

    def __len__(self) -> int:
        return len(self._pieces)

    @overload
    def __getitem__(self, at: int) -> Song: ...
    @overload
    def __getitem__(self, at: slice) -> list[Song]: ...
    def __getitem__(self, at: int | slice) -> Song | list[Song]:
        if isinstance(at, slice):
            return self.fetch(range(*at.indices(len(self))))
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self.fetch([at % len(self)])[0]

    def shelf(self, update: int) -> Ints:
        """Numbers of the songs to draw from at that update: all of them, where all have room.

        Else as many as have, in turn: a batch from anywhere would want a group analysed at every
        update. In the end all of them have their turn.
        """
        turns = update // TURN_UPDATES
        if turns != self._turns and not self._all_have_room:
            each = min(PIECES_AT_ONCE, max(1, len(self._order_from(0)) // 4))
            self._shelf = self._order_from(turns * each)
            self._turns, self._next = turns, 0
        return self._shelf

    def _order_from(self, begin: int) -> Ints:
        """Songs in order, round and round, as many as there is room for."""
        order = np.roll(self._order, -(begin % max(1, len(self._order))))
        reached = np.cumsum(self.lengths[order])
        return order[: max(1, int(np.searchsorted(reached, self._room, "right")))]

    def fetch(self, wanted: Iterable[int]) -> list[Song]:
        """The songs of these numbers; missing ones are made together, which is quicker."""
        wanted = [int(at) for at in wanted]
        missing = sorted({at for at in wanted if at not in self._kept})
        made = self._make(missing + self._ahead(missing)) if missing else {}
        found = [made[at] if at in made else self._kept[at] for at in wanted]
        for at in wanted:
            if at in self._kept:
                self._kept.move_to_end(at)
        for at, song in made.items():
            self._kept[at] = song
            self._notes += len(song)
        while self._notes > self._most_notes and len(self._kept) > 1:
            self._notes -= len(self._kept.popitem(last=False)[1])
        return found

    def _make(self, numbers: Sequence[int]) -> dict[int, Song]:
        pieces = [self._pieces[at] for at in numbers]
        return dict(zip(numbers, analyse_pieces(pieces, self._config, self._ranges), strict=True))

    def _ahead(self, missing: Sequence[int]) -> list[int]:
        """Songs of the shelf that nobody wants yet, to make up a group.

        A few pieces take as long to analyse as a whole group.
        """
        taken = set(missing)
        ahead: list[int] = []
        while len(missing) + len(ahead) < PIECES_AT_ONCE and self._next < len(self._shelf):
            number = int(self._shelf[self._next])
            if number not in self._kept and number not in taken:
                ahead.append(number)
            self._next += 1
        return ahead


def lengths_of(songs: Sequence[Song]) -> NDArray[np.int64]:
    """Rows of each song, END included, [N]; without making any."""
    if isinstance(songs, Songs):
        return songs.lengths
    return np.array([len(song) for song in songs], np.int64)


def shelf_of(songs: Sequence[Song], update: int) -> Ints:
    """Numbers of the songs to draw from at that update: see `Songs.shelf`."""
    return songs.shelf(update) if isinstance(songs, Songs) else np.arange(len(songs))


def fetched(songs: Sequence[Song], wanted: Sequence[int] | NDArray[np.int64]) -> list[Song]:
    """The songs of these numbers."""
    if isinstance(songs, Songs):
        return songs.fetch(wanted)
    return [songs[int(at)] for at in wanted]


def some_of(items: Sequence[T], most: int) -> Sequence[T]:
    """All, or `most` of them spread evenly."""
    if len(items) <= most:
        return items
    return [items[int(at)] for at in np.linspace(0, len(items) - 1, most).round()]
