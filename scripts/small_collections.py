#!/usr/bin/env python3
"""What a personal collection of 10, 30, 100 or more files comes to: at random, and from a model.

    python scripts/small_collections.py FOLDER [--files 10 --files 30] [--minutes 20] [--seed 0]

Takes so many of FOLDER's pieces, trains on them twice within the minutes, once at random and once
from the nearest bundled model, and asks each in nats a note what it makes of the same pieces that
neither has seen: a fifth of FOLDER, at most 100. Beside them stands that bundled model as it is,
put into the same voices and grid. Likelihood phase alone: the other phases leave likelihoods where
they are. Needs `pip install 'musicgan[train]'`; what was measured is kept in --out, and a stopped
run goes on there.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from musicgan.codecs.events import EventsCodec
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.corpus.scan import find_midi
from musicgan.train.events_run import EventsRun
from musicgan.train.lengths import WINDOW
from musicgan.train.likelihood import held_out
from musicgan.train.loop import Loop
from musicgan.train.options import Options
from musicgan.train.songs import analyse_pieces
from musicgan.train.start import NEAREST, NOTHING
from musicgan.train.windows import Windows

MOST_TEST = 100
Figures: TypeAlias = dict[str, Any]
STARTS = {"at random": NOTHING, "fine-tuned": NEAREST}


def main() -> None:
    """Train, measure, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, action="append", help="10, 30, 100, 800")
    parser.add_argument("--minutes", type=float, default=20.0, help="20; of each training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("build/small"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    learned, test = parted(asked.folder, asked.seed)
    out = asked.out / asked.folder.name
    print("| files | notes | bundled, as it is | at random | fine-tuned | from |")
    print("|---|---|---|---|---|---|")
    for files in asked.files or [10, 30, 100, 800]:
        found = measured(learned[:files], test, out / f"{files}-{asked.seed}", asked)
        print(
            f"| {min(files, len(learned))} | {found['notes']:,} | {found['as it is']:.3f} | "
            f"{found['at random']:.3f} | {found['fine-tuned']:.3f} | {found['from']} |",
            flush=True,
        )


def parted(folder: Path, seed: int) -> tuple[list[Path], list[Path]]:
    """Files to learn from, in an order by chance, and files to ask about."""
    files = [folder / name for name in find_midi(folder)]
    order = np.random.default_rng(seed).permutation(len(files))
    count = min(MOST_TEST, len(files) // 5)
    return [files[i] for i in order[count:]], [files[i] for i in order[:count]]


def measured(
    learned: list[Path], test: list[Path], out: Path, asked: argparse.Namespace
) -> Figures:
    """The figures of one size of collection; from where they are kept, if they are."""
    kept = out / "figures.json"
    if kept.is_file():
        known: Figures = json.loads(kept.read_text())
        return known
    music, unseen = gathered(learned, out / "music"), gathered(test, out / "test")
    # Durations as the keys have them, in every row: of pedalled ones a note says more.
    codec = choose_codec(music, pedal=False, fine=1)
    found: Figures = {}
    for name, start in STARTS.items():
        options = Options(seed=asked.seed, start=start, minutes=asked.minutes)
        run = EventsRun(Corpus.open(music, codec), codec, options)
        if run.start is not None:
            found["from"], found["as it is"] = run.start.name, nats(run, unseen, codec)
        loop = Loop(
            run.phases[:1], out / f"{start}.checkpoint", {"start": start}, [], asked.minutes
        )
        if loop.checkpoint.is_file():
            loop.resume()
        loop.run()
        found[name] = nats(run, unseen, codec)
        found["notes"] = sum(len(song) for song in run.songs[0])
    kept.write_text(json.dumps(found, indent=1))
    return found


def gathered(files: list[Path], folder: Path) -> Path:
    """A folder of these files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).symlink_to(file.resolve())
    return folder


def nats(run: EventsRun, unseen: Path, codec: EventsCodec) -> float:
    """Nats a note of the unseen pieces, by the networks of a run as they stand."""
    pieces = [
        piece for part in ("train", "valid", "test")
        for piece in Corpus.open(unseen, codec).pieces(part) if len(piece.rows) > 1
    ]  # fmt: skip
    songs = analyse_pieces(pieces, run.config, run.ranges)
    windows = Windows(songs, WINDOW, run.config.layout)
    generator, posterior = run.generator.eval(), run.posterior.eval()
    return held_out(generator, posterior, windows, run.device, bf16=True)["nll"]


if __name__ == "__main__":
    main()
