"""Which files of a collection are the same music: exactly, or nearly and in any key.

Near duplicates are found by MinHash over n-grams of the top line's intervals (Broder 1997;
one hash a piece, Li, Owen & Zhang 2012) and banded locality-sensitive hashing, so that the work
grows with the number of files and not with the number of pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musicgan.score import Score
from musicgan.timing import rescale_tick

SKETCH_SIZE = 64
_BANDS = 32
"""Of two hashes, 64 bits, each."""
_PAIRS_AT_ONCE = 10_000
NGRAM = 6
"""Successive intervals that make one feature."""
FEWEST_NGRAMS = 8
"""A piece with fewer different features is too short to be called like another."""
ALIKE = 0.25
"""Share of common features from which two pieces count as near duplicates. Chosen by
looking at the pairs found in 4,600 files, not against a labelled set: low enough to join another
fiddler's version of a tune, high enough that no group had more than five files."""
NO_SKETCH = b""
_STEPS_PER_BEAT = 12


def sketch(score: Score) -> bytes:
    """A fingerprint of `SKETCH_SIZE` uint32, equal under transposition; empty for short pieces.

    The share of positions at which two sketches agree estimates the share of n-grams they have
    in common. Music with pitches is known by its top line, drums alone by their strokes.
    """
    grams = np.sort(_ngrams(_symbols(score)))
    if np.count_nonzero(grams[1:] != grams[:-1]) + 1 < FEWEST_NGRAMS:
        return NO_SKETCH
    bin_of = (grams >> np.uint64(32)) % np.uint64(SKETCH_SIZE)
    least = np.zeros(SKETCH_SIZE, np.uint64)
    least[bin_of[::-1]] = grams[::-1]  # of those of a bin the last one written, the least, stays
    filled = np.flatnonzero(np.bincount(bin_of.astype(np.int64)))
    # An empty bin borrows from the next filled one, so that sketches of any length compare.
    source = filled[np.searchsorted(filled, np.arange(SKETCH_SIZE)) % len(filled)]
    return least[source].astype("<u4").tobytes()


def _symbols(score: Score) -> NDArray[np.int64]:
    notes = score.columns
    is_drum = np.array([track.is_drum for track in score.tracks] or [False])[notes.place >> 7]
    if not is_drum.all():
        notes = notes.take(np.flatnonzero(~is_drum))
    if not len(notes.place):
        return np.zeros(0, np.int64)
    step = rescale_tick(notes.onset_tick, score.ticks_per_beat, _STEPS_PER_BEAT)
    pitch = notes.place & 127
    if is_drum.all():
        strokes = np.unique(step * 128 + pitch)
        return np.asarray(strokes % 128 + 128 * np.minimum(np.diff(strokes // 128, prepend=0), 96))
    keyed = np.sort(step * 128 + pitch)
    top = keyed[np.append(np.diff(keyed // 128) > 0, True)] % 128
    return np.asarray(np.diff(top))


def _ngrams(symbols: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Well mixed hashes of every `NGRAM` successive symbols, [T] -> [T - NGRAM + 1]."""
    count = len(symbols) - NGRAM + 1
    if count < 1:
        return np.zeros(0, np.uint64)
    unsigned = symbols.astype(np.uint64)
    mixed = np.zeros(count, np.uint64)
    for offset in range(NGRAM):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + unsigned[offset : offset + count]
        mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def exact_groups(hashes: ArrayLike) -> NDArray[np.int64]:
    """For each file the index of the first one with the same hash, [N]."""
    _, first, same = np.unique(np.asarray(hashes), return_index=True, return_inverse=True)
    return np.asarray(first[same], np.int64)


def sketch_table(sketches: Sequence[bytes]) -> NDArray[np.uint32]:
    """Sketches as rows, [N, `SKETCH_SIZE`]; zeros for `NO_SKETCH`."""
    table = np.zeros((len(sketches), SKETCH_SIZE), np.uint32)
    for row, one in zip(table, sketches, strict=True):
        if one != NO_SKETCH:
            row[:] = np.frombuffer(one, "<u4")
    return table


def near_groups(sketches: NDArray[np.uint32], exact: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each file the lowest index among the files joined to it by likeness, [N].

    Likeness joins in chains: a like b and b like c puts all three together. `exact` groups
    (`exact_groups`) stay together. `sketches` are those of `sketch_table`.
    """
    groups = _Groups(len(sketches))
    for index, other in enumerate(exact.tolist()):
        groups.join(index, other)
    where = np.flatnonzero(sketches.any(axis=1))
    for pairs in _alike_pairs(sketches[where]):
        for one, other in where[pairs].tolist():
            groups.join(one, other)
    return np.array([groups.find(i) for i in range(len(sketches))], np.int64)


def nearest_sketches(
    sketches: Sequence[bytes], others: Sequence[bytes]
) -> list[tuple[int, float] | None]:
    """For each sketch the most alike of the others and their likeness, 0 to 1; None without one.

    From `ALIKE` on two pieces count as near duplicates.
    """
    where = np.array([i for i, s in enumerate(others) if s != NO_SKETCH], np.int64)
    if not len(where):
        return [None] * len(sketches)
    table = np.frombuffer(b"".join(others[i] for i in where), "<u4").reshape(len(where), -1)
    found: list[tuple[int, float] | None] = []
    for one in sketches:
        alike = (table == np.frombuffer(one, "<u4")).mean(axis=1) if one != NO_SKETCH else None
        best = None if alike is None else int(alike.argmax())
        found.append(None if alike is None or best is None else (int(where[best]), alike[best]))
    return found


def _alike_pairs(table: NDArray[np.uint32]) -> Iterator[NDArray[np.int64]]:
    """Pairs of rows [P, 2] alike enough, enough of them to join every bucket of likes.

    Most that share a bucket are not alike: kept until the end they would take 3 kB a file.
    """
    for band in np.split(table, _BANDS, axis=1):
        keys = np.ascontiguousarray(band).view(np.uint64).ravel()
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        start = np.maximum.accumulate(np.where(np.append(False, same), 0, np.arange(len(order))))
        later = np.flatnonzero(same) + 1
        for earlier in (later - 1, start[later]):
            for begin in range(0, len(later), _PAIRS_AT_ONCE):
                some = slice(begin, begin + _PAIRS_AT_ONCE)
                one, other = order[earlier[some]], order[later[some]]
                alike = (table[one] == table[other]).mean(axis=1) >= ALIKE
                yield np.stack([one[alike], other[alike]], axis=1)


class _Groups:
    """Union-find; a group is known by its lowest member."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low
