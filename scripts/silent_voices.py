"""How long voices are silent: in pieces, and in a model's songs.

Of each voice, in the first `UP_TO` beats: the share of pieces in which it has not played yet after
so many beats, and of its rests the share that last longer. Songs have the metre, tempo and key of
pieces of the collection, drawn at random, and are composed as the model usually does.

    python scripts/silent_voices.py MODEL FOLDER [--songs 96]    (FOLDER: what it learned)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from learned import held_out, learned, tell, usual_songs
from numpy.typing import NDArray

from musicgan.codecs.events import WAIT
from musicgan.compose.silences import entries_and_rests

UP_TO = 64
ENTRY_BEATS = (4, 8, 16, 32, 63)
REST_BEATS = (4, 8, 16, 32)


def report(path: Path, folder: Path, songs: int) -> None:
    """The table of one model. Raises `CorpusError` when the folder is not what it learned."""
    player, corpus = learned(path, folder)
    codec = player.codec
    made = usual_songs(player, corpus, songs, UP_TO // 4)
    sets: dict[str, list[NDArray[Any]]] = {
        "learned": [piece.rows for piece in corpus.pieces("train")],
        "held out": [piece.rows for piece in held_out(corpus)],
        "songs": [codec.encode(song) for song in made],
    }
    entry, rest = (
        " | ".join(f"{word} > {beat}" for beat in beats)
        for word, beats in (("entry", ENTRY_BEATS), ("rest", REST_BEATS))
    )
    print(f"voice | of | {entry} | {rest}")
    for number, slot in enumerate(codec.slots):
        for name, rows in sets.items():
            shares = " | ".join(f"{share:.3f}" for share in silent(rows, number, codec.grid))
            print(f"{slot.name} | {len(rows)} {name} | {shares}")


def silent(pieces: Sequence[NDArray[Any]], voice: int, grid: int) -> list[float]:
    """Of a voice in pieces [N, 5] the shares of later entries, then those of longer rests."""
    heard = [rows[np.cumsum(rows[:, WAIT]) < UP_TO * grid] for rows in pieces]
    entries, rests = entries_and_rests(heard, voice, grid)
    return [
        *(float(np.mean(entries > beat)) for beat in ENTRY_BEATS),
        *(float(np.mean(rests > beat)) if len(rests) else 0.0 for beat in REST_BEATS),
    ]


if __name__ == "__main__":
    tell(__doc__, report)
