"""How a model's songs measure against the pieces held out from its training, as they are played.

    python scripts/measure_model.py MODEL FOLDER [--songs 96] [--bars 64] [--critic 0 8]
        [--temperature 1 .95]

FOLDER is the one the model was trained on: the split follows from the files, so its test pieces
are those that training and selection never saw. Each song is composed as `musicgan generate`
does it, in the metre, tempo, mode and length of a test piece drawn at random. Songs and pieces
are cut into windows of 128 notes, at most four of each, spread evenly, and compared with the test
pieces' windows: Frechet distance on descriptors with its bootstrap interval, some of the
descriptors, BLEU-4 beside self-BLEU-4, and note sequences of 8 and 16 that stand in a training
piece. Real training windows stand in the first row; `endings` is the share of songs whose last
bass note is the tonic.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.compose.like import MOST_BARS, songs_like
from musicgan.compose.player import Player, open_player
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.evaluate.bleu import bleu, self_bleu
from musicgan.evaluate.copies import copied_ngrams
from musicgan.evaluate.cuts import MOST_WINDOWS, windows
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptor_matrix
from musicgan.evaluate.distances import frechet, frechet_interval
from musicgan.score import Score

SHOWN = {"chord_share": "chords", "parallel_share": "parallels", "step_share": "steps"}
COLUMNS = (
    "windows", "Frechet", "(90%)", *SHOWN.values(), "BLEU-4", "self", "copied 8", "16",
    "endings", "us/note",
)  # fmt: skip


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=96)
    parser.add_argument("--bars", type=int, default=MOST_BARS, help="longer pieces are cut")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--critic", type=int, nargs="+", default=[0, 8])
    parser.add_argument("--temperature", type=float, nargs="+", default=[1.0, 0.95])
    asked = parser.parse_args()
    player = open_player(asked.model)
    corpus = Corpus.open(asked.folder, player.codec)
    if corpus.manifest_hash != player.file.metadata["manifest"]:
        print(f"{asked.folder} is not what {asked.model} was trained on", file=sys.stderr)
        return 1
    rng = np.random.default_rng(asked.seed)
    pieces = corpus.pieces("test")
    learned = [piece.rows for piece in corpus.pieces("train")]
    everything = cut(learned, player, most=None)
    test = cut([piece.rows for piece in pieces], player)
    print(f"{len(pieces)} test pieces, {len(test)} windows; {asked.songs} songs a row")
    print(f"{'':16}" + "".join(f"{name:>11}" for name in COLUMNS))
    real = cut([learned[i] for i in rng.permutation(len(learned))[: asked.songs]], player)
    show("real training", row_of(real, test, [], player), endings(list(pieces)), None)
    chosen = [pieces[i] for i in rng.integers(len(pieces), size=asked.songs)]
    for critic, temperature in product(asked.critic, asked.temperature):
        begin = time.process_time()
        songs = list(
            songs_like(
                player, chosen, critic=critic, temperature=temperature,
                first_seed=1000 * asked.seed, most_bars=asked.bars,
            )
        )  # fmt: skip
        cost = (time.process_time() - begin) / sum(map(len, songs)) * 1e6
        drawn = cut([player.codec.encode(song) for song in songs], player)
        name = f"K = {critic}, T = {temperature:g}"
        show(name, row_of(drawn, test, everything, player), endings(songs), cost)
    return 0


def cut(songs: Sequence[Rows], player: Player, most: int | None = MOST_WINDOWS) -> list[Rows]:
    """Up to `most` windows of each song."""
    grid = player.codec.grid
    return [w for rows in songs for w in windows(rows.astype(np.int64), grid, most=most)]


def row_of(
    some: Sequence[Rows], test: Sequence[Rows], training: Sequence[Rows], player: Player
) -> list[float | str]:
    """The figures of some windows against the test windows."""
    real, fake = (
        descriptor_matrix(player.codec.decode(rows) for rows in part) for part in (test, some)
    )
    low, high = frechet_interval(real, fake)
    means = dict(zip(DESCRIPTORS, fake.mean(0), strict=True))
    copied = [copied_ngrams(some, training, n) for n in (8, 16)] if training else ["", ""]
    return [
        len(some), frechet(real, fake), f"{low:.1f}-{high:.1f}", *(means[n] for n in SHOWN),
        bleu(some, test), self_bleu(some), *copied,
    ]  # fmt: skip


def endings(music: Sequence[Piece] | Sequence[Score]) -> float:
    """Share whose lowest note among the last to end is the tonic of the key."""
    return float(np.mean([_ends_on_tonic(one) for one in music]))


def _ends_on_tonic(one: Piece | Score) -> bool:
    if isinstance(one, Score):
        notes, key = one.notes, one.keys[0]
        onset, duration, pitch = notes["onset_tick"], notes["duration_tick"], notes["pitch"]
    else:
        rows = one.rows.astype(np.int64)
        onset, duration, pitch, key = np.cumsum(rows[:, 0]), rows[:, 3], rows[:, 2], one.key
    end = onset + duration
    return (int(pitch[end == end.max()].min()) - key.tonic) % 12 == 0


def show(name: str, row: Sequence[float | str], ending: float, cost: float | None) -> None:
    """Print a row."""
    cells = [*row, ending, "" if cost is None else f"{cost:.0f}"]
    text = [f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells]
    print(f"{name:16}" + "".join(f"{c:>11}" for c in text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
