"""One piece of music as training wants it: encoded rows and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import starts_with_upbeat
from musicgan.codecs.base import Codec, in_steps
from musicgan.score import Key, Score
from musicgan.theory import downbeats, estimate_key, infer_metre
from musicgan.timing import bar_length_step, us_to_bpm

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
    metre: tuple[int, int]
    """The metre that lasts longest."""
    bpm: float
    states_tempo: bool = True
    """Whether the tempo stands in the file, or is what MIDI takes for granted."""

    @property
    def n_bars(self) -> int:
        """Bars, the last one complete."""
        return len(self.bar_start_step) - 1

    @property
    def upbeat_bars(self) -> int:
        """1 where the first bar is an upbeat, shorter than the second; else 0."""
        length = np.diff(self.bar_start_step[:3])
        return int(len(length) > 1 and length[0] < length[1])


def make_piece(name: str, score: Score, codec: Codec) -> Piece:
    """Encode `score`: rows, bar lines on the codec's grid, key, metre and opening tempo."""
    stated = score.with_columns(score.columns, metres=infer_metre(score))
    snapped = in_steps(codec).normalized(stated)
    return Piece(
        name=name,
        rows=codec.encode(score),
        bar_start_step=_bar_lines(snapped),
        key=estimate_key(snapped),
        metre=_main_metre(snapped),
        bpm=us_to_bpm(snapped.tempos[0].us_per_beat) if snapped.tempos else DEFAULT_BPM,
        states_tempo=bool(snapped.tempos),
    )


def _main_metre(score: Score) -> tuple[int, int]:
    ends = [metre.tick for metre in score.metres[1:]] + [score.end_tick]
    lasting: dict[tuple[int, int], int] = {}
    for metre, end in zip(score.metres, ends, strict=True):
        kind = (metre.numerator, metre.denominator)
        lasting[kind] = lasting.get(kind, 0) + max(0, end - metre.tick)
    return max(lasting, key=lasting.__getitem__, default=(4, 4))


def _bar_lines(score: Score) -> NDArray[np.int64]:
    lines = downbeats(score)
    if len(score.metres) != 1 or score.metres[0].denominator not in (2, 4):
        return lines
    metre = score.metres[0]
    bar_step = bar_length_step(metre.numerator, metre.denominator, score.ticks_per_beat)
    if not starts_with_upbeat(score, bar_step):
        return lines
    beat = score.ticks_per_beat
    n_bars = -(-(score.end_tick - beat) // bar_step)
    return np.append(0, beat + bar_step * np.arange(n_bars + 1, dtype=np.int64))
