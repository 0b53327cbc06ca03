"""What sounds together at the beats, and how pairs of voices move from beat to beat."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SILENT = -1
MAX_VOICES = 24
"""Pairs are taken among the voices with most notes: their number grows with the square."""
LONGEST_BEAT = 256
"""A note counts as sounding for so many beats at most, so that no note costs more."""

_TRIADS = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8))
_SEVENTHS = ((0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10), (0, 3, 6, 9))


def harmony(onset: Floats, end: Floats, pitch: Ints, voice: Ints) -> dict[str, float]:
    """The descriptors of vertical sound and of voice leading, from notes [N] in beats.

    A beat is looked at where it falls: what sounds at that instant, notes beginning there
    included. Intervals between pitch classes are blind to octaves and to which note is lower.
    """
    beat, note = _sounding(onset, end)
    if not len(beat):  # nothing sounds at any beat
        return {"bass_mean": float(pitch.min())}
    values = _vertical(beat, pitch[note])
    values["bass_mean"] = float(_lowest(beat, pitch[note]).mean())
    lines = _lines(beat, pitch[note], voice[note])
    return values | _crossing(lines) | _motion(lines)


def _sounding(onset: Floats, end: Floats) -> tuple[Ints, Ints]:
    """Every (beat, note) with the note sounding at that beat; long silences become one beat."""
    first = np.ceil(onset).astype(np.int64)
    count = np.clip(np.ceil(end).astype(np.int64) - first, 0, LONGEST_BEAT)
    note = np.repeat(np.arange(len(onset)), count)
    before = np.cumsum(count) - count
    beat = np.arange(count.sum()) - np.repeat(before - first, count)
    present, index = np.unique(beat, return_inverse=True)
    return np.minimum(np.diff(present, prepend=present[:1]), 2).cumsum()[index], note


def _lowest(beat: Ints, pitch: Ints) -> Ints:
    lowest = np.full(beat.max() + 1, 128)
    np.minimum.at(lowest, beat, pitch)
    return lowest[lowest < 128]


def _vertical(beat: Ints, pitch: Ints) -> dict[str, float]:
    count = np.bincount(beat)
    has = np.zeros((len(count), 12), bool)
    has[beat, pitch % 12] = True
    pairs = [int((has & np.roll(has, k, 1)).sum()) for k in range(1, 7)]
    pairs[5] //= 2  # a tritone is its own inversion
    total = max(sum(pairs), 1)
    full = has[count >= 3] @ (1 << np.arange(12))
    return {
        "consonance_share": sum(pairs[2:5]) / total,
        "second_share": sum(pairs[:2]) / total,
        "chord_share": float(_is_chord()[full].mean()) if len(full) else 0.0,
    }


@lru_cache(maxsize=1)
def _is_chord() -> NDArray[np.bool_]:
    """Whether each of the 4096 sets of pitch classes, as bits, is a chord.

    Chords are triads, triads lacking one note (not a bare tritone), sevenths, and sevenths
    lacking the fifth.
    """
    shapes = {*_TRIADS, *_SEVENTHS, (0, 4), (0, 3), (0, 7)}
    shapes |= {(root, third, seventh) for root, third, _, seventh in _SEVENTHS}
    table = np.zeros(4096, bool)
    for shape in shapes:
        for root in range(12):
            table[sum(1 << (root + step) % 12 for step in shape)] = True
    return table


def _lines(beat: Ints, pitch: Ints, voice: Ints) -> Ints:
    """The highest pitch of each voice at each beat, [beats, voices]; lowest voice first."""
    names, index, count = np.unique(voice, return_inverse=True, return_counts=True)
    mean = np.bincount(index, weights=pitch) / count
    busiest = np.argsort(-count, kind="stable")[:MAX_VOICES]
    column = np.full(len(names), SILENT)
    column[busiest[np.argsort(mean[busiest], kind="stable")]] = np.arange(len(busiest))
    kept = column[index] != SILENT
    lines = np.full((beat.max() + 1, len(busiest)), SILENT)
    np.maximum.at(lines, (beat[kept], column[index][kept]), pitch[kept])
    return lines


def _crossing(lines: Ints) -> dict[str, float]:
    low, high = np.triu_indices(lines.shape[1], 1)
    both = (lines[:, low] != SILENT) & (lines[:, high] != SILENT)
    return {"crossing_share": _share(lines[:, high] < lines[:, low], both)}


def _motion(lines: Ints) -> dict[str, float]:
    """Only pairs in which both voices sound at both beats and both move are looked at."""
    low, high = np.triu_indices(lines.shape[1], 1)
    moves = np.diff(lines, axis=0)
    moving = (moves != 0) & (lines[1:] != SILENT) & (lines[:-1] != SILENT)
    both = moving[:, low] & moving[:, high]
    together = np.sign(moves[:, low]) == np.sign(moves[:, high])
    interval = np.abs(lines[:, high] - lines[:, low]) % 12
    kept = (interval[1:] == interval[:-1]) & np.isin(interval[1:], (0, 7))
    return {
        "parallel_share": _share(kept & together, both),
        "contrary_share": _share(~together, both),
    }


def _share(what: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    total = int(among.sum())
    return float((what & among).sum()) / total if total else 0.0
