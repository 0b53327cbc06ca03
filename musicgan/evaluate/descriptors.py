"""What music is like, in numbers: one row of musical descriptors a score.

Made for windows of about 128 notes; whole songs work too. Drums count in rhythm and nowhere
else. Voices are tracks; where a voice plays several notes at once its line is the highest of
them. What a score has none of (intervals, chords, pairs of voices) is 0, never NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musicgan.evaluate.harmony import harmony
from musicgan.score import Score

Floats = NDArray[np.float64]

DESCRIPTORS = {
    "notes_per_beat": "notes a beat",
    "onsets_per_beat": "different onset times a beat",
    "wait_mean": "beats between one onset time and the next, mean",
    "wait_sd": "the same, standard deviation",
    "duration_mean": "beats a note lasts, mean",
    "duration_sd": "the same, standard deviation",
    "duration_entropy": "bits, of durations rounded to twelfths of a beat",
    "on_beat_share": "share of notes that begin on a beat",
    "off_eighth_share": "share of notes that begin neither on a beat nor halfway to the next",
    "rhythm_repetition": "share of beats with the onset pattern of the beat before",
    "polyphony_mean": "notes sounding at once, mean over time",
    "polyphony_sd": "the same, standard deviation",
    "silence_share": "share of time in which nothing sounds",
    "pitch_mean": "semitones (MIDI pitch)",
    "pitch_sd": "semitones",
    "pitch_range": "semitones from the lowest note to the highest",
    "pitch_class_entropy": "bits, 0 to 3.58",
    "scale_share": "share of notes in the best-fitting diatonic scale",
    "repeat_share": "share of melodic intervals that repeat the pitch",
    "step_share": "share of melodic intervals of 1 or 2 semitones",
    "leap_share": "share of melodic intervals of more than 7 semitones",
    "interval_mean": "semitones, mean size of melodic intervals",
    "interval_entropy": "bits, of signed melodic intervals",
    "leap_recovery": "share of intervals over 4 semitones answered by a step the other way",
    "figure_repetition": "share of 3-interval figures (intervals, waits) heard before",
    "bass_mean": "semitones, mean of the lowest note sounding at beats",
    "consonance_share": "share of pitch-class pairs at beats that are thirds, fourths or inverses",
    "second_share": "share of pitch-class pairs at beats that are seconds or sevenths",
    "chord_share": "share of beats with 3 or more notes that form a triad or a seventh chord",
    "parallel_share": "share of voice pairs both moving between beats in parallel fifths, octaves",
    "contrary_share": "share of voice pairs both moving between beats that move apart or together",
    "crossing_share": "share of voice pairs at beats whose usually higher voice is the lower",
}
"""Name -> what it is and its unit, in the order of the values."""

_DIATONIC = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float64)
SCALES = np.stack([np.roll(_DIATONIC, tonic) for tonic in range(12)])
"""[12, 12]: which pitch classes the major scale of each tonic has; its natural minor's, too."""
_TWELFTHS = 12
_FIGURE_INTERVALS = 3


def descriptors(score: Score) -> Floats:
    """The values of `DESCRIPTORS` for one score, [D]; all zero for an empty one."""
    notes = _Notes.of(score)
    if not len(notes.onset):
        return np.zeros(len(DESCRIPTORS))
    values = _rhythm(notes)
    pitched = notes.pitched
    if len(pitched.onset):
        values |= _texture(pitched) | _pitch(pitched) | _melody(pitched)
        values |= harmony(pitched.onset, pitched.end, pitched.pitch, pitched.voice)
    return np.array([values.get(name, 0.0) for name in DESCRIPTORS])


def descriptor_matrix(scores: Iterable[Score]) -> Floats:
    """One row of `descriptors` a score, [N, D]."""
    return np.array([descriptors(score) for score in scores]).reshape(-1, len(DESCRIPTORS))


@dataclass(frozen=True)
class _Notes:
    """Notes sorted by onset, [N] each; times in beats."""

    onset: Floats
    end: Floats
    pitch: NDArray[np.int64]
    voice: NDArray[np.int64]
    is_drum: NDArray[np.bool_]

    @classmethod
    def of(cls, score: Score) -> _Notes:
        notes = score.notes[np.argsort(score.notes["onset_tick"], kind="stable")]
        drums = np.array([track.is_drum for track in score.tracks] or [False])
        return cls(
            notes["onset_tick"] / score.ticks_per_beat,
            (notes["onset_tick"] + notes["duration_tick"]) / score.ticks_per_beat,
            notes["pitch"].astype(np.int64),
            notes["track"].astype(np.int64),
            drums[notes["track"]],
        )

    @cached_property
    def pitched(self) -> _Notes:
        """Without the drums."""
        kept = ~self.is_drum
        return _Notes(
            self.onset[kept], self.end[kept], self.pitch[kept], self.voice[kept], self.is_drum[kept]
        )


