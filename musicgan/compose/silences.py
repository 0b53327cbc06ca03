"""How long a voice is silent: for longer than in the pieces, and its return becomes likelier.

What networks have been fed of a silent voice says little of how long it has been silent, and
where a song began without a voice it may never come. How long voices of the pieces wait for their
first note, and rest later on, is known: beyond a length that few have, a voice becomes likelier by
as many times as longer ones are rarer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import DURATION, VOICE, WAIT
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import Piece

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

BEATS = 64
"""A silence is told from a longer one up to here."""
SHORTEST_BEATS = 1
"""Shorter ones are how a voice is articulated."""
LATE_ENTRY, LONG_REST = 0.5, 0.02
"""The share of pieces in which a voice enters later, and of its rests that last longer, from where
on its return becomes likelier: a piece has one entry of a voice, and many rests."""


def longer_than(beats: NDArray[np.float64], few: float) -> Floats:
    """Nats for a voice's return after 0, 1, ... `BEATS` beats, [BEATS + 1].

    `beats` [N] are the lengths of silences in the pieces, infinite where no note came. After one
    that a share of less than `few` outlast the odds rise by as many times as the share is less.
    """
    lengths = np.sort(beats)
    outlast = len(lengths) - np.searchsorted(lengths, np.arange(BEATS + 1))
    # One more is taken to have outlasted them all: few pieces say little.
    share = (outlast + 1) / (len(lengths) + 1)
    return np.log(few / share).clip(0).astype(np.float32)


def silences_of(pieces: Sequence[Piece], layout: Layout) -> list[list[list[float]]]:
    """What `Silences` needs to know of pieces, [2][V][BEATS + 1]: entries and rests, by voice."""
    rows = [piece.rows for piece in pieces]
    voices = [entries_and_rests(rows, voice, layout.grid) for voice in range(layout.voices)]
    tables = (
        [longer_than(entries, LATE_ENTRY) for entries, _ in voices],
        [longer_than(rests, LONG_REST) for _, rests in voices],
    )
    return [[[round(float(one), 2) for one in nats] for nats in table] for table in tables]


def entries_and_rests(
    pieces: Sequence[NDArray[Any]], voice: int, grid: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When a voice enters in pieces given as rows [T, 5], in beats, one a piece; its rests.

    Infinite where it never plays. What follows its last note is no rest.
    """
    entries, rests = [], [np.zeros(0)]
    for rows in pieces:
        onset = np.cumsum(rows[:, WAIT], dtype=np.int64)
        own = rows[:, VOICE] == voice
        begin, end = onset[own], (onset + rows[:, DURATION])[own]
        entries.append(begin[0] / grid if len(begin) else np.inf)
        rest = (begin[1:] - np.maximum.accumulate(end)[:-1]) / grid
        rests.append(rest[rest >= SHORTEST_BEATS])
    return np.array(entries), np.concatenate(rests)


class Silences:
    """Weighs the voices of B songs by how long each has been silent.

    `nats` [2, V, BEATS + 1] says how much likelier a voice's first note, and a later one, are.
    """

    def __init__(self, nats: Floats, layout: Layout) -> None:
        by_step = nats[:, :, :-1].repeat(layout.grid, axis=2)
        self._nats = np.concatenate([by_step, nats[:, :, -1:]], axis=2)
        self._last = by_step.shape[2]
        # Before this nothing is weighed.
        weighed = self._nats.any(axis=(0, 1))
        self._first = int(weighed.argmax()) if weighed.any() else np.iinfo(np.int64).max
        self._voices = np.arange(len(nats[0]))[:, None]

    def voice(self, logits: Floats, onset_step: Ints, last_end_step: Ints) -> Floats:
        """Logits [B, V] of the voice at `onset_step` [B], each weighed.

        `last_end_step` [V, B] is when each fell silent; -1 where it has not played yet.
        """
        silent = onset_step - np.maximum(last_end_step, 0)
        if silent.max() < self._first:
            return logits
        played = (last_end_step >= 0).astype(np.int64)
        at = silent.clip(0, self._last)
        return np.asarray(logits + self._nats[played, self._voices, at].T)
