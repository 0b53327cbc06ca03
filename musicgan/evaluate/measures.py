"""All measures in one table: what each is, where good music stands, what it fails to see.

Headline measures tell most negative controls (`controls`) from real music; those they do not are
in `blind_to`, as the tests find them. The others are here because people expect them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from musicgan.evaluate import crnngan_set, mgeval_set, muspy_set
from musicgan.evaluate.bleu import bleu_of_marks, self_bleu_of_marks
from musicgan.evaluate.controls import COPIES, REPEATED
from musicgan.evaluate.copies import copied_share
from musicgan.evaluate.coverage import NEIGHBOURS, coverage, precision
from musicgan.evaluate.descriptors import DESCRIPTORS, Floats
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.endings import ending
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.ngrams import marks
from musicgan.evaluate.repetition import returning_bars
from musicgan.evaluate.top_voice import top_step_share
from musicgan.evaluate.two_sample import two_sample_accuracy

Of = Callable[[MusicSet, MusicSet, MusicSet | None], float | None]
Target = Literal["lower", "higher", "real"]
Compares = Literal["nothing", "real", "training"]


@dataclass(frozen=True)
class Measure:
    """One number about a set of music."""

    name: str
    title: str
    of: Of
    """(some, real, training) -> the value of `some`; None where there is nothing to measure."""
    target: Target = "real"
    """What is better; "real": the nearer to the real set's own value."""
    compares: Compares = "nothing"
    """With what a set is compared; "real" also where the number of songs matters."""
    headline: bool = False
    blind_to: tuple[str, ...] = ()
    """Negative controls that it does not tell from real music."""
    note: str = ""
    """What it is and what it fails to see, in a line."""


