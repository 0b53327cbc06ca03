"""The forms of a collection's pieces, for songs to have: what a model file keeps of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musicgan.codecs.form import form_of
from musicgan.corpus.piece import Piece

MOST_FORMS = 100
FORM_BARS = 96
"""Pieces whose form a model keeps, and how much of it."""


def forms_of(pieces: Sequence[Piece], looks_back: bool = True) -> list[list[int]]:
    """How many bars back each bar of some pieces looks, without an upbeat, up to `FORM_BARS`."""
    forms = []
    for at in range(0, len(pieces), -(-len(pieces) // MOST_FORMS)):
        piece = pieces[at]
        lag_step = form_of(piece.rows.astype(np.int64), piece.bar_start_step, looks_back).lag_step
        upbeat, bar_step = piece.upbeat_bars, int(np.median(np.diff(piece.bar_start_step)))
        form = np.rint(lag_step / bar_step).astype(int)[upbeat : upbeat + FORM_BARS]
        forms.append(form.tolist())
    return forms
