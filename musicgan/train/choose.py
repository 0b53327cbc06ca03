"""A vocabulary that follows from a collection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musicgan.codecs.events import DURATION, WAIT, EventsCodec
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import Piece

LONGEST_BEAT = 8
"""Waits and durations are told apart up to two bars of 4/4."""


def choose_layout(codec: EventsCodec, pieces: Sequence[Piece], looks_back: bool = True) -> Layout:
    """A vocabulary that holds all but the rarest waits and durations of `pieces`."""
    longest = LONGEST_BEAT * codec.grid
    wait, duration = np.concatenate([piece.rows[:, [WAIT, DURATION]] for piece in pieces]).T
    drums = tuple(i for i, slot in enumerate(codec.slots) if slot.is_drum)
    return Layout(
        voices=len(codec.slots),
        grid=codec.grid,
        max_wait=int(np.clip(np.quantile(wait, 0.9999), codec.grid, longest)),
        max_duration=int(np.clip(np.quantile(duration, 0.999), codec.grid, longest)),
        velocity_bins=codec.velocity_bins,
        fine=codec.fine,
        max_position=LONGEST_BEAT * codec.grid + 1,
        drums=drums,
        looks_back=looks_back,
    )
