"""How many notes the windows of a run have, by how long its pieces are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musicgan.errors import CorpusError
from musicgan.train.shelf import lengths_of
from musicgan.train.songs import Song

WINDOW = 128
"""Notes in a training window."""
SHORTEST_WINDOW = 16
FEW_WINDOWS = 16
"""Held-out windows that songs are judged by; with fewer the windows get shorter ..."""
SHORT_WINDOW = 32
"""... but not for that reason shorter than this."""


def shared_length(songs: Sequence[Song]) -> int:
    """The window of the adversarial phase: the longest up to `WINDOW` that fits half the music.

    Half the notes, not half the songs: among the drum beats of a collection there may be as many
    short fills.
    """
    lengths = np.sort(lengths_of(songs))
    half = np.searchsorted(np.cumsum(lengths), lengths.sum() / 2)
    length = min(WINDOW, (int(lengths[half]) - 1) // 8 * 8)
    if length < SHORTEST_WINDOW:
        raise CorpusError(
            f"half of the music is in pieces of {SHORTEST_WINDOW} notes or fewer: give longer ones"
        )
    return length


def judged_length(songs: Sequence[Song], length: int) -> int:
    """`length`, or less for `FEW_WINDOWS` windows of held-out songs. Raises `CorpusError`."""

    lengths = lengths_of(songs)

    def windows() -> int:
        return int(((lengths - 1) // length).sum())

    while windows() < FEW_WINDOWS and length > SHORT_WINDOW:
        length -= 8
    if windows() < 2:
        raise CorpusError(
            f"the pieces held out have fewer than 2 windows of {length} notes: give more music"
        )
    return length
