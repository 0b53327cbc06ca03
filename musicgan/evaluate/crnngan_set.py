"""The four measures of C-RNN-GAN (Mogren 2016), with its code's faults mended.

Its scale test lacked a modulo, so that a perfect G major scored .857, and it counted the notes of
a chord so that triads throughout scored .75 in polyphony. Here both score 1. Repetitions are a
share of all figures: its count grows with the length of a piece.
"""

from __future__ import annotations

import numpy as np

from musicgan.evaluate.descriptors import SCALES
from musicgan.score import Score

NAMES = ("scale_consistency", "tone_span", "polyphony", "three_tone_repetitions")
_FIGURE = 3


def crnngan_values(score: Score) -> dict[str, float]:
    """`NAMES` of a score without its drums; NaN without a note, or without a three-note figure.

    Scale consistency: share of notes in the best-fitting major scale (and so the natural minor).
    Tone span: semitones from the lowest to the highest note. Polyphony: share of notes that begin
    together with another one. Three-tone repetitions: share of runs of three pitches, in order of
    onset and whatever their times, that occurred before.
    """
    drums = np.array([track.is_drum for track in score.tracks] or [False])
    notes = score.notes[~drums[score.notes["track"]]]
    if not len(notes):
        return dict.fromkeys(NAMES, np.nan)
    pitch = notes["pitch"].astype(np.int64)[np.lexsort((notes["pitch"], notes["onset_tick"]))]
    together = np.unique(notes["onset_tick"], return_counts=True)[1]
    figures = np.lib.stride_tricks.sliding_window_view(pitch, _FIGURE) if len(pitch) > 2 else None
    classes = np.bincount(pitch % 12, minlength=12)
    return {
        "scale_consistency": float((SCALES @ classes).max() / len(pitch)),
        "tone_span": float(np.ptp(pitch)),
        "polyphony": float(together[together > 1].sum() / len(pitch)),
        "three_tone_repetitions": np.nan
        if figures is None
        else 1 - len(np.unique(figures, axis=0)) / len(figures),
    }
