"""The idea of a piece: the noise z that would make the generator play its like, and its frame.

The noise is what a whole window of notes has in common (texture, register, density); the frame
is metre, tempo, key, length and form. Nothing of the piece's notes is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import place_in_form
from musicgan.codecs.context import Context, analyse
from musicgan.codecs.form import Form, lags
from musicgan.compose.effects import arc
from musicgan.compose.player import Player
from musicgan.corpus.piece import Piece, make_piece
from musicgan.errors import ComposeError
from musicgan.model.steps import Floats, Ints
from musicgan.score import Key, Score

WINDOW = 128
"""Notes that the posterior hears at a time, as in training."""
SHORTEST = 16


@dataclass(frozen=True)
class Idea:
    """What a song can take from a piece."""

    mean: Floats
    """[Z]"""
    spread: Floats
    """[Z] standard deviations: how surely the piece says which noise it is."""
    key: Key
    metre: tuple[int, int]
    bpm: float | None
    """None where the file states none."""
    lag_bars: NDArray[np.int64]
    """How many bars back each bar of the piece looks, [N]; 0: it is new."""

    @property
    def bars(self) -> int:
        """Bars of the piece."""
        return len(self.lag_bars)

    def noise(self, drawn: Floats) -> Floats:
        """z [1, Z] of this idea, varied by normal noise `drawn` [1, Z]."""
        return np.asarray(self.mean + self.spread * drawn, np.float32)


def hear_idea(player: Player, score: Score) -> Idea:
    """The idea of `score`, as the posterior that trained with the generator hears it.

    Raises `ComposeError` for a model without a posterior, and for a piece with fewer than
    `SHORTEST` notes for the model's voices.
    """
    if player.posterior is None:
        raise ComposeError(
            "this model cannot hear an idea: it is of an earlier version; train anew"
        )
    piece = make_piece("idea", score, player.codec)
    if len(piece.rows) < SHORTEST:
        raise ComposeError(
            f"the piece holds {len(piece.rows)} notes that the model's voices can take: give one "
            f"of {SHORTEST} or more"
        )
    lag_step = lags(piece.rows.astype(np.int64), piece.bar_start_step)
    heard = _heard(player, piece, lag_step)
    means, log_vars = zip(*(player.posterior(part) for part in _parts(heard)), strict=True)
    length = np.maximum(np.diff(piece.bar_start_step), 1)
    return Idea(
        mean=np.mean(means, axis=0),
        spread=np.exp(0.5 * np.mean(log_vars, axis=0)),
        key=piece.key,
        metre=piece.metre,
        bpm=piece.bpm if piece.states_tempo else None,
        lag_bars=np.asarray(np.round(lag_step / length), np.int64),
    )


def between(one: Idea, other: Idea, part: float, drawn: Floats) -> Floats:
    """z [1, Z] from the idea of `one` at part 0 to that of `other` at 1, along the arc."""
    return arc(one.noise(drawn), other.noise(drawn), part)


def _heard(player: Player, piece: Piece, lag_step: NDArray[np.int64]) -> Ints:
    """The inputs [T, I] that the rows of a piece make, as training has them."""
    layout = player.generator.config.layout
    rows = piece.rows.astype(np.int64)
    onset = rows[:, 0].cumsum()
    form = Form.of(lag_step if layout.looks_back else np.zeros_like(lag_step))
    places = place_in_form(onset, piece.bar_start_step, form, layout.max_position)
    clipped = layout.clip(rows)
    clipped[:, 0] = rows[:, 0]
    context = Context(layout, np.array([piece.key.tonic]))
    each = [type(places)(*(column[t : t + 1] for column in vars(places).values()))
            for t in range(len(rows))]  # fmt: skip
    context.start(each[0])
    return np.asarray(analyse(context, clipped[None], each).inputs[0])


def _parts(heard: Ints) -> list[Ints]:
    """Windows of the inputs; a rest that says too little is left out."""
    cuts = [heard[at : at + WINDOW] for at in range(0, len(heard), WINDOW)]
    return [cut for cut in cuts if len(cut) >= SHORTEST] or cuts[:1]
