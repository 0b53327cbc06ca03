"""What the tables are made of: songs of one row measured against the test pieces.

Songs and pieces count to their 256th note, as two windows of 128 at most, so that everything is
as long as everything else. Songs take their metre, key and tempo from training pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT, EventsCodec
from musicgan.evaluate.measures import HEADLINES
from musicgan.evaluate.music_set import MusicSet, thinned
from musicgan.model.config import METRES
from musicgan.score import Metre, Score
from musicgan.train.rollout import POSITION
from musicgan.train.songs import Song

SONGS = 128
NOTES = 256
WINDOW = 128
FEWEST_NOTES = 16
UNKNOWN = ("ends_at_home",)
"""Songs here are cut off: how they end says nothing."""


def score_of(rows: Rows, song: Song, codec: EventsCodec) -> Score:
    """Rows [T, 5] with the metre and the upbeat of `song`."""
    rows = rows.copy()
    rows[0, WAIT] += int(song.columns["fed"][0][POSITION])
    metre = int(song.conditions[1])
    numerator, denominator = METRES[metre] if metre < len(METRES) else (4, 4)
    score = codec.decode(rows)
    return replace(score, metres=(Metre(0, numerator, denominator),))


def real_set(songs: Sequence[Song], codec: EventsCodec, window: int, most: int = NOTES) -> MusicSet:
    """Real pieces, the first `most` notes of each; those too short for a window are left out."""
    long = [song for song in songs if len(song) > window]
    cut = [song.columns["rows"][: min(most, len(song) - 1)].astype(np.int64) for song in long]
    return _set(cut, long, codec, window)


def training_set(songs: Sequence[Song], codec: EventsCodec, window: int) -> MusicSet:
    """Whole training pieces: a copy may be of any part."""
    return real_set(songs, codec, window, 1 << 40)


def song_set(
    rows: Sequence[Rows], like: Sequence[Song], codec: EventsCodec, window: int
) -> MusicSet | None:
    """Generated songs as a set; None where hardly one has the notes to be measured."""
    pairs = [(r, s) for r, s in zip(rows, like, strict=True) if len(r) >= FEWEST_NOTES]
    if len(pairs) < len(rows) // 2:
        return None
    return _set([r for r, _ in pairs], [s for _, s in pairs], codec, window)


def _set(rows: Sequence[Rows], songs: Sequence[Song], codec: EventsCodec, window: int) -> MusicSet:
    scores = [score_of(r, s, codec) for r, s in zip(rows, songs, strict=True)]
    return MusicSet.of([str(i) for i in range(len(scores))], scores, codec, window)


def templates(songs: Sequence[Song], rng: np.random.Generator, window: int) -> list[Song]:
    """Real pieces whose conditions songs are drawn on."""
    long = [song for song in songs if len(song) > window]
    return [long[i] for i in rng.integers(len(long), size=SONGS)]


def measured(some: MusicSet, real: MusicSet, training: MusicSet) -> dict[str, float | None]:
    """Every headline measure of a set."""
    wanted = [measure for measure in HEADLINES if measure.name not in UNKNOWN]
    return {measure.name: measure.of(some, real, training) for measure in wanted}


def floors(
    train: Sequence[Song],
    valid: Sequence[Song],
    test: Sequence[Song],
    codec: EventsCodec,
    window: int,
) -> dict[str, Any]:
    """What real music scores in the place of songs: training and validation pieces.

    `train` is the mean over 10 draws of as many windows as songs have; `train_sd` how much it
    varies from draw to draw.
    """  # fmt: skip
    real, training = (real_set(songs, codec, window) for songs in (test, train))
    whole = training_set(train, codec, window)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(10):
        order = rng.permutation(len(training.names))
        half = len(order) // 2
        some = thinned(training.take(order[:half]), 2 * SONGS, rng)
        rest = training.take(order[half:])
        draws.append(measured(some, real, rest))
    names = [name for name in draws[0] if draws[0][name] is not None]
    columns = {name: np.array([draw[name] for draw in draws], np.float64) for name in names}
    return {
        "train": {name: float(column.mean()) for name, column in columns.items()},
        "train_sd": {name: float(column.std(ddof=1)) for name, column in columns.items()},
        "valid": measured(real_set(valid, codec, window), real, whole),
        "test": measured(real, real, whole),
        "windows": {"test": len(real.windows), "train": len(training.windows)},
    }
