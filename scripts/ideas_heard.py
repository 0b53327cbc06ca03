"""Is the noise z heard? Neighbours in it, and songs like a given piece.

    python scripts/ideas_heard.py FOLDER [--style chorale] [--pieces 24] [--songs 4]

FOLDER is what the model was trained on; its test pieces are used. All songs are 128 notes or so, of
16 bars, without the critic; what a song sounds like are the standardised descriptors of
`musicgan evaluate`, averaged over the songs of one noise.

Neighbours: how far two noises' songs are from each other, by how far the noises are on the arc from
one to an independent one; 0 is what two sets of songs of the same noise differ by, 1 what those
of independent noises do. Ideas: songs `--like` a piece are asked which of the pieces they are
nearest to; beside them songs of the noise heard in it alone, without its texture, and songs of its
frame alone, the key, metre, tempo and form. Where a piece goes on for another 64 notes or more, so
are these: nearer to it than it is to itself no song need be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgan.compose.effects import arc
from musicgan.compose.idea import WINDOW, Idea, hear_idea, in_the_manner_of
from musicgan.compose.player import Player, open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.corpus.cache import Corpus
from musicgan.evaluate.descriptors import descriptor_matrix
from musicgan.evaluate.distances import frechet
from musicgan.score import Score

Floats = NDArray[np.float64]
BARS = 16
PARTS = (0.1, 0.25, 0.5, 0.75, 1.0)


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", default="chorale")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--songs", type=int, default=4)
    asked = parser.parse_args()
    player = open_player(asked.model or bundled_path(asked.style))
    corpus = Corpus.open(asked.folder, player.codec)
    test = list(corpus.pieces("test"))[: asked.pieces]
    ideas = [hear_idea(player, _score(player, piece), piece.name) for piece in test]
    own = np.stack([_described(player, [_score(player, piece)]) for piece in test])
    scale = own.std(0) + 1e-9
    print("| of the way to an independent noise | distance of songs, 0 same noise, 1 independent |")
    print("|---|---|")
    for part, (mean, half) in neighbours(player, ideas[0], asked.songs, asked.pieces, scale):
        print(f"| {part:.0%} | {mean:.2f} ± {half:.2f} |")
    print(f"\n| of {len(test)} | nearest to their own piece | mean rank of it | Frechet from all |")
    print("|---|---|---|---|")
    alone = [replace(idea, texture=None) for idea in ideas]
    free = [replace(idea, mean=0 * idea.mean, spread=0 * idea.spread + 1) for idea in alone]
    for title, some in (("--like", ideas), ("its noise alone", alone), ("its frame alone", free)):
        made = (_made_like(player, idea, asked.songs, 1000 * i) for i, idea in enumerate(some))
        tell(title, found(enumerate(made), own, scale))
    rests = ((i, [player.codec.decode(piece.rows[WINDOW : 2 * WINDOW])])
             for i, piece in enumerate(test) if len(piece.rows) >= 1.5 * WINDOW)  # fmt: skip
    tell("how the piece goes on", found(rests, own, scale))
    print(f"| chance | {1 / len(ideas):.0%} | {(len(ideas) + 1) / 2:.1f} | |")
    return 0


def tell(title: str, figures: tuple[float, float, float]) -> None:
    """A row of the second table."""
    first, rank, apart = figures
    print(f"| {title} | {first:.0%} | {rank:.1f} | {apart:.1f} |", flush=True)


def neighbours(
    player: Player, frame: Idea, songs: int, pairs: int, scale: Floats
) -> list[tuple[float, tuple[float, float]]]:
    """Distances by part of the arc, mean and half of the 90% interval over pairs."""
    rng = np.random.default_rng(0)
    size = player.generator.config.noise
    rows = []
    for pair in range(pairs):
        one, other = rng.standard_normal((2, 1, size)).astype(np.float32)
        seeds = 10_000 * pair
        near = _songs_of(player, frame, one, songs, seeds)
        again = _songs_of(player, frame, one, songs, seeds + 5000)
        floor = _distance(near, again, scale)
        each = [
            _distance(
                near, _songs_of(player, frame, arc(one, other, p), songs, seeds + 5000), scale
            )
            for p in PARTS
        ]
        rows.append([floor, *each])
    floor, *parts = np.array(rows).T
    unit = parts[-1].mean() - floor.mean()
    told = [(part - floor) / unit for part in parts]
    half = [1.645 * values.std(ddof=1) / np.sqrt(pairs) for values in told]
    return [(p, (float(v.mean()), float(h))) for p, v, h in zip(PARTS, told, half, strict=True)]


def found(
    songs: Iterable[tuple[int, list[Score]]], own: Floats, scale: Floats
) -> tuple[float, float, float]:
    """Share of pieces that their songs are nearest to, the mean rank of the own piece, and the
    Frechet distance of all songs from all pieces."""
    ranks, all_songs = [], []
    for index, made in songs:
        described = descriptor_matrix(iter(made))
        distance = np.linalg.norm((own - described.mean(0)) / scale, axis=1)
        ranks.append(1 + int((distance < distance[index]).sum()))
        all_songs.append(described / scale)
    apart = frechet(own / scale, np.concatenate(all_songs))
    return float(np.mean(np.array(ranks) == 1)), float(np.mean(ranks)), apart


def _made_like(player: Player, idea: Idea, count: int, first_seed: int) -> list[Score]:
    settings = (Settings(seed=first_seed + n, critic=0) for n in range(count))
    return [compose(player, in_the_manner_of(each, idea, BARS)) for each in settings]


def _songs_of(
    player: Player, frame: Idea, noise: NDArray[np.float32], count: int, first_seed: int
) -> Floats:
    idea = replace(frame, mean=noise[0], spread=0 * frame.spread, texture=None)
    settings = Settings(critic=0, temperature=0.95)
    songs = [
        compose(player, in_the_manner_of(replace(settings, seed=first_seed + i), idea, BARS))
        for i in range(count)
    ]
    return _described(player, songs)


def _described(player: Player, songs: list[Score]) -> Floats:
    """The descriptors of songs, averaged, [D]."""
    return np.asarray(descriptor_matrix(iter(songs)).mean(0))


def _distance(one: Floats, other: Floats, scale: Floats) -> float:
    return float(np.linalg.norm((one - other) / scale))


def _score(player: Player, piece: object) -> Score:
    return player.codec.decode(piece.rows[:WINDOW])  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main())
