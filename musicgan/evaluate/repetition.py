"""Does anything come back? Bars whose melody returns some bars later, in any key."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from musicgan.score import Score
from musicgan.theory import downbeats

Ints = NDArray[np.int64]

NEAREST_BAR, FURTHEST_BAR = 2, 16
FEWEST_NOTES = 3


def returning_bars(score: Score, bar_tick: Ints | None = None) -> tuple[int, int]:
    """Bars of all voices whose figure stood 2 to 15 bars before, and bars that were looked at.

    A figure is what one voice begins in one bar: onsets within the bar and pitches relative to
    the first, so it is known in any key; of notes that begin together the highest counts. Bars
    with fewer than 3 notes say too little and are not looked at, nor are drums. The piece is
    taken in spans of 16 bars, each for itself: a long song has no more chances than a short one.
    `bar_tick` [N + 1] says where bars begin where the score's metre does not.
    """
    found = looked_at = 0
    for figures in _voices(score, downbeats(score) if bar_tick is None else bar_tick):
        for bar, figure in figures.items():
            before = range(bar - bar % FURTHEST_BAR, bar - NEAREST_BAR + 1)
            if not before:
                continue
            looked_at += 1
            found += any(figures.get(earlier) == figure for earlier in before)
    return found, looked_at


def _voices(score: Score, lines: Ints) -> Iterator[dict[int, bytes]]:
    """The figure of each bar that has one, voice by voice."""
    for voice, track in enumerate(score.tracks):
        notes = score.notes[score.notes["track"] == voice]
        if track.is_drum or not len(notes):
            continue
        notes = notes[np.lexsort((notes["pitch"], notes["onset_tick"]))]
        notes = notes[np.append(np.diff(notes["onset_tick"]) > 0, True)]
        bar = np.searchsorted(lines, notes["onset_tick"], "right") - 1
        onset = notes["onset_tick"] - lines[bar]
        pitch = notes["pitch"].astype(np.int64)
        names, start, count = np.unique(bar, return_index=True, return_counts=True)
        yield {
            int(name): np.concatenate([onset[s : s + n], pitch[s : s + n] - pitch[s]]).tobytes()
            for name, s, n in zip(names, start, count, strict=True)
            if n >= FEWEST_NOTES
        }