def _rhythm(notes: _Notes) -> dict[str, float]:
    length_beat = max(notes.end.max() - notes.onset[0], 1 / _TWELFTHS)
    twelfth = np.rint(notes.onset * _TWELFTHS).astype(np.int64)
    onset = np.unique(notes.onset)
    wait = np.diff(onset)
    duration = notes.end - notes.onset
    phase = twelfth % _TWELFTHS
    return {
        "notes_per_beat": len(notes.onset) / length_beat,
        "onsets_per_beat": len(onset) / length_beat,
        "wait_mean": _mean(wait),
        "wait_sd": float(wait.std()) if len(wait) else 0.0,
        "duration_mean": _mean(duration),
        "duration_sd": float(duration.std()),
        "duration_entropy": _entropy(np.rint(duration * _TWELFTHS)),
        "on_beat_share": _mean(phase == 0),
        "off_eighth_share": _mean(phase % (_TWELFTHS // 2) != 0),
        "rhythm_repetition": _rhythm_repetition(np.unique(twelfth)),
    }


def _rhythm_repetition(twelfth: NDArray[np.int64]) -> float:
    """Share of beats in which something begins that begin it as the beat before did."""
    beat, first = np.unique(twelfth // _TWELFTHS, return_index=True)
    pattern = np.add.reduceat(1 << (twelfth % _TWELFTHS), first)
    follows = np.diff(beat) == 1
    return _mean(follows & (np.diff(pattern) == 0))


def _texture(notes: _Notes) -> dict[str, float]:
    time = np.concatenate([notes.onset, notes.end])
    change = np.repeat([1, -1], len(notes.onset))
    order = np.argsort(time, kind="stable")
    sounding = change[order].cumsum()[:-1]
    share = np.diff(time[order])
    share = share / max(share.sum(), 1e-9)
    mean = float(share @ sounding)
    return {
        "polyphony_mean": mean,
        "polyphony_sd": float(np.sqrt(share @ (sounding - mean) ** 2)),
        "silence_share": float(share @ (sounding == 0)),
    }


def _pitch(notes: _Notes) -> dict[str, float]:
    share = np.bincount(notes.pitch % 12, minlength=12) / len(notes.pitch)
    return {
        "pitch_mean": _mean(notes.pitch),
        "pitch_sd": float(notes.pitch.std()),
        "pitch_range": float(np.ptp(notes.pitch)),
        "pitch_class_entropy": _entropy(notes.pitch % 12),
        "scale_share": float((SCALES @ share).max()),
    }


def _melody(notes: _Notes) -> dict[str, float]:
    order = np.lexsort((notes.pitch, notes.onset, notes.voice))
    onset, voice, pitch = notes.onset[order], notes.voice[order], notes.pitch[order]
    highest = np.append((np.diff(onset) != 0) | (np.diff(voice) != 0), True)
    onset, voice, pitch = onset[highest], voice[highest], pitch[highest]
    within = np.diff(voice) == 0
    interval = np.diff(pitch)
    size = np.abs(interval[within])
    both = within[1:] & within[:-1]
    leap, answer = interval[:-1][both], interval[1:][both]
    answers = (np.sign(leap) == -np.sign(answer)) & (np.abs(answer) <= 2)
    wait = np.rint(np.diff(onset) * _TWELFTHS).astype(np.int64)
    return {
        "repeat_share": _mean(size == 0),
        "step_share": _mean((size == 1) | (size == 2)),
        "leap_share": _mean(size > 7),
        "interval_mean": _mean(size),
        "interval_entropy": _entropy(interval[within]),
        "leap_recovery": _mean(answers[np.abs(leap) > 4]),
        "figure_repetition": _figure_repetition(interval, wait, within),
    }


def _figure_repetition(
    interval: NDArray[np.int64], wait: NDArray[np.int64], within: NDArray[np.bool_]
) -> float:
    count = len(interval) - _FIGURE_INTERVALS + 1
    if count < 1:
        return 0.0
    offset = np.arange(count)[:, None] + np.arange(_FIGURE_INTERVALS)
    whole = within[offset].all(1)
    figure = np.concatenate([interval[offset], wait[offset]], 1)[whole]
    return 1 - len({row.tobytes() for row in figure}) / len(figure) if len(figure) else 0.0


def _entropy(values: NDArray[np.generic]) -> float:
    """Bits of the distribution of different values, [N] -> scalar."""
    if not len(values):
        return 0.0
    share = np.unique(values, return_counts=True)[1] / len(values)
    return float(-(share * np.log2(share)).sum())


def _mean(values: NDArray[np.bool_] | NDArray[np.int64] | Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
