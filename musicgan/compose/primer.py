"""What a song to be continued brings along: rows, bars, key, metre and tempo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, VOICE, WAIT
from musicgan.compose.player import Player
from musicgan.corpus.piece import make_piece
from musicgan.errors import ComposeError
from musicgan.score import Key, Metre, Score
from musicgan.timing import us_to_bpm


@dataclass(frozen=True)
class Primer:
    """Heard as training hears a piece: a wrong metre map is not believed, an upbeat is one."""

    rows: Rows
    """[N, 5]"""
    key: Key | None
    """None where too little was heard to tell."""
    metre: tuple[int, int] | None
    """The one that lasts longest; None where the file states none."""
    bpm: float | None
    """None where the file states none."""
    bar_line_step: int
    """Where its last bar ends."""
    end_step: int
    """Where its last note ends."""
    start_step: int = 0
    """What its first wait is counted from."""
    answer_step: int | None = None
    """Where the song begins that answers it; None: the song goes on from it and holds it."""


def hear_primer(player: Player, score: Score) -> Primer:
    """Take in `score`. Raises `ComposeError` when it has no notes for the model's voices."""
    piece = make_piece("primer", score, player.codec)
    rows = piece.rows.astype(np.int64)
    if not len(rows):
        raise ComposeError("the primer holds no notes that the model's voices can take")
    # After its last onset a voice must come free within the longest wait, to go on.
    onset = np.cumsum(rows[:, WAIT])
    last_step = onset[-1] + player.generator.config.layout.max_wait
    rows[:, DURATION] = np.minimum(rows[:, DURATION], last_step - onset)
    return Primer(
        rows=rows,
        key=piece.key if _has_pitches(player, rows) else None,
        metre=piece.metre if score.metres else None,
        bpm=us_to_bpm(score.tempos[0].us_per_beat) if score.tempos else None,
        bar_line_step=int(piece.bar_start_step[-1]),
        end_step=int((onset + rows[:, DURATION]).max()),
    )


def _has_pitches(player: Player, rows: Rows) -> bool:
    return bool((~np.isin(rows[:, VOICE], player.generator.config.layout.drums)).any())


def upbeat_metres(
    metre: tuple[int, int], upbeat_step: int, bar_step: int, grid: int
) -> tuple[Metre, ...]:
    """A metre map, a tick a step, whose first bar is `upbeat_step` long; 0 is no upbeat.

    An upbeat is written as a short bar of its own, as notation programs export it; one that no
    metre can say is left out.
    """
    numerator, denominator = metre
    if upbeat_step % bar_step:
        for finer in (1, 2, 4, 8):
            count, rest = divmod(upbeat_step * denominator * finer, 4 * grid)
            if not rest:
                short = Metre(0, count, denominator * finer)
                return short, Metre(upbeat_step, numerator, denominator)
    return (Metre(0, numerator, denominator),)