def _frechet(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    if min(len(real.windows), len(some.windows)) < 2:
        return None
    return frechet(real.descriptors, some.descriptors)


def _bleu(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return bleu_of_marks(some.over("windows", marks), real.over("windows", marks))


def _self_bleu(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return self_bleu_of_marks(some.over("windows", marks)) if len(some.windows) > 1 else None


def _two_sample(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return two_sample_accuracy(real, some)


def _neighbours(
    what: Callable[[Floats, Floats], float], some: MusicSet, real: MusicSet, _: MusicSet | None
) -> float | None:
    if len(real.windows) <= NEIGHBOURS:
        return None
    return what(real.descriptors, some.descriptors)


def _descriptor(name: str, some: MusicSet, real: MusicSet, _: MusicSet | None) -> float | None:
    return float(some.descriptors[:, list(DESCRIPTORS).index(name)].mean())


def _top_steps(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return _mean(some.over("window_scores", top_step_share))


def _repetition(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    found, looked_at = np.sum(some.over("scores", returning_bars), axis=0)
    return float(found / looked_at) if looked_at else None


def _ending(name: str, some: MusicSet, real: MusicSet, _: MusicSet | None) -> float | None:
    return float(np.mean([getattr(end, name) for end in some.over("scores", ending)]))


def _copied(n: int, some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return copied_share(some, training, n) if training else None


def _mgeval(
    feature: str, which: int, some: MusicSet, real: MusicSet, _: MusicSet | None
) -> float | None:
    if len(real.names) < 2:
        return None
    sides = [
        np.array([values[feature] for values in side.over("scores", mgeval_set.mgeval_features)])
        for side in (real, some)
    ]
    return mgeval_set.overlap_and_divergence(*sides)[which]


def _value(
    values: Callable[[Any], dict[str, float]],
    name: str,
    some: MusicSet,
    real: MusicSet,
    _: MusicSet | None,
) -> float | None:
    return _mean(one[name] for one in some.over("scores", values))


def _mean(values: Iterable[float]) -> float | None:
    """The mean of what is a number; None if nothing is."""
    array = np.array(list(values), np.float64)
    array = array[~np.isnan(array)]
    return float(array.mean()) if len(array) else None


HEADLINES = (
    Measure(
        "frechet", "Frechet distance", _frechet, "lower", "real", True, (COPIES,),
        "of musical descriptors of windows, as Gaussians; does not see copying or long-range form",
    ),
    Measure(
        "bleu_4", "BLEU-4", _bleu, "real", "real", True, (REPEATED, COPIES),
        "share of runs of 1 to 4 notes that real windows have; read it against self-BLEU",
    ),
    Measure(
        "self_bleu_4", "self-BLEU-4", _self_bleu, "real", "real", True, (COPIES,),
        "BLEU of each window against the others: high when songs are alike, low for noise",
    ),
    Measure(
        "two_sample", "two-sample accuracy", _two_sample, "lower", "real", True, (COPIES,),
        "of a classifier that tells generated windows from real ones; .5 is chance",
    ),
    Measure(
        "precision", "precision", partial(_neighbours, precision), "real", "real", True,
        (REPEATED, COPIES), "share of windows that lie among real ones; blind to variety",
    ),
    Measure(
        "coverage", "coverage", partial(_neighbours, coverage), "higher", "real", True, (COPIES,),
        "share of real windows with a generated one near by: variety",
    ),
    Measure(
        "chord_share", "chords", partial(_descriptor, "chord_share"), headline=True,
        note="share of beats with 3 or more notes that form a known chord; 0 in single lines",
    ),
    Measure(
        "parallel_share", "parallels", partial(_descriptor, "parallel_share"), headline=True,
        note="parallel fifths and octaves among voice pairs that both move between beats",
    ),
    Measure(
        "step_share", "stepwise motion", partial(_descriptor, "step_share"), headline=True,
        note="share of melodic intervals of 1 or 2 semitones, all voices",
    ),
    Measure(
        "top_step_share", "stepwise top voice", _top_steps, headline=True,
        note="the same of the highest voice alone",
    ),
    Measure(
        "repetition", "returning bars", _repetition, headline=True,
        note="share of bars whose figure stood 2 to 16 bars before, in any key",
    ),
    Measure(
        "ends_at_home", "ends at home", partial(_ending, "at_home"), headline=True,
        note="share of songs whose last chord is the tonic's triad over the tonic",
    ),
    Measure(
        "ends_held", "ends held", partial(_ending, "is_held"), headline=True,
        note="share of songs whose last sound lasts 1.5 median notes or longer",
    ),
    Measure(
        "copied_8", "copied 8-note runs", partial(_copied, 8), "real", "training", True,
        note="share of runs that stand in a training piece, in any key",
    ),
    Measure(
        "copied_16", "copied 16-note runs", partial(_copied, 16), "real", "training", True,
        note="share of runs that stand in a training piece, in any key",
    ),
)  # fmt: skip


_MGEVAL: tuple[tuple[str, Target], ...] = (("overlap", "higher"), ("divergence", "lower"))


def _customary() -> tuple[Measure, ...]:
    feeble = "on whole pieces; hardly tells shuffled pitches from music, depends on smoothing"
    found = []
    for feature in mgeval_set.FEATURES:
        title = feature.replace("_", " ")
        for which, (kind, target) in enumerate(_MGEVAL):
            of = partial(_mgeval, feature, which)
            name = f"mgeval_{feature}_{kind}"
            found.append(Measure(name, f"MGEval {title}, {kind}", of, target, "real", note=feeble))
    for kit, values, names in (
        ("MusPy", muspy_set.muspy_values, muspy_set.NAMES),
        ("C-RNN-GAN", crnngan_set.crnngan_values, crnngan_set.NAMES),
    ):
        for name in names:
            key = f"{kit.lower().replace('-', '')}_{name}"
            title = f"{kit} {name.replace('_', ' ')}"
            found.append(Measure(key, title, partial(_value, values, name), note=_UNSEEN[name]))
    return tuple(found)


_ORDER = "mean over pieces; sees which pitches there are, not their order"
_UNSEEN = {
    "pitch_range": _ORDER,
    "n_pitches_used": _ORDER,
    "n_pitch_classes_used": _ORDER,
    "scale_consistency": _ORDER,
    "tone_span": _ORDER,
    "pitch_entropy": _ORDER,
    "pitch_class_entropy": _ORDER,
    "polyphony": "mean over pieces; counts notes at once, whatever they are",
    "polyphony_rate": "mean over pieces; share of time with over two pitches at once",
    "empty_beat_rate": "mean over pieces; near 0 in most music, good or bad",
    "drum_in_pattern_rate": "mean over pieces with drums; share on quarters of a beat",
    "drum_pattern_consistency": "mean over pieces with drums; quarters or thirds of a beat",
    "groove_consistency": "mean over pieces; onsets alone, and most bars are near 1",
    "three_tone_repetitions": "mean over pieces; grows with length and with few pitches",
}

MEASURES: tuple[Measure, ...] = HEADLINES + _customary()
