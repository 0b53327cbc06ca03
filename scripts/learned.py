"""A model and the music that it learned, for scripts that measure one by the other."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from musicgan.compose.like import songs_like
from musicgan.compose.player import Player, open_player
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.errors import CorpusError, MusicganError
from musicgan.score import Score

TEMPERATURE = 0.95


def tell(description: str, report: Callable[[Path, Path, int], None]) -> None:
    """A script's command line: MODEL FOLDER [--songs N], for a `report` of them."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=96)
    asked = parser.parse_args()
    try:
        report(asked.model, asked.folder, asked.songs)
    except MusicganError as error:
        parser.exit(1, f"{error}\n")


def learned(path: Path, folder: Path) -> tuple[Player, Corpus]:
    """The player of a model, and the corpus that it learned.

    Raises `ModelFileError`, and `CorpusError` when the folder is not that: other pieces would be
    held out.
    """
    player = open_player(path)
    corpus = Corpus.open(folder, player.codec)
    if corpus.manifest_hash != player.file.metadata.get("manifest"):
        raise CorpusError(f"{folder}: not the music that {path.name} was trained on")
    return player, corpus


def held_out(corpus: Corpus) -> list[Piece]:
    """All that a training does not learn."""
    return [*corpus.pieces("valid"), *corpus.pieces("test")]


def usual_songs(player: Player, corpus: Corpus, songs: int, most_bars: int) -> Iterator[Score]:
    """Songs of the metre, tempo, key and length of pieces learned, drawn at random, composed as
    the model usually does."""
    pieces = corpus.pieces("train")
    chosen = np.random.default_rng(0).integers(len(pieces), size=songs).tolist()
    return songs_like(
        player,
        (pieces[at] for at in chosen),
        critic=None,
        temperature=TEMPERATURE,
        most_bars=most_bars,
    )
