"""How dense music gets: the share of pieces, and of a model's songs, that somewhere crowd.

What is counted is onsets a beat, chords once, in the densest `BEATS` beats of the first `UP_TO`.
Songs have the metre, tempo, key and length of pieces of the collection, drawn at random, and are
composed as the model usually does. Songs that crowd as often as the pieces that were learned are
no fault of the networks, whatever the few pieces held out do.

    python scripts/densest.py MODEL FOLDER [--songs 96]    (FOLDER: what it learned)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from learned import held_out, learned, tell, usual_songs
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT
from musicgan.corpus.piece import Piece

BEATS = 16
UP_TO = 128
LEVELS = (4, 5, 6, 7, 8)


def report(path: Path, folder: Path, songs: int) -> None:
    """The table of one model. Raises `CorpusError` when the folder is not what it learned."""
    player, corpus = learned(path, folder)
    grid, made = player.codec.grid, usual_songs(player, corpus, songs, UP_TO // 4)
    known, others = corpus.pieces("train"), held_out(corpus)
    sets = {
        f"{len(known)} pieces learned": [densest(as_int(piece), grid) for piece in known],
        f"{len(others)} held out": [densest(as_int(piece), grid) for piece in others],
        f"{songs} songs": [densest(player.codec.encode(song), grid) for song in made],
    }
    print(f"share of | {' | '.join(f'{level} onsets a beat' for level in LEVELS)}")
    for name, found in sets.items():
        print(f"{name} | {' | '.join(f'{share:.3f}' for share in shares(np.array(found)))}")


def as_int(piece: Piece) -> Rows:
    """Its rows, [N, 5]."""
    return piece.rows.astype(np.int64)


def densest(rows: Rows, grid: int) -> float:
    """Onsets a beat in the densest `BEATS` beats of rows [N, 5]; chords count once."""
    onset = np.unique(np.cumsum(rows[:, WAIT]))
    onset = onset[onset < onset[:1] + UP_TO * grid]
    if not len(onset):
        return 0.0
    return float((onset.searchsorted(onset + BEATS * grid) - np.arange(len(onset))).max()) / BEATS


def shares(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of what is so dense the share that reaches each of `LEVELS`."""
    return np.asarray((found[:, None] >= LEVELS).mean(0))


if __name__ == "__main__":
    tell(__doc__, report)
