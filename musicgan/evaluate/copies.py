"""What songs copy from the music they were learned from: runs of notes found there, in any key.

A note's mark says its wait, voice, interval and duration (`ngrams`), so a copy is found when it
is transposed, and not when a voice is left out. Real music shares phrases too: read the share of
copied runs beside that of real pieces that nobody learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.ngrams import Marks, marks, runs

Ints = NDArray[np.int64]

NEAREST_RUN = 8
LONGEST_RUN = 1024
"""A longer common run counts as this long at least and twice it at most."""


@dataclass(frozen=True)
class Copy:
    """The longest run of notes that a song has in common with a training piece."""

    song: int
    piece: int
    """The training piece in which the run stands; one of them if there are several."""
    share8: float
    """Share of the song's 8-note runs that this piece has, 0 to 1."""
    longest: int
    """Notes of the run."""
    song_at: int
    """The note of the song with which the run begins, counted from 0."""
    piece_at: int
    """The same, in the training piece."""


class KnownRuns:
    """All runs of `n` notes of pieces whose notes have these `marks`."""

    def __init__(self, pieces: Sequence[Marks], n: int) -> None:
        self.n = n
        self._runs = np.unique(runs(pieces, n)[1])

    def count(self, rows: Rows) -> tuple[int, int]:
        """How many runs of a piece, [T, 5], stand in the training set, and of how many."""
        made = runs([marks(rows)], self.n)[1]
        at = np.searchsorted(self._runs, made)
        at[at == len(self._runs)] = 0
        found = int((self._runs[at] == made).sum()) if len(self._runs) else 0
        return found, len(made)


def copied_share(some: MusicSet, training: MusicSet, n: int) -> float | None:
    """Share of the runs of `n` (8 or 16) notes of all pieces that stand in a training piece.

    From 0 to 1; None when no piece has n notes.
    """
    found, of = np.sum(some.over("rows", training.once(_KNOWN[n]).count), axis=0)
    return float(found / of) if of else None


def known_runs(training: MusicSet, n: int) -> KnownRuns:
    """All runs of `n` notes of a training set."""
    return KnownRuns(training.over("rows", marks), n)


_KNOWN = {n: partial(known_runs, n=n) for n in (8, 16)}


def nearest_pieces(generated: MusicSet, training: MusicSet) -> list[Copy]:
    """For each generated piece the training piece it shares the longest run with.

    Every suffix of every piece is sorted (by doubling, Manber & Myers 1993); what a suffix shares
    most with stands beside it.
    """
    songs, pieces = (side.over("rows", marks) for side in (generated, training))
    length, at = _longest_runs(songs, pieces)
    starts = np.cumsum([0, *(len(song) for song in songs)])
    piece_starts = np.cumsum([0, *(len(piece) for piece in pieces)])
    found = []
    for song, (start, stop) in enumerate(pairwise(starts)):
        best = int(start + length[start:stop].argmax())
        piece = int(np.searchsorted(piece_starts, at[best], "right")) - 1
        made = runs([songs[song]], NEAREST_RUN)[1]
        share = np.isin(made, runs([pieces[piece]], NEAREST_RUN)[1])
        found.append(
            Copy(
                song=song,
                piece=piece,
                share8=float(share.mean()) if len(share) else 0.0,
                longest=int(length[best]),
                song_at=best - int(start),
                piece_at=int(at[best] - piece_starts[piece]),
            )
        )
    return found


def _longest_runs(songs: Sequence[Marks], pieces: Sequence[Marks]) -> tuple[Ints, Ints]:
    """For each note of the songs the longest run from it that stands in a piece: length, place."""
    lengths = [len(song) for song in (*songs, *pieces)]
    end_of = np.repeat(np.cumsum(lengths), lengths)
    ranks = _ranks(np.concatenate([*songs, *pieces]), end_of, max(lengths))
    notes = sum(len(song) for song in songs)
    order = np.argsort(ranks[-1], kind="stable")
    is_piece = order >= notes
    place = np.arange(len(order))
    before = np.maximum.accumulate(np.where(is_piece, place, -1))
    after = np.minimum.accumulate(np.where(is_piece, place, len(order))[::-1])[::-1]
    length, at = np.zeros(notes, np.int64), np.zeros(notes, np.int64)
    for neighbour in (before, after):
        known = ~is_piece & (neighbour >= 0) & (neighbour < len(order))
        one, other = order[known], order[neighbour[known]]
        shared = _shared(ranks, end_of, one, other)
        better = (shared > length[one]) | ((shared == length[one]) & (other - notes < at[one]))
        length[one[better]], at[one[better]] = shared[better], other[better] - notes
    return length, at


def _ranks(marks: Marks, end_of: Ints, longest: int) -> list[Ints]:
    """The order of all suffixes of all songs by their first 1, 2, 4, ... notes, [T] each.

    Equal numbers, equal beginnings. A song's end, at `end_of` each of its notes, is like no other.
    """
    ranks, width = [np.unique(marks, return_inverse=True)[1].astype(np.int64)], 1
    here, last = np.arange(len(marks)), len(marks) - 1
    while width < min(LONGEST_RUN, longest):
        then = here + width
        # Past the end: a number of its own for every note, below all ranks.
        second = np.where(then < end_of, ranks[-1][np.minimum(then, last)] + 1, -here)
        pair = ranks[-1] * (2 * len(marks) + 1) + second + last
        ranks.append(np.unique(pair, return_inverse=True)[1].astype(np.int64))
        width *= 2
    return ranks


def _shared(ranks: Sequence[Ints], end_of: Ints, one: Ints, other: Ints) -> Ints:
    """How many notes the suffixes at `one` and `other` have in common, [M]."""
    shared = np.zeros(len(one), np.int64)
    last = len(end_of) - 1
    for level in range(len(ranks) - 1, -1, -1):
        a, b = one + shared, other + shared
        inside = (a < end_of[one]) & (b < end_of[other])
        rank = ranks[level]
        shared += (inside & (rank[np.minimum(a, last)] == rank[np.minimum(b, last)])) << level
    return shared
