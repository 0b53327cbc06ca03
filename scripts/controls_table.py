"""Every measure against every negative control: how far is each from real music?

    python scripts/controls_table.py FOLDER [--seeds 7] [--all] [--no-training]

The folder is split as training splits it. The real set is its valid and test pieces; one half of
its train pieces are the training pieces, and the controls are made of the other half. A cell is
the distance of a control from what real music scores in its place, in standard deviations of that:
the median over seeds. More than 5 tells the control from music; in brackets, what the measure's
entry calls itself blind to. `held out` is the half that the controls are made of, as it is.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.corpus.duplicates import near_groups, sketch_table
from musicgan.corpus.split import PARTS
from musicgan.evaluate.compare import compare
from musicgan.evaluate.controls import control_sets
from musicgan.evaluate.measures import HEADLINES, MEASURES
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.results import evaluate_sets
from musicgan.evaluate.side import read_side

HELD_OUT = "held out"


def main() -> int:
    """Print the table, as markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=7)
    parser.add_argument("--all", action="store_true", help="the customary measures, too")
    parser.add_argument("--no-training", action="store_true", help="no training pieces are known")
    asked = parser.parse_args()
    source, real, training = sets(asked.folder)
    begin = time.process_time()
    measures = MEASURES if asked.all else HEADLINES
    real_score: dict[str, list[tuple[float | None, ...]]] = {}
    distance: dict[tuple[str, str], list[float | None]] = {}
    for seed in range(asked.seeds):
        made = {HELD_OUT: source, **control_sets(source, training, seed)}
        known = None if asked.no_training else training
        for control, some in made.items():
            for result in evaluate_sets(some, real, known, measures=measures, seed=seed):
                name = result.measure.name
                real_score.setdefault(name, []).append((result.real, result.sd))
                distance.setdefault((name, control), []).append(result.separation)
    print(f"real {len(real.names)} pieces, {len(real.windows)} windows; controls", end=" ")
    print(f"{len(source.names)}, {len(source.windows)}; {time.process_time() - begin:.0f} CPU s\n")
    print("| measure | real | sd | " + " | ".join(made) + " |")
    print("|---|" + "--:|" * (2 + len(made)))
    for measure in measures:
        cells = [shown(column) for column in zip(*real_score[measure.name], strict=True)]
        for control in made:
            cell = shown(distance[measure.name, control], 1)
            cells.append(f"({cell})" if control in measure.blind_to else cell)
        print(f"| {measure.title} | " + " | ".join(cells) + " |")
    return 0


def sets(folder: Path) -> tuple[MusicSet, MusicSet, MusicSet]:
    """What the controls are made of, the real set, the training pieces."""
    corpus = Corpus.open(folder, choose_codec(folder))
    names = {part: [p.name for p in corpus.pieces(part)] for part in PARTS}
    sketch = {report.name: report.sketch for report in corpus.reports}
    train = names["train"]
    # Versions of one piece stay on one side.
    group = near_groups(sketch_table([sketch[name] for name in train]), np.arange(len(train)))
    is_source = np.unique(group, return_inverse=True)[1] % 2 == 0
    parts = (
        [name for name, here in zip(train, is_source, strict=True) if here],
        names["valid"] + names["test"],
        [name for name, here in zip(train, is_source, strict=True) if not here],
    )
    made, held_out, known = (read_side([folder / name for name in part]) for part in parts)
    sides = compare(made, held_out, known)
    assert sides.training is not None
    return sides.generated, sides.real, sides.training


def shown(values: Sequence[float | None], digits: int = 3) -> str:
    """The median of what is known."""
    known = [value for value in values if value is not None]
    return f"{np.median(known):.{digits}f}" if known else ""


if __name__ == "__main__":
    sys.exit(main())
