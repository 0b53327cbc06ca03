"""How a song should end: on the tonic, or on the last chord it was given.

The networks know that a song is about to end and mostly come home; of several last bars those
that do are preferred, with or without a critic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.chords import Chord
from musicgan.codecs.context import Context

PREFERENCE = 4.0
"""Log-weight of a candidate that ends at home, and against one that ends elsewhere."""
CANDIDATES = 32
"""Endings that are drawn for the choice of one."""
_AT_HOME = np.isin(np.arange(12), (0, 3, 4, 7))
"""Degrees of the tonic's triads; a minor song may end in major."""


def ends_at_home(context: Context, chord: Chord | None = None) -> NDArray[np.bool_]:
    """Whether all that sounds from the last onset on is the tonic's triad, tonic below, [B].

    Or `chord`, over its bass or else its root. Drums do not count; where nothing else sounds a
    song is nowhere.
    """
    sounding = context.silent_step > context.onset_step[:, None]
    if chord is None:
        degree = (np.arange(sounding.shape[1]) - context.tonic[:, None]) % 12
        belongs = _AT_HOME[degree]
    else:
        foot = chord.root if chord.bass is None else chord.bass
        degree = (np.arange(sounding.shape[1])[None] - foot) % 12
        belongs = np.isin((degree + foot) % 12, [*chord.tones, foot])
    lowest = np.broadcast_to(degree, sounding.shape)[np.arange(len(sounding)), sounding.argmax(1)]
    return np.asarray(sounding.any(axis=1) & (lowest == 0) & (belongs | ~sounding).all(axis=1))


def ending_scores(ended: NDArray[np.bool_], home: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log-weights that prefer songs which have ended at home, 0 for those that go on; all [B]."""
    return np.where(ended, np.where(home, PREFERENCE, -PREFERENCE), 0.0)
