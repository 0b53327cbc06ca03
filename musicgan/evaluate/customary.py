"""Measures that people expect: those of MGEval, MusPy and C-RNN-GAN.

None of them is a headline: most do not tell music with its pitches shuffled from music.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from musicgan.evaluate.crnngan_set import NAMES as CRNNGAN_NAMES
from musicgan.evaluate.crnngan_set import crnngan_values
from musicgan.evaluate.measure import Measure, mean_of
from musicgan.evaluate.mgeval_set import FEATURES, mgeval_features, overlap_and_divergence
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.muspy_set import NAMES as MUSPY_NAMES
from musicgan.evaluate.muspy_set import muspy_values
from musicgan.score import Score

Values = Callable[[Score], dict[str, float]]


def _mgeval(
    feature: str, which: int, some: MusicSet, real: MusicSet, _: MusicSet | None
) -> float | None:
    if len(real.names) < 2:
        return None
    sides = [
        np.array([values[feature] for values in side.over("scores", mgeval_features)])
        for side in (real, some)
    ]
    return overlap_and_divergence(*sides)[which]


def _value(
    values: Values, name: str, some: MusicSet, real: MusicSet, _: MusicSet | None
) -> float | None:
    return mean_of(one[name] for one in some.over("scores", values))


_FEEBLE = "on whole pieces; hardly tells shuffled pitches from music, depends on smoothing"
_ORDER = "mean over pieces; sees which pitches there are, not their order"
_VALUES: dict[str, tuple[float, str]] = {
    "pitch_range": (127, _ORDER),
    "n_pitches_used": (128, _ORDER),
    "n_pitch_classes_used": (12, _ORDER),
    "scale_consistency": (1, _ORDER),
    "tone_span": (127, _ORDER),
    "pitch_entropy": (7, _ORDER),
    "pitch_class_entropy": (np.log2(12), _ORDER),
    "polyphony": (128, "mean over pieces; pitches at once, whatever they are"),
    "polyphony_rate": (1, "mean over pieces; share of time with over two pitches at once"),
    "empty_beat_rate": (1, "mean over pieces; near 0 in most music, good or bad"),
    "drum_in_pattern_rate": (1, "mean over pieces with drums; share on quarters of a beat"),
    "drum_pattern_consistency": (1, "mean over pieces with drums; quarters or thirds of a beat"),
    "groove_consistency": (1, "mean over pieces; onsets alone, and most bars are near 1"),
    "three_tone_repetitions": (1, "mean over pieces; grows with length and with few pitches"),
}
"""Name -> the highest value there can be, and what to know of it."""


def _mgeval_measure(feature: str, kind: str) -> Measure:
    is_overlap = kind == "overlap"
    return Measure(
        f"mgeval_{feature}_{kind}",
        f"MGEval {feature.replace('_', ' ')}, {kind}",
        partial(_mgeval, feature, 0 if is_overlap else 1),
        "higher" if is_overlap else "lower",
        "real",
        most=1.0 if is_overlap else np.inf,
        note=_FEEBLE,
    )


def _mean_measure(kit: str, values: Values, name: str) -> Measure:
    most, note = _VALUES[name]
    if (kit, name) == ("C-RNN-GAN", "polyphony"):
        most, note = 1, "mean over pieces; share of notes that begin together, whatever they are"
    return Measure(
        f"{kit.lower().replace('-', '')}_{name}",
        f"{kit} {name.replace('_', ' ')}",
        partial(_value, values, name),
        most=most,
        note=note,
    )


CUSTOMARY: tuple[Measure, ...] = (
    *(_mgeval_measure(feature, kind) for feature in FEATURES for kind in ("overlap", "divergence")),
    *(_mean_measure("MusPy", muspy_values, name) for name in MUSPY_NAMES),
    *(_mean_measure("C-RNN-GAN", crnngan_values, name) for name in CRNNGAN_NAMES),
)
