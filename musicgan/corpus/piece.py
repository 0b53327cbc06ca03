"""One piece of music as training wants it: encoded rows and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Codec
from musicgan.score import Key, Score
from musicgan.theory import downbeats, estimate_key, infer_metre

DEFAULT_BPM = 120.0


@dataclass(frozen=True)
class Piece:
    """A piece encoded by a note-tuple or a frame codec."""

    name: str
    rows: NDArray[np.int64] | NDArray[np.float32]
    """[T, F], as the codec encodes it."""
    bar_start_step: NDArray[np.int64]
    """[N + 1] ascending: where bars begin; the last entry is where the last bar ends."""
    key: Key
    bpm: float

    @property
    def n_bars(self) -> int:
        """Bars, the last one complete."""
        return len(self.bar_start_step) - 1


def make_piece(name: str, score: Score, codec: Codec) -> Piece:
    """Encode `score`: rows, bar lines on the codec's grid, key and opening tempo."""
    snapped = codec.normalized(score)
    snapped = replace(snapped, metres=infer_metre(snapped))
    bpm = 60e6 / snapped.tempos[0].us_per_beat if snapped.tempos else DEFAULT_BPM
    return Piece(
        name=name,
        rows=codec.encode(score),
        bar_start_step=downbeats(snapped),
        key=estimate_key(snapped),
        bpm=bpm,
    )
