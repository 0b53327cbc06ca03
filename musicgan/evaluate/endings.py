"""How pieces end: on the tonic, on a chord, and with a sound that is held."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from musicgan.score import Key, Score
from musicgan.theory import estimate_key

HELD = 1.5
"""The last sound is held when it lasts so many times the piece's median note."""
_TRIADS = ({0, 4, 7}, {0, 3, 7})


class Ending(NamedTuple):
    """What is true of the last sound of a piece: all that sounds until the very end."""

    on_tonic: bool
    """Its lowest note is the tonic."""
    at_home: bool
    """It is the tonic's triad, major or minor, or a part of it, over the tonic."""
    is_held: bool
    """From the last onset on it lasts `HELD` times the piece's median note, or longer."""


def ending(score: Score, key: Key | None = None) -> Ending:
    """How `score` ends; drums do not count, and a piece without other notes ends nowhere.

    Without a `key` it is estimated from the notes, and not from how they end: a tonic taken from
    the last bass note would be found there always.
    """
    drums = np.array([track.is_drum for track in score.tracks] or [False])
    notes = score.notes[~drums[score.notes["track"]]]
    if not len(notes):
        return Ending(False, False, False)
    tonic = (key or estimate_key(score, final_bass_bonus=0.0)).tonic
    end_tick = notes["onset_tick"] + notes["duration_tick"]
    last = notes["pitch"][end_tick == end_tick.max()].astype(np.int64)
    on_tonic = (int(last.min()) - tonic) % 12 == 0
    degrees = set(((last - tonic) % 12).tolist())
    at_home = on_tonic and any(degrees <= triad for triad in _TRIADS)
    held_tick = int(end_tick.max() - notes["onset_tick"].max())
    return Ending(on_tonic, at_home, held_tick >= HELD * float(np.median(notes["duration_tick"])))
