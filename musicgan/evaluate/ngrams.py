"""What songs share: n-grams of notes, blind to transposition.

A note's token is (wait, voice, interval to the voice's last note, duration). The first wait says
only where a window begins, so it counts as 0; a voice's first note has an interval of its own
kind. BLEU (`bleu`), distinct-n and copying (`copies`) all look at runs of n tokens. Songs are
note tuples, [T, 5].

All of them depend on how many songs and how long: compare sets of equal size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, VOICE, WAIT

NO_INTERVAL = 1000
"""The interval of a voice's first note: no pitch is so far from another."""

Grams = Counter[bytes]
Marks = NDArray[np.uint64]


def tokens(rows: Rows) -> Rows:
    """(wait, voice, interval, duration) of each note, [T, 5] -> [T, 4]; pitch itself is gone."""
    rows = np.asarray(rows)
    order = np.argsort(rows[:, VOICE], kind="stable")
    voice, pitch = rows[order, VOICE], rows[order, PITCH]
    interval = np.diff(pitch, prepend=0)
    interval[np.diff(voice, prepend=-1) != 0] = NO_INTERVAL
    made = np.empty((len(rows), 4), np.int64)
    made[:, 0] = rows[:, WAIT]
    made[:1, 0] = 0
    made[:, 1] = rows[:, VOICE]
    made[order, 2] = interval
    made[:, 3] = rows[:, DURATION]
    return made


def marks(rows: Rows) -> Marks:
    """Each note's token as one well mixed number, [T, 5] -> [T]: equal tokens, equal marks."""
    mixed = np.zeros(len(rows), np.uint64)
    for column in tokens(rows).T:
        mixed = (mixed ^ column.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def runs(songs: Sequence[Marks], n: int) -> tuple[NDArray[np.int64], Marks]:
    """Every run of `n` marks of the songs: the song of each [M], and the run as one number [M].

    Two different runs get the same number once in 2^64 times.
    """
    lengths = np.array([len(song) for song in songs], np.int64)
    song = np.repeat(np.arange(len(songs)), lengths)
    mark = np.concatenate([np.zeros(0, np.uint64), *songs])
    count = max(len(mark) - n + 1, 0)
    run = np.zeros(count, np.uint64)
    for offset in range(n):
        run = (run + mark[offset : offset + count]) * np.uint64(0xBF58476D1CE4E5B9)
        run ^= run >> np.uint64(31)
    whole = song[:count] == song[n - 1 : n - 1 + count]
    return song[:count][whole], run[whole]


def ngrams(rows: Rows, n: int) -> Grams:
    """How often each run of `n` tokens occurs in a song."""
    made = tokens(rows)
    return Counter(made[i : i + n].tobytes() for i in range(len(made) - n + 1))


def distinct_n(songs: Sequence[Rows], n: int) -> float:
    """Different n-grams over all n-grams of a set, 0 to 1; low when songs say the same things.

    Raises ValueError when no song has n notes.
    """
    grams = _all_grams(songs, n)
    total = sum(sum(song.values()) for song in grams)
    return len(set().union(*grams)) / total


def pairwise_distance(songs: Sequence[Rows], n: int = 2) -> float:
    """Mean distance between two songs of a set, 0 (all the same) to 1 (nothing shared).

    The Jaccard distance of their sets of n-grams. It falls when all songs drift together; a few
    songs repeated hardly lower it: for those see `nearest_distance`.
    """
    distances = _distances(songs, n)
    return float(distances[np.triu_indices(len(songs), 1)].mean())


def nearest_distance(songs: Sequence[Rows], n: int = 2) -> float:
    """Mean distance of a song to the nearest other one, 0 to 1: the alarm for repeated songs."""
    distances = _distances(songs, n)
    np.fill_diagonal(distances, np.inf)
    return float(distances.min(1).mean())


def _distances(songs: Sequence[Rows], n: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if len(songs) < 2:
        raise ValueError(f"{len(songs)} songs: a distance needs at least 2")
    sets = [set(song) for song in _all_grams(songs, n)]
    distances = np.zeros((len(sets), len(sets)))
    for i, j in combinations(range(len(sets)), 2):
        union = len(sets[i] | sets[j])
        shared = len(sets[i] & sets[j]) / union if union else 1.0
        distances[i, j] = distances[j, i] = 1 - shared
    return distances


def _all_grams(songs: Sequence[Rows], n: int) -> list[Grams]:
    grams = [ngrams(song, n) for song in songs]
    if not any(grams):
        raise ValueError(f"{len(songs)} songs: none has the {n} notes that an {n}-gram takes")
    return grams
