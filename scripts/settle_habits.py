"""Settle anew how a finished model composes, as the last phase of its training does.

For models from before that phase measured what it measures now. The model file is written again:
its weights stay, its habits (how many candidates the critic weighs, what it is held to) and
the figures they rest on are new. More songs than a training has time for say more surely what is
better. With `--keep` only what the model says nothing of yet is measured.

    python scripts/settle_habits.py MODEL FOLDER [--songs 144] [--keep]    (FOLDER: what it learned)
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from learned import learned

from musicgan.compose.player import Player, player_of
from musicgan.compose.silences import silences_of
from musicgan.compose.tessitura import heights_of
from musicgan.corpus.piece import Piece
from musicgan.corpus.split import SHORTEST_PIECE
from musicgan.errors import MusicganError
from musicgan.model.file import ModelFile, save_model
from musicgan.train.augment import Augmentation
from musicgan.train.events_run import MOST_ASKED, MOST_HELD_OUT
from musicgan.train.guidance import SONGS, USUAL, GuidancePhase
from musicgan.train.lengths import judged_length, shared_length
from musicgan.train.options import best_of
from musicgan.train.shelf import Songs, some_of


def main() -> None:
    """Measure, say what is found, write the file again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=SONGS, help=f"{SONGS}; for each choice")
    parser.add_argument("--keep", action="store_true", help="what the model is held to already")
    asked = parser.parse_args()
    try:
        save_model(settled(asked.model, asked.folder, asked.songs, asked.keep), asked.model)
    except MusicganError as error:
        parser.exit(1, f"{error}\n")


def settled(path: Path, folder: Path, songs: int = SONGS, keeps: bool = False) -> ModelFile:
    """The model with its habits measured anew, each choice by so many songs; those that it has
    already stay where it `keeps` them.

    Raises `ModelFileError`, and `CorpusError` when the folder is not what it was trained on: other
    pieces would be held out.
    """
    player, corpus = learned(path, folder)
    model, config = player.file, player.generator.config
    train = corpus.pieces("train").at_least(SHORTEST_PIECE)
    valid = some_of(corpus.pieces("valid").at_least(SHORTEST_PIECE), MOST_HELD_OUT)
    ranges, lengths = player.rules.ranges, np.array([len(piece.rows) for piece in valid])
    both = Songs(train, config, ranges, train.lengths), Songs(valid, config, ranges, lengths)
    length = judged_length(both[1], min(shared_length(songs) for songs in both))
    seed = int(model.metadata["seed"])
    player = told_voices(player, list(some_of(train, MOST_ASKED)))
    model, typical = player.file, player.typical
    kept = {name: typical[name] for name in USUAL if keeps and name in typical}
    phase = GuidancePhase(
        lambda: player,
        valid,
        train,
        length,
        seed,
        songs,
        typical["critic"] if keeps else None,
        kept,
    )
    history = measured(phase)
    typical |= phase.habits
    metrics = {**model.metadata["metrics"], **best_of(history)}
    return replace(model, metadata={**model.metadata, "typical": typical, "metrics": metrics})


def told_voices(player: Player, pieces: list[Piece]) -> Player:
    """The player of a model that knows its voices' heights and silences, by pieces learned from."""
    about = player.file.metadata
    varied = about.get("options", {}).get("augmentation", {})
    semitones = varied.get("semitones", Augmentation().semitones)
    layout = player.generator.config.layout
    known = {
        "heights": heights_of(pieces, layout, semitones),
        "silences": silences_of(pieces, layout),
    }
    typical = {**about["typical"], **known}
    file = replace(player.file, metadata={**about, "typical": typical})
    return player_of(file, Path("in memory"))


def measured(phase: GuidancePhase) -> list[dict[str, Any]]:
    """All that the phase measures; the best of it is kept, as the training loop does."""
    history: list[dict[str, Any]] = []
    best: dict[str, Any] = {}
    lowest = float("inf")
    phase.begin()
    for step in range(phase.max_steps + 1):
        if step:
            phase.step(step / phase.max_steps)
        figures = phase.evaluate()
        print(f"guidance {step}: " + "  ".join(f"{k} {v:.4g}" for k, v in figures.items()))
        history.append({"phase": phase.name, "step": step, **figures})
        if figures["score"] < lowest:
            lowest, best = figures["score"], phase.selected()
    if best:
        phase.restore(best)
    return history


if __name__ == "__main__":
    main()
