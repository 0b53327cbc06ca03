"""Songs in the manner of real pieces, to be measured against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from musicgan.compose.kinds import AnyPlayer, compose_any
from musicgan.compose.settings import TEMPOS_BPM, Settings
from musicgan.corpus.piece import Piece
from musicgan.score import Score

MOST_BARS = 64


def songs_like(
    player: AnyPlayer,
    pieces: Iterable[Piece],
    *,
    critic: int | None,
    temperature: float,
    first_seed: int = 0,
    most_bars: int = MOST_BARS,
) -> Iterator[Score]:
    """A song in the metre, tempo, key and length of each piece, up to `most_bars`.

    Songs have no upbeat: that of a piece is no bar of theirs, or few forms would be long enough.
    Drums alone have no key. Each song is what `musicgan generate` composes with these settings and
    seeds from `first_seed` on; a `critic` of None is the model's habit.
    """
    has_key = not all(slot.is_drum for slot in player.codec.slots)
    for index, piece in enumerate(pieces):
        yield compose_any(
            player,
            Settings(
                bars=min(piece.n_bars - piece.upbeat_bars, most_bars),
                seed=first_seed + index,
                tempo_bpm=float(np.clip(piece.bpm, *TEMPOS_BPM)),
                key=piece.key if has_key else None,
                metre=piece.metre,
                temperature=temperature,
                critic=critic,
            ),
        )
