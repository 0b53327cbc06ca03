"""Awkward scores and garbage rows, made from a seed: what a codec has to bear."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.notes import empty_notes, sort_notes
from musicgan.score import Key, Metre, Score, Tempo, Track

TICKS_PER_BEAT = 480
PIANO = Track("piano", 0)
DRUMS = Track("drums", 0, True)


def sample_scores(seed: int = 0) -> dict[str, Score]:
    """Scores by what is awkward about them; the same seed gives the same scores.

    Times are in the order of tens of beats, hundreds in "long rests and durations".
    """
    rng = np.random.default_rng(seed)
    four = tuple(Track(f"voice {i}", 8 * i) for i in range(4))
    band = (*four, DRUMS, *(Track(f"more {i}", i) for i in range(11)), DRUMS)
    step = TICKS_PER_BEAT // 4
    on_grid = _notes(rng, 60, len(four), step * rng.integers(0, 64, 60), step)
    extremes = _notes(rng, 40, 1, step * rng.integers(0, 64, 40), step)
    extremes["pitch"] = rng.choice([0, 1, 126, 127], 40)
    extremes["velocity"] = rng.choice([1, 2, 126, 127], 40)
    mapped = Score(
        _notes(rng, 20, 1, rng.integers(0, 9000, 20), 1),
        (PIANO,),
        (Tempo(0, 500_000), Tempo(1931, 612_345), Tempo(1932, 400_000)),
        (Metre(0, 3, 4), Metre(4320, 7, 8)),
        (Key(0, 11, True), Key(4321, 2)),
        TICKS_PER_BEAT,
    )
    return {
        "empty score": Score(empty_notes(), (PIANO,)),
        "score without tracks": Score(empty_notes(), ()),
        "one note": Score(_notes(rng, 1, 1, np.zeros(1, np.int64), step), (PIANO,)),
        "four voices on the grid": Score(on_grid, four),
        "drums alone": Score(_notes(rng, 50, 1, rng.integers(0, 8000, 50), 60), (DRUMS,)),
        "many tracks": Score(_notes(rng, 200, 17, rng.integers(0, 8000, 200), 40), band),
        "long rests and durations": Score(_long(rng), four),
        "overlapping unisons": Score(_unisons(rng), four),
        "off-grid performance": Score(
            _notes(rng, 200, 1, np.cumsum(rng.integers(0, 150, 200)), 1), (PIANO,)
        ),
        "extreme pitch and velocity": Score(extremes, (PIANO,)),
        "odd ticks a beat": Score(
            _notes(rng, 60, 2, rng.integers(0, 700, 60), 1), four[:2], ticks_per_beat=37
        ),
        "tempo, metre and key maps": mapped,
    }


def _notes(
    rng: np.random.Generator, count: int, n_tracks: int, onset: NDArray[np.int64], unit_tick: int
) -> NDArray[np.void]:
    notes = empty_notes(count)
    notes["onset_tick"] = onset
    notes["duration_tick"] = unit_tick * rng.integers(1, 1 + 960 // unit_tick, count)
    notes["pitch"] = rng.integers(30, 95, count)
    notes["velocity"] = rng.integers(1, 128, count)
    notes["track"] = rng.integers(0, n_tracks, count)
    return sort_notes(notes)


def _long(rng: np.random.Generator) -> NDArray[np.void]:
    beat = np.cumsum(rng.choice([1, 90], 10))
    notes = _notes(rng, 10, 4, TICKS_PER_BEAT * beat, 120)
    notes["duration_tick"] = TICKS_PER_BEAT * rng.choice([1, 150], 10)
    return notes


def _unisons(rng: np.random.Generator) -> NDArray[np.void]:
    notes = _notes(rng, 80, 4, 60 * rng.integers(0, 64, 80), 60)
    notes["pitch"] = rng.choice([60, 64], 80)
    return sort_notes(notes)


def garbage_rows(width: int, dtype: np.dtype[Any], seed: int = 0) -> dict[str, NDArray[Any]]:
    """Rows [T, `width`] that no codec wrote: any integers, or any floats with NaN among them."""
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.integer):
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        made = {
            "small integers": rng.integers(-4, 9, (60, width)),
            "middling integers": rng.integers(-200, 300, (60, width)),
            "any integers": rng.integers(low, high, (60, width), dtype, endpoint=True),
            "extreme integers": rng.choice(np.array([low, -1, 0, 1, high], dtype), (60, width)),
        }
    else:
        weird = np.array([0, 0.49, 0.5, 1, 1e30, -1e30, np.nan, np.inf, -np.inf])
        made = {
            "noise": rng.uniform(0, 1, (60, width)),
            "sparse noise": (rng.uniform(0, 1, (60, width)) > 0.98).astype(float),
            "wild floats": rng.normal(0, 1e6, (60, width)),
            "NaN and infinities": rng.choice(weird, (60, width)),
        }
    made["no rows"] = np.zeros((0, width))
    return {name: rows.astype(dtype) for name, rows in made.items()}
