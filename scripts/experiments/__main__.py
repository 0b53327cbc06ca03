"""Train and measure rows of the experiment's table.

    python -m scripts.experiments chorales ours --seed 0
    python -m scripts.experiments chorales all --seed 0 --seed 1 --seed 2
    python -m scripts.experiments chorales all --seed 0 --device cuda --hidden 512

One row a command, or all in turn. What is done is not done again: a stopped command goes on where
it stopped (rows from their checkpoint). Weights and figures lie under --out, in a folder a
collection, seed and row. `python -m scripts.experiments.table` makes the tables of them.

--data is a folder with a folder of MIDI for each collection: bach-chorales, nottingham, pop909,
openscore-lieder.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from musicgan.corpus.split import PARTS
from musicgan.train.lock import alone_in
from musicgan.train.loop import Interrupted

from .figures import floors
from .ground import COLLECTIONS, Place, keep
from .measuring import measure_row
from .rows import ROWS, train_row, window_of


def main(arguments: list[str] | None = None) -> int:
    """Run the rows asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.experiments",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("collection", choices=list(COLLECTIONS))
    parser.add_argument("rows", nargs="+", metavar="ROW", help=f"all, or of {', '.join(ROWS)}")
    parser.add_argument("--seed", type=int, action="append", help="0; may be given again")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("build/experiments"))
    parser.add_argument("--hidden", type=int, default=256, help="256; width of the generator")
    parser.add_argument("--updates", type=int, default=200, help="200; of the adversarial rows")
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args(arguments)
    rows = list(ROWS) if "all" in asked.rows else asked.rows
    unknown = [row for row in rows if row not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]!r}: choose all, or of {', '.join(ROWS)}")
    torch.set_num_threads(1)
    for seed in asked.seed or [0]:
        place = Place(
            asked.collection, asked.data, seed, asked.out, asked.hidden, asked.device,
            asked.updates,
        )  # fmt: skip
        place.write_split()
        write_floors(place)
        try:
            for row in rows:
                with alone_in(place.row(row)):
                    train_row(place, row)
                    measure_row(place, row)
        except Interrupted as stopped:
            print(f"stopped; the same command goes on (checkpoint: {stopped})", file=sys.stderr)
            return 130
    return 0


def write_floors(place: Place) -> None:
    """What real music scores, once a collection."""
    path = place.out / place.name / "floors.json"
    if path.is_file():
        return
    run = place.run()
    train, valid, test = (place.songs(run, part) for part in PARTS)
    found = floors(train, valid, test, place.codec, window_of(run))
    keep(found, path)


if __name__ == "__main__":
    sys.exit(main())
