"""The measures of MGEval (Yang & Lerch 2018, On the evaluation of generative models in music).

Nine features of each piece. Distances within the real set and distances between real and
generated pieces, feature by feature, are smoothed to densities: their overlapping area (1 when
alike) and their Kullback-Leibler divergence (0 when alike) are reported. They do not tell music
with its pitches shuffled from music, and the figures depend on the smoothing: no headlines.

Here transition matrices and histograms are shares, so that a piece's length does not count, and
onset intervals are in beats. Kernels are Gaussian, by Scott's rule, as in the authors' code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.evaluate.coverage import distances
from musicgan.score import Score

Floats = NDArray[np.float64]

FEATURES = (
    "pitch_count", "pitch_range", "pitch_interval", "note_count", "onset_interval",
    "pitch_class_histogram", "pitch_class_transitions", "note_length_histogram",
    "note_length_transitions",
)  # fmt: skip
LENGTHS_BEAT = np.array([4, 2, 1, 0.5, 0.25, 3, 1.5, 0.75, 0.375, 4 / 3, 2 / 3, 1 / 3])
"""Whole note to sixteenth, the dotted ones, triplets of half, quarter and eighth."""
MOST_PIECES = 200
"""Distances grow with the square; of more pieces the first ones count."""
_CELLS = 512
_REACH = 4.0
"""Standard deviations of a kernel."""


def mgeval_features(score: Score) -> dict[str, Floats]:
    """`FEATURES` of a score without its drums, a vector each; notes in order of onset, pitch."""
    drums = np.array([track.is_drum for track in score.tracks] or [False])
    notes = score.notes[~drums[score.notes["track"]]]
    notes = notes[np.lexsort((notes["pitch"], notes["onset_tick"]))]
    pitch = notes["pitch"].astype(np.int64)
    onset_beat = notes["onset_tick"] / score.ticks_per_beat
    length_beat = notes["duration_tick"] / score.ticks_per_beat
    length = np.abs(length_beat[:, None] - LENGTHS_BEAT).argmin(1)
    return {
        "pitch_count": _one(len(np.unique(pitch))),
        "pitch_range": _one(np.ptp(pitch) if len(pitch) else 0),
        "pitch_interval": _one(np.abs(np.diff(pitch)).mean() if len(pitch) > 1 else 0),
        "note_count": _one(len(pitch)),
        "onset_interval": _one(np.diff(onset_beat).mean() if len(pitch) > 1 else 0),
        "pitch_class_histogram": _shares(pitch % 12),
        "pitch_class_transitions": _shares(pitch[:-1] % 12 * 12 + pitch[1:] % 12, 144),
        "note_length_histogram": _shares(length),
        "note_length_transitions": _shares(length[:-1] * 12 + length[1:], 144),
    }


def _one(value: float) -> Floats:
    return np.array([value], np.float64)


def _shares(values: NDArray[np.int64], kinds: int = 12) -> Floats:
    return np.bincount(values, minlength=kinds) / max(len(values), 1)


def overlap_and_divergence(real: Floats, fake: Floats) -> tuple[float, float]:
    """Overlapping area and KL divergence of one feature, real [N, F] and fake [M, F].

    Of the distances among real pieces and those from fake to real ones; the divergence, in nats,
    is of the first from the second. Raises ValueError for fewer than 2 real pieces.
    """
    if len(real) < 2:
        raise ValueError(f"{len(real)} real piece: distances within a set need at least 2")
    real, fake = real[:MOST_PIECES], fake[:MOST_PIECES]
    within = distances(real, real)[np.triu_indices(len(real), 1)]
    across = distances(real, fake).ravel()
    widths = [_bandwidth(values) for values in (within, across)]
    reach = _REACH * max(widths)
    low = min(within.min(), across.min()) - reach
    high = max(within.max(), across.max()) + reach
    one, other = (
        _density(values, width, low, high)
        for values, width in zip((within, across), widths, strict=True)
    )
    floor = 1e-12
    divergence = (one * np.log((one + floor) / (other + floor))).sum()
    return float(np.minimum(one, other).sum()), max(0.0, float(divergence))


def _bandwidth(values: Floats) -> float:
    """Scott's rule; of equal values a narrow one, for they have no density."""
    return max(float(values.std(ddof=1)) * len(values) ** -0.2, 1e-3) if len(values) > 1 else 1e-3


def _density(values: Floats, width: float, low: float, high: float) -> Floats:
    """The smoothed share of values in each of `_CELLS` cells from low to high; they sum to 1."""
    cell = (high - low) / _CELLS
    count = np.histogram(values, _CELLS, (low, high))[0].astype(np.float64)
    reach = min(int(np.ceil(_REACH * width / cell)), _CELLS // 2 - 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * cell / width) ** 2)
    smoothed = np.convolve(count, kernel / kernel.sum(), "same")
    return np.asarray(smoothed / smoothed.sum())
