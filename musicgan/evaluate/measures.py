"""All measures in one table: what each is, where good music stands, what it fails to see.

Headline measures tell most negative controls (`controls`) from real music; those they do not are
in `blind_to`, as the tests find them. The others are here because people expect them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from musicgan.evaluate.bleu import bleu_of_marks, self_bleu_of_marks
from musicgan.evaluate.controls import (
    CONSTANT,
    COPIES,
    REPEATED,
    SHUFFLED_ONSETS,
    SHUFFLED_PITCHES,
)
from musicgan.evaluate.copies import copied_share
from musicgan.evaluate.coverage import NEIGHBOURS, coverage, precision
from musicgan.evaluate.customary import CUSTOMARY
from musicgan.evaluate.descriptors import DESCRIPTORS, Floats
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.endings import ending
from musicgan.evaluate.measure import Compares, Measure, Of, Target, mean_of
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.ngrams import marks
from musicgan.evaluate.repetition import returning_bars
from musicgan.evaluate.timing import mean_off_ms, shared_timing
from musicgan.evaluate.top_voice import top_step_share
from musicgan.evaluate.two_sample import two_sample_accuracy


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
    return mean_of(some.over("window_scores", top_step_share))


def _repetition(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    found, looked_at = np.sum(some.over("scores", returning_bars), axis=0)
    return float(found / looked_at) if looked_at else None


def _ending(name: str, some: MusicSet, real: MusicSet, _: MusicSet | None) -> float | None:
    return float(np.mean([getattr(end, name) for end in some.over("scores", ending)]))


def _copied(n: int, some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return copied_share(some, training, n) if training else None


def _off_grid(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return mean_off_ms(some.late_ms)


def _timing(some: MusicSet, real: MusicSet, training: MusicSet | None) -> float | None:
    return shared_timing(some.late_ms, real.late_ms)


def _headline(
    name: str,
    title: str,
    of: Of,
    note: str,
    target: Target = "real",
    compares: Compares = "real",
    blind_to: tuple[str, ...] = (),
    most: float = 1.0,
) -> Measure:
    return Measure(name, title, of, target, compares, True, blind_to, most, note)


HEADLINES = (
    _headline(
        "frechet", "Frechet distance", _frechet,
        "of musical descriptors of windows, as Gaussians; does not see copying or long-range form",
        "lower", blind_to=(COPIES,), most=np.inf,
    ),
    _headline(
        "bleu_4", "BLEU-4", _bleu,
        "share of runs of 1 to 4 notes that real windows have; read it against self-BLEU",
        blind_to=(REPEATED, COPIES),
    ),
    _headline(
        "self_bleu_4", "self-BLEU-4", _self_bleu,
        "BLEU of each window against the others: high when songs are alike, low for noise",
        blind_to=(COPIES,),
    ),
    _headline(
        "two_sample", "two-sample accuracy", _two_sample,
        "of a classifier that tells generated windows from real ones; .5 is chance",
        "lower", blind_to=(COPIES,),
    ),
    _headline(
        "precision", "precision", partial(_neighbours, precision),
        "share of windows that lie among real ones; blind to variety",
        blind_to=(REPEATED, COPIES),
    ),
    _headline(
        "coverage", "coverage", partial(_neighbours, coverage),
        "share of real windows with a generated one near by: variety",
        "higher", blind_to=(COPIES,),
    ),
    _headline(
        "chord_share", "chords", partial(_descriptor, "chord_share"),
        "share of beats with 3 or more notes that form a known chord; 0 in single lines",
        compares="nothing", blind_to=(REPEATED, COPIES),
    ),
    _headline(
        "parallel_share", "parallels", partial(_descriptor, "parallel_share"),
        "parallel fifths and octaves among voice pairs that both move between beats",
        compares="nothing", blind_to=(REPEATED, COPIES, CONSTANT),
    ),
    _headline(
        "step_share", "stepwise motion", partial(_descriptor, "step_share"),
        "share of melodic intervals of 1 or 2 semitones, all voices",
        compares="nothing", blind_to=(REPEATED, COPIES),
    ),
    _headline(
        "top_step_share", "stepwise top voice", _top_steps,
        "the same of the highest voice alone",
        compares="nothing", blind_to=(SHUFFLED_ONSETS, REPEATED, COPIES),
    ),
    _headline(
        "repetition", "returning bars", _repetition,
        "share of bars whose figure stood 2 to 16 bars before, in any key",
        compares="nothing", blind_to=(REPEATED, COPIES),
    ),
    _headline(
        "ends_at_home", "ends at home", partial(_ending, "at_home"),
        "share of songs whose last chord is the tonic's triad over the tonic",
        compares="nothing", blind_to=(SHUFFLED_ONSETS, REPEATED, COPIES, CONSTANT),
    ),
    _headline(
        "copied_8", "copied 8-note runs", partial(_copied, 8),
        "share of runs that stand in a training piece, in any key; sees copies and nothing else",
        compares="training", blind_to=(SHUFFLED_PITCHES, SHUFFLED_ONSETS, REPEATED, CONSTANT),
    ),
    _headline(
        "copied_16", "copied 16-note runs", partial(_copied, 16),
        "share of runs that stand in a training piece, in any key; sees copies and nothing else",
        compares="training", blind_to=(SHUFFLED_PITCHES, SHUFFLED_ONSETS, REPEATED, CONSTANT),
    ),
)  # fmt: skip

OTHERS = (
    Measure(
        "ends_held", "ends held", partial(_ending, "is_held"),
        note="share of songs whose last sound lasts 1.5 median notes; blind to all but rhythm",
    ),
    Measure(
        "off_grid_ms", "off the grid, ms", _off_grid, most=np.inf,
        note="how far onsets lie from the nearest step, on average; blind to all else",
    ),
    Measure(
        "timing_overlap", "timing, overlap", _timing, "higher", "real",
        note="of the distances from the nearest step; blind to which notes are early or late",
    ),
)  # fmt: skip

MEASURES: tuple[Measure, ...] = HEADLINES + OTHERS + CUSTOMARY
