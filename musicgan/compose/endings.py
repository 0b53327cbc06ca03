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
_DEGREES = np.arange(12)[:, None]
_AT_HOME = np.isin(_DEGREES, (0, 3, 4, 7))
"""Degrees of the tonic's triads; a minor song may end in major."""


def ends_at_home(context: Context, chord: Chord | None = None) -> NDArray[np.bool_]:
    """Whether all that sounds from the last onset on is the tonic's triad, tonic below, [B].

    Or `chord`, over its bass or else its root. Drums do not count; where nothing else sounds a
    song is nowhere.
    """
    onset, tonic = context.onset_step, context.tonic
    if chord is None:
        foot, belongs = tonic, _AT_HOME
    else:
        foot = np.array(chord.root if chord.bass is None else chord.bass)
        belongs = np.isin((_DEGREES + tonic) % 12, [*chord.tones, int(foot)])
    lowest = context.lowest(onset)
    away = (context.degrees(onset) & ~belongs).any(axis=0)
    return np.asarray((lowest >= 0) & ((lowest - foot) % 12 == 0) & ~away)


def ending_scores(ended: NDArray[np.bool_], home: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log-weights that prefer songs which have ended at home, 0 for those that go on; all [B]."""
    return np.where(ended, np.where(home, PREFERENCE, -PREFERENCE), 0.0)
