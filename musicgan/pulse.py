"""Where the bars of a piece are, heard from its notes alone.

Five accents are measured in every sixteenth: how many notes begin, how long they are, how low the
bass is, how much the harmony changes and how loud it is. A candidate is a bar (2/4, 3/4, 4/4 or
6/8) at a phase; it scores by the accents on its bar lines, those inside its bars, and by how much
the accents repeat from bar to bar. The weights were fitted by maximum likelihood with
`scripts/fit_metre.py`, which also measures how often the answer is right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.score import Score

CELLS = 4
"""Cells a beat."""
MAX_CELLS = 16_384
"""Only so much of a piece is listened to, from its first note: half an hour and more."""
FEWEST_NOTES = 16
FEWEST_CELLS = 32
_HIGHEST = 128


class Candidate(NamedTuple):
    """A kind of bar: its metre, its length and the accents inside it, in cells."""

    numerator: int
    denominator: int
    length: int
    inner: tuple[int, ...]


CANDIDATES = (
    Candidate(2, 4, 8, (4,)),
    Candidate(3, 4, 12, (4, 8)),
    Candidate(4, 4, 16, (8,)),
    Candidate(6, 8, 12, (6,)),
)
ACCENTS = ("onsets", "length", "bass", "harmony", "loudness")


class Weights(NamedTuple):
    """What each accent counts; A = accents, K = candidates."""

    downbeat: NDArray[np.float64]
    """[A] on the bar line."""
    inner: NDArray[np.float64]
    """[K, A] inside the bar."""
    recurrence: NDArray[np.float64]
    """[A] repeated a bar later."""
    bias: NDArray[np.float64]
    """[K] how common the metre is."""


WEIGHTS = Weights(
    downbeat=np.array([1.65, 1.78, 1.75, 2.01, 1.72]),
    inner=np.array(
        [
            [-1.13, 0.09, 0.96, 2.10, -1.37],
            [0.63, -0.71, 0.70, -0.14, 1.81],
            [0.66, 1.26, 0.38, 0.14, 1.02],
            [1.85, 1.63, 0.35, 0.42, -0.03],
        ]
    ),
    recurrence=np.array([-1.46, 1.07, 0.34, 1.57, 1.69]),
    bias=np.array([1.31, -1.03, 0.14, -1.51]),
)
PHASE_BIAS = (0.0, -1.0, -2.0)
"""For bars that begin with the file, elsewhere on a beat, off the beat; chosen, not fitted."""


class Bars(NamedTuple):
    """The metre heard and the first cell, from the start of the score, that begins a bar."""

    numerator: int
    denominator: int
    first_cell: int


def hear_bars(score: Score, weights: Weights = WEIGHTS) -> Bars | None:
    """The likeliest bars of `score`; None when too few notes, drums apart, could tell."""
    drums = np.array([track.is_drum for track in score.tracks] or [False])
    if np.count_nonzero(~drums[score.notes["track"]]) < FEWEST_NOTES:
        return None
    first, accents = accents_of(score)
    if accents.shape[1] < FEWEST_CELLS:
        return None
    scores = [
        candidate_scores(accents, number, weights) + _phase_bias(candidate.length, first)
        for number, candidate in enumerate(CANDIDATES)
    ]
    best = max(range(len(CANDIDATES)), key=lambda number: scores[number].max())
    found = CANDIDATES[best]
    phase = (int(scores[best].argmax()) + first) % found.length
    return Bars(found.numerator, found.denominator, phase)


def accents_of(score: Score) -> tuple[int, NDArray[np.float64]]:
    """The cell of the first note, and the accents [A, T] from there on, each standardized."""
    notes = score.notes
    if not len(notes):
        return 0, np.zeros((len(ACCENTS), 0))
    tpb = score.ticks_per_beat
    cell = (notes["onset_tick"] * (2 * CELLS) + tpb) // (2 * tpb)
    first = int(cell.min())
    heard = cell - first < MAX_CELLS
    notes, cell = notes[heard], cell[heard] - first
    count = int(cell.max()) + 1
    drums = np.array([track.is_drum for track in score.tracks] or [False])[notes["track"]]
    beats = np.where(drums, 0.1, np.minimum(notes["duration_tick"] / tpb, 2.0))
    onsets = np.bincount(cell, minlength=count)
    accents = np.stack(
        [
            np.minimum(onsets, 4.0),
            np.bincount(cell, beats, count),
            _bass(cell[~drums], notes["pitch"][~drums], count),
            _harmonic_change(cell[~drums], notes["pitch"][~drums], beats[~drums], count),
            np.bincount(cell, notes["velocity"], count) / np.maximum(onsets, 1),
        ]
    )
    return first, _standardized(accents)


def _bass(cell: NDArray[np.int64], pitch: NDArray[np.uint8], count: int) -> NDArray[np.float64]:
    """Octaves by which the lowest note that begins in a cell is below the median, 0 to 2, [T]."""
    if not len(pitch):
        return np.zeros(count)
    lowest = np.full(count, _HIGHEST)
    np.minimum.at(lowest, cell, pitch.astype(np.int64))
    below = np.clip((np.median(pitch) - lowest) / 12, 0, 2)
    return np.asarray(np.where(lowest < _HIGHEST, below, 0.0))


def _harmonic_change(
    cell: NDArray[np.int64],
    pitch: NDArray[np.uint8],
    beats: NDArray[np.float64],
    count: int,
) -> NDArray[np.float64]:
    """1 - cosine between the pitch classes of the beat before and after each cell, [T]."""
    where = (cell + 1) * 12 + pitch % 12
    chroma = np.bincount(where, np.minimum(beats, 1.0), (count + 1) * 12).reshape(-1, 12)
    total = np.cumsum(chroma, axis=0)
    at = np.arange(count)
    before = total[at] - total[np.maximum(at - CELLS, 0)]
    after = total[np.minimum(at + CELLS, count)] - total[at]
    norm = np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1))
    same = (before * after).sum(axis=1) / np.maximum(norm, 1e-9)
    return np.asarray(np.where(norm > 1e-9, 1 - same, 0.0))


def candidate_scores(
    accents: NDArray[np.float64], number: int, weights: Weights
) -> NDArray[np.float64]:
    """Log-scores of candidate `number` at each phase, [length], from accents [A, T]."""
    candidate = CANDIDATES[number]
    length = candidate.length
    on_line, inside, recurrence = candidate_features(accents, candidate)
    score = weights.downbeat @ on_line + weights.inner[number] @ inside
    return np.asarray(
        score + weights.recurrence @ recurrence + weights.bias[number] - np.log(length)
    )


def candidate_features(
    accents: NDArray[np.float64], candidate: Candidate
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Accents on bar lines [A, length], inside bars [A, length], and their recurrence [A]."""
    length = candidate.length
    cells = accents.shape[1]
    bars = np.zeros((len(accents), -(-cells // length) * length))
    bars[:, :cells] = accents
    bars = bars.reshape(len(accents), -1, length)
    count = np.bincount(np.arange(cells) % length, minlength=length)
    # As a z statistic, so that bars of different lengths compare, but blind to the piece's length.
    on_line = bars.sum(axis=1) / np.sqrt(np.maximum(count, 1) * cells / 16)
    inside = np.mean([np.roll(on_line, -cell, axis=1) for cell in candidate.inner], axis=0)
    if cells <= length + CELLS:
        return on_line, inside, np.zeros(len(accents))
    return on_line, inside, _correlation(accents[:, length:], accents[:, :-length])


def _phase_bias(length: int, first_cell: int) -> NDArray[np.float64]:
    """[length], by phases counted from the first note."""
    phase = (np.arange(length) + first_cell) % length
    start, beat, other = PHASE_BIAS
    return np.where(phase == 0, start, np.where(phase % CELLS == 0, beat, other))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row of the one with that of the other, both [A, N] and about 0 -> [A]."""
    count = one.shape[1]
    one_mean, other_mean = one.sum(axis=1) / count, other.sum(axis=1) / count
    products = (np.einsum("an,an->a", a, b) for a, b in ((one, other), (one, one), (other, other)))
    both, one_square, other_square = (product / count for product in products)
    one_sd = np.sqrt(np.maximum(one_square - one_mean**2, 0))
    other_sd = np.sqrt(np.maximum(other_square - other_mean**2, 0))
    covariance = both - one_mean * other_mean
    return np.asarray(covariance / np.maximum(one_sd, 1e-9) / np.maximum(other_sd, 1e-9))


def _standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.maximum(values.std(axis=-1, keepdims=True), 1e-9))
