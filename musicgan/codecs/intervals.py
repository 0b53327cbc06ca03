"""Intervals as the networks are told them: classes of a pair of pitches and of a pair of moves.

All of it is looked up in tables, because it is looked up for every note that is played.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

LEAP = 24
"""Intervals are told apart up to two octaves either way."""
INTERVALS = 2 * LEAP + 2
NO_INTERVAL = INTERVALS - 1
HEIGHT = 37
HEIGHTS = HEIGHT + 1
"""Heights above the lowest sounding note, cut at three octaves; the last one: nothing sounds."""
MOVE = 7
"""Moves of another voice are told apart up to a fifth either way."""
MOVES = 2 * MOVE + 1
OCTAVE, FIFTH, OTHER = range(3)
"""What two voices stood in before they moved: unison or octaves, fifths or twelfths, the rest."""
APPROACHES = 1 + 3 * MOVES
"""How another voice moves: 0 not at all, else by what stood before and by semitones."""
PARALLEL, SIMILAR, CONTRARY, STILL = range(4)
MOTIONS = 1 + 3 * 4
"""How two voices move: 0 not both, else by what stood before and by kind of motion."""

_PITCHES, _BELOW = np.arange(128), np.append(np.arange(128), -1)[:, None]
INTERVAL_CLASSES = np.where(_BELOW < 0, NO_INTERVAL, np.clip(_PITCHES - _BELOW, -LEAP, LEAP) + LEAP)
"""[129, 128] by the pitch below, where -1 is the last row, and the one above."""
HEIGHT_CLASSES = np.where(_BELOW < 0, HEIGHT, np.clip(_PITCHES - _BELOW, 0, HEIGHT - 1))
"""[129, 128] by the lowest pitch, where -1 is the last row."""
CLASSES = np.append(INTERVAL_CLASSES, np.full((129, 1), NO_INTERVAL), axis=1)


def interval_class(above: Ints, below: Ints) -> Ints:
    """Class of the interval `above` - `below` in semitones; `NO_INTERVAL` where either is -1."""
    return CLASSES[below, above]


def _stood(interval: Ints) -> Ints:
    """What two voices `interval` semitones apart stand in."""
    apart = np.abs(interval) % 12
    return np.where(apart == 0, OCTAVE, np.where(apart == 7, FIFTH, OTHER))


def _motion(own: Ints, other: Ints) -> Ints:
    """Kind of motion of two voices that move by so many semitones."""
    together = np.where(own * other > 0, SIMILAR, CONTRARY)
    together = np.where(own == other, PARALLEL, together)
    return np.where((own == 0) | (other == 0), STILL, together)


# Looked up while playing. Intervals below 0 count from the end, as numpy has it.
_INTERVALS = np.append(np.arange(129), np.arange(-128, 0))
MOVE_CLASSES = np.clip(_INTERVALS, -MOVE, MOVE) + MOVE
"""[257] by semitones."""
APPROACH_BEFORE = 1 + _stood(_INTERVALS) * MOVES
"""[257] by interval before; the class of the move is added."""
MOTION_CLASSES = np.zeros((APPROACHES, len(_INTERVALS)), np.int64)
"""[APPROACHES, 257] by approach of the other voice and by own leap."""
MOTION_CLASSES[1:] = [
    1 + stood * 4 + _motion(_INTERVALS, np.int64(move))
    for stood in (OCTAVE, FIFTH, OTHER)
    for move in range(-MOVE, MOVE + 1)
]
