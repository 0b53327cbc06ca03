"""The measures of MusPy (Dong et al. 2020, MusPy: A Toolkit for Symbolic Music Generation).

Re-made from its documentation and code so that the figures agree (muspy 0.5), oddities included:
a beat counts as empty only if no note touches it, its first instant included; polyphony rate asks
for more than two pitches; bars of groove are four quarters whatever the metre. Of the drum
measures the patterns are quarters and thirds of a beat.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.evaluate.descriptors import SCALES
from musicgan.score import Score

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BAR_BEATS = 4

NAMES = (
    "pitch_range", "n_pitches_used", "n_pitch_classes_used", "polyphony", "polyphony_rate",
    "scale_consistency", "pitch_entropy", "pitch_class_entropy", "empty_beat_rate",
    "drum_in_pattern_rate", "drum_pattern_consistency", "groove_consistency",
)  # fmt: skip


def muspy_values(score: Score) -> dict[str, float]:
    """`NAMES` of a score; NaN where there is nothing to measure (no pitches, no drums)."""
    is_drum = np.array([track.is_drum for track in score.tracks] or [False])
    drums = is_drum[score.notes["track"]]
    pitched = score.notes[~drums]
    values = dict.fromkeys(NAMES, np.nan)
    values |= {"pitch_range": 0.0, "n_pitches_used": 0.0, "n_pitch_classes_used": 0.0}
    if len(score.notes):
        values |= {"polyphony_rate": 0.0, **_time(score)}
    if len(pitched):
        values |= _pitch(pitched["pitch"].astype(np.int64)) | _polyphony(pitched, score.end_tick)
    if drums.any():
        values |= _drums(score.notes["onset_tick"][drums], score.ticks_per_beat)
    return values


def _pitch(pitch: Ints) -> dict[str, float]:
    classes = np.bincount(pitch % 12, minlength=12)
    return {
        "pitch_range": float(np.ptp(pitch)),
        "n_pitches_used": float(len(np.unique(pitch))),
        "n_pitch_classes_used": float((classes > 0).sum()),
        "scale_consistency": float((SCALES @ classes).max() / len(pitch)),
        "pitch_entropy": _entropy(np.bincount(pitch)),
        "pitch_class_entropy": _entropy(classes),
    }


def _entropy(count: Ints) -> float:
    share = count[count > 0] / count.sum()
    return float(-(share * np.log2(share)).sum())


def _polyphony(notes: NDArray[np.void], length_tick: int) -> dict[str, float]:
    """Different pitches sounding at once; two voices on one pitch count once."""
    start, end = _stretches(notes)
    tick = np.concatenate([start, end])
    change = np.repeat([1, -1], len(start))
    order = np.argsort(tick, kind="stable")
    sounding, lasting = change[order].cumsum()[:-1], np.diff(tick[order])
    return {
        "polyphony": float(sounding @ lasting / lasting[sounding > 0].sum()),
        "polyphony_rate": float(lasting[sounding > 2].sum() / length_tick),
    }


def _stretches(notes: NDArray[np.void]) -> tuple[Ints, Ints]:
    """Begin and end of each stretch of time in which a pitch sounds, in whatever voices."""
    far = int((notes["onset_tick"] + notes["duration_tick"]).max()) + 1
    begin = notes["pitch"].astype(np.int64) * far + notes["onset_tick"]
    order = np.argsort(begin, kind="stable")
    begin = begin[order]
    until = np.maximum.accumulate(begin + notes["duration_tick"][order])
    is_first = np.append(True, begin[1:] > until[:-1])
    pitch_tick = begin // far * far
    last = np.append(np.flatnonzero(is_first)[1:], len(begin)) - 1
    return (begin - pitch_tick)[is_first], until[last] - pitch_tick[last]


def _time(score: Score) -> dict[str, float]:
    beat_tick, notes = score.ticks_per_beat, score.notes
    first = notes["onset_tick"] // beat_tick
    last = (notes["onset_tick"] + notes["duration_tick"]) // beat_tick
    order = np.argsort(first, kind="stable")
    first, last = first[order], last[order]
    reached = np.maximum.accumulate(last)
    filled = int((last - first + 1)[:1].sum())
    filled += int(np.maximum(last[1:] - np.maximum(first[1:] - 1, reached[:-1]), 0).sum())
    bar_tick = BAR_BEATS * beat_tick
    bars = score.end_tick // bar_tick + 1
    onset = np.unique(notes["onset_tick"])
    shared = np.intersect1d(onset, onset + bar_tick, assume_unique=True)
    inner = (onset >= bar_tick).sum() + (onset < (bars - 1) * bar_tick).sum()
    unlike = int(inner) - 2 * len(shared)
    return {
        "empty_beat_rate": 1 - filled / (score.end_tick // beat_tick + 1),
        "groove_consistency": 1 - unlike / (bar_tick * (bars - 1)) if bars > 1 else np.nan,
    }


def _drums(onset_tick: Ints, beat_tick: int) -> dict[str, float]:
    duple = float((onset_tick * 4 % beat_tick == 0).mean())
    triple = float((onset_tick * 3 % beat_tick == 0).mean())
    return {"drum_in_pattern_rate": duple, "drum_pattern_consistency": max(duple, triple)}
