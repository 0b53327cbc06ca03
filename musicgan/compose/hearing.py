"""A whole piece as the networks hear it, and what the critic says of each of its notes."""

from __future__ import annotations

import numpy as np

from musicgan.codecs.analysis import analyse
from musicgan.codecs.bars import Place, place_in_form
from musicgan.codecs.context import Context
from musicgan.codecs.form import Form, form_of
from musicgan.compose.player import Player
from musicgan.corpus.piece import Piece, make_piece
from musicgan.model.steps import Floats, Ints
from musicgan.score import Score


def form_heard(player: Player, piece: Piece) -> Form:
    """Which earlier bar each bar of a piece comes back to, where the model looks back."""
    looks_back = player.generator.config.layout.looks_back
    return form_of(piece.rows.astype(np.int64), piece.bar_start_step, looks_back)


def heard(player: Player, piece: Piece, form: Form) -> Ints:
    """The inputs [T, I] that the rows of a piece make, as training has them."""
    layout = player.generator.config.layout
    rows = piece.rows.astype(np.int64)
    onset = rows[:, 0].cumsum()
    places = place_in_form(onset, piece.bar_start_step, form, layout.max_position)
    clipped = layout.clip(rows)
    clipped[:, 0] = rows[:, 0]
    context = Context(layout, np.array([piece.key.tonic]))
    each = [Place(*(column[t : t + 1] for column in places)) for t in range(len(rows))]
    context.start(each[0])
    return np.asarray(analyse(context, clipped[None], each).inputs[0])


def verdicts(player: Player, score: Score) -> Floats | None:
    """The chance that a song is real after each of its notes, [T], as the critic hears it.

    None for a model without a critic, and for a song with no note for its voices.
    """
    critic, config = player.critic, player.generator.config
    piece = make_piece("song", score, player.codec)
    if critic is None or not len(piece.rows):
        return None
    conditions = config.conditions(0, piece.metre, piece.bpm, piece.key.is_minor)
    state, logits = critic.begin(conditions[None]), []
    for inputs in heard(player, piece, form_heard(player, piece)):
        state, logit = critic.advance(state, inputs[None])
        logits.append(logit[0])
    return np.asarray(1 / (1 + np.exp(-np.array(logits))), np.float32)
