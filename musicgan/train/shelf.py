"""The songs of a collection, however large: each analysed when it is first wanted, and kept while
there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from musicgan.corpus.piece import Piece
from musicgan.model.config import EventsConfig
from musicgan.train.songs import LONGEST, PIECES_AT_ONCE, Song, analyse_pieces, opening_of

Ints = NDArray[np.int64]
MOST_NOTES = 1_500_000
"""Kept at a time: some 150 MB."""
TURN_UPDATES = 32
"""Where not all have room, some of the songs to draw from make way for others this often: a group
is analysed in the time of two to four updates."""

T = TypeVar("T")


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
        self.lengths = np.minimum(lengths, LONGEST) + 1
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
        pieces = [opening_of(self._pieces[at]) for at in numbers]
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
