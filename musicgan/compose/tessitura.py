"""Tessitura: at what height each voice usually is.

Networks that hear every piece in many keys learn intervals and forget heights, and their tunes
wander further up and down than real ones. How much commoner each pitch of a voice is as the pieces
are written than moved to all these keys is known, and by a part of that it becomes likelier as it
is drawn. In real melodies, too, it is the usual height that leaps turn back to (von Hippel and
Huron, Why do skips precede reversals?, 2000).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import PITCH, VOICE
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import Piece

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

PITCHES = 128
MOST_NATS = 3.0
"""That may be said for or against a pitch: beyond, few notes say it."""
SMOOTHING = 3
"""Neighbouring pitches that count as one another's."""
DOUBT = 1.0
"""Notes that every pitch is taken to have besides its own."""


def heights(count: Ints, semitones: int) -> Floats:
    """Nats by which each pitch is commoner than in all keys up to `semitones` up and down.

    `count` [..., 128] says how many notes have it.
    """
    as_written = _spread(count, SMOOTHING) + DOUBT
    in_all_keys = _spread(as_written, 2 * semitones + 1)
    return np.log(as_written / in_all_keys).clip(-MOST_NATS, MOST_NATS).astype(np.float32)


def heights_of(pieces: Sequence[Piece], layout: Layout, semitones: int) -> list[list[float]]:
    """The `heights` of each voice in pieces learned from in so many keys, [V][128].

    0 for drums, which stay where they are.
    """
    count = np.zeros((layout.voices, PITCHES), np.int64)
    for piece in pieces:
        rows = piece.rows.astype(np.int64)
        np.add.at(count, (rows[:, VOICE], rows[:, PITCH]), 1)
    nats = heights(count, semitones)
    nats[list(layout.drums)] = 0
    return [[round(float(one), 2) for one in voice] for voice in nats]


def _spread(count: NDArray[np.int64] | NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean of each value and its neighbours, `width` in all; the ends go on for ever."""
    side = width // 2
    padded = np.pad(count, [(0, 0)] * (count.ndim - 1) + [(side, side)], mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * side + 1, axis=-1)
    return np.asarray(around.mean(-1))
