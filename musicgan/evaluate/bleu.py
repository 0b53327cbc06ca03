"""BLEU of songs against references, and of a set of songs against itself.

On runs of notes that are blind to transposition (`ngrams`). Quality and diversity pull apart:
BLEU against self-BLEU, as a point for each temperature, is the picture to look at (Caccia et al.
2020, Language GANs Falling Short). Both depend on how many songs there are and how long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.evaluate.ngrams import Marks, marks, runs

Ints = NDArray[np.int64]

_TOO_SHORT = "{} songs: none has the {} notes that an n-gram of that length takes"


def bleu(songs: Sequence[Rows], references: Sequence[Rows], order: int = 4) -> float:
    """Corpus BLEU of songs against all references at once, 0 to 1 (Papineni et al. 2002).

    The geometric mean over n = 1 to `order` of the share of n-grams that a reference has too,
    each counted at most as often as in the one reference that has it most; and the brevity
    penalty against each song's nearest reference length. Quality only: read it beside
    `self_bleu`. Raises ValueError when a side is empty or no song has `order` notes.
    """
    return bleu_of_marks([marks(r) for r in songs], [marks(r) for r in references], order)


def self_bleu(songs: Sequence[Rows], order: int = 4) -> float:
    """BLEU of each song against all the others, as one corpus, 0 to 1; high when they are alike.

    (Zhu et al. 2018, Texygen.) Raises ValueError for fewer than 2 songs.
    """
    return self_bleu_of_marks([marks(song) for song in songs], order)


def bleu_of_marks(songs: Sequence[Marks], references: Sequence[Marks], order: int = 4) -> float:
    """`bleu` of songs given as `ngrams.marks`, [T] each."""
    if not references:
        raise ValueError("no references: give at least 1 song to compare with")
    lengths = np.array([len(song) for song in songs])
    others = np.array([len(reference) for reference in references])
    shares = []
    for n in range(1, order + 1):
        _, gram, count = _counted(songs, n)
        if not len(gram):
            raise ValueError(_TOO_SHORT.format(len(songs), n))
        _, known, there = _counted(references, n)
        by_gram = np.argsort(known, kind="stable")
        known, start = np.unique(known[by_gram], return_index=True)
        most = np.maximum.reduceat(there[by_gram], start) if len(start) else there
        at = np.minimum(np.searchsorted(known, gram), max(len(known) - 1, 0))
        found = most[at] * (known[at] == gram) if len(known) else np.zeros_like(count)
        shares.append(np.minimum(count, found).sum() / count.sum())
    gap = np.abs(others[None] - lengths[:, None])
    # Of two equally near references the shorter one counts.
    nearest = others[np.lexsort((np.broadcast_to(others, gap.shape), gap))[:, 0]]
    return _combined(shares, int(lengths.sum()), int(nearest.sum()))


def self_bleu_of_marks(songs: Sequence[Marks], order: int = 4) -> float:
    """`self_bleu` of songs given as `ngrams.marks`, [T] each."""
    if len(songs) < 2:
        raise ValueError(f"{len(songs)} songs: self-BLEU compares at least 2")
    shares = []
    for n in range(1, order + 1):
        _, gram, count = _counted(songs, n)
        if not len(gram):
            raise ValueError(_TOO_SHORT.format(len(songs), n))
        order_of = np.lexsort((-count, gram))
        gram, count = gram[order_of], count[order_of]
        first = np.append(True, gram[1:] != gram[:-1])
        # Whoever has a gram most finds at best the second most among the others; all others
        # find the most, which is no less than their own count.
        second = np.append(np.where(first[1:], 0, count[1:]), 0)
        shares.append(np.where(first, np.minimum(count, second), count).sum() / count.sum())
    lengths = np.sort([len(song) for song in songs])
    before = np.append(-np.inf, lengths[:-1])
    after = np.append(lengths[1:], np.inf)
    nearest = np.where(lengths - before <= after - lengths, before, after)
    return _combined(shares, int(lengths.sum()), int(nearest.sum()))


def _counted(songs: Sequence[Marks], n: int) -> tuple[Ints, Marks, Ints]:
    """How often each song has each n-gram: (song, gram, count), [M] each."""
    song, run = runs(songs, n)
    # By song, then by gram, in any order where both are equal: three times as fast as lexsort.
    order = np.argsort(run)
    by_song = song[order].astype(np.uint16 if len(songs) < 1 << 16 else np.int64)
    order = order[np.argsort(by_song, kind="stable")]
    song, run = song[order], run[order]
    is_new = np.ones(len(run), np.bool_)
    is_new[1:] = (song[1:] != song[:-1]) | (run[1:] != run[:-1])
    first = np.flatnonzero(is_new)
    return song[first], run[first], np.diff(np.append(first, len(run)))


def _combined(shares: Sequence[float], length: int, reference: int) -> float:
    """The geometric mean of the shares, less for songs shorter than their references."""
    if not min(shares):
        return 0.0
    brevity = 1.0 if length >= reference else float(np.exp(1 - reference / length))
    return float(np.exp(np.mean(np.log(shares)))) * brevity
