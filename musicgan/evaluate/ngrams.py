"""What songs share: n-grams of notes, blind to transposition.

A note's token is (wait, voice, interval to the voice's last note, duration). The first wait says
only where a window begins, so it counts as 0; a voice's first note has an interval of its own
kind. BLEU, distinct-n and copying all look at runs of n tokens. Songs are note tuples, [T, 5].

All of them depend on how many songs and how long: compare sets of equal size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, VOICE, WAIT

NO_INTERVAL = 1000
"""The interval of a voice's first note: no pitch is so far from another."""

Grams = Counter[bytes]


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


def copied_ngrams(songs: Sequence[Rows], training: Sequence[Rows], n: int) -> float:
    """Share of the songs' n-grams that occur in the training songs, 0 to 1.

    To be read beside the rate of held-out real songs: real music shares phrases too.
    Raises ValueError when no song has n notes.
    """
    known = set().union(*(ngrams(song, n) for song in training))
    grams = _all_grams(songs, n)
    total = sum(sum(song.values()) for song in grams)
    return sum(count for song in grams for gram, count in song.items() if gram in known) / total


def bleu(songs: Sequence[Rows], references: Sequence[Rows], order: int = 4) -> float:
    """Corpus BLEU of songs against all references at once, 0 to 1 (Papineni et al. 2002).

    The geometric mean over n = 1 to `order` of the share of n-grams that a reference has too,
    each counted at most as often as in the one reference that has it most; and the brevity
    penalty against each song's nearest reference length. Quality only: read it beside
    `self_bleu`. Raises ValueError when a side is empty or no song has `order` notes.
    """
    if not references:
        raise ValueError("no references: give at least 1 song to compare with")
    log_precision = 0.0
    for n in range(1, order + 1):
        grams = _all_grams(songs, n)
        most: Grams = Counter()
        for reference in references:
            most |= ngrams(reference, n)
        matched = sum(min(count, most[gram]) for song in grams for gram, count in song.items())
        if not matched:
            return 0.0
        log_precision += np.log(matched / sum(sum(song.values()) for song in grams)) / order
    lengths = [len(reference) for reference in references]
    nearest = [min(lengths, key=lambda r: (abs(r - size), r)) for size in map(len, songs)]
    return float(np.exp(log_precision) * _brevity(sum(map(len, songs)), sum(nearest)))


def self_bleu(songs: Sequence[Rows], order: int = 4) -> float:
    """BLEU of each song against all the others, as one corpus, 0 to 1; high when they are alike.

    (Zhu et al. 2018, Texygen.) Raises ValueError for fewer than 2 songs.
    """
    if len(songs) < 2:
        raise ValueError(f"{len(songs)} songs: self-BLEU compares at least 2")
    log_precision = 0.0
    for n in range(1, order + 1):
        grams = _all_grams(songs, n)
        most: Grams = Counter()
        second: Grams = Counter()
        for song in grams:
            for gram, count in song.items():
                second[gram] = max(second[gram], min(count, most[gram]))
                most[gram] = max(most[gram], count)
        matched = total = 0
        for song in grams:
            for gram, count in song.items():
                # Whoever has it most finds at best the second most among the others.
                others = second[gram] if count == most[gram] else most[gram]
                matched += min(count, others)
                total += count
        if not matched:
            return 0.0
        log_precision += np.log(matched / total) / order
    lengths = sorted(map(len, songs))
    nearest = [_nearest_other(lengths, size) for size in lengths]
    return float(np.exp(log_precision) * _brevity(sum(lengths), sum(nearest)))


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


def _nearest_other(lengths: list[int], size: int) -> int:
    others = list(lengths)
    others.remove(size)
    return min(others, key=lambda other: (abs(other - size), other))


def _brevity(length: int, reference: int) -> float:
    return 1.0 if length >= reference else float(np.exp(1 - reference / length))
