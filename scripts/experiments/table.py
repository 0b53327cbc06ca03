"""The tables and the picture of `docs/results.md`, from what rows have left behind.

    python -m scripts.experiments.table chorales [--out build/experiments] [--keep docs/results]

Prints markdown. `--keep FOLDER` also writes every measured point to FOLDER/COLLECTION.json and the
curves to FOLDER/COLLECTION.png. Rows and seeds that file knows and --out does not, those of another
machine, are kept and count in the tables, too.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .curves import COLUMNS, Points, Results, at_matched, draw, levels, shared_points
from .rows import ROWS

CONTROLS = ("mle", "mle-updates", "mle-time")
T_90 = {2: 6.314, 3: 2.920, 4: 2.353, 5: 2.132}
"""Student's t, 95% on one side, by the number of seeds."""


def gather(folder: Path) -> Results:
    """What the rows of all seeds have left under `folder`."""
    found: Results = {}
    for path in sorted(folder.glob("seed*/*/figures.json")):
        row, seed = path.parent.name, path.parent.parent.name.removeprefix("seed")
        trained = json.loads((path.parent / "trained.json").read_text())
        figures = json.loads(path.read_text())
        cost = {"updates": trained["updates"], "minutes": trained["seconds"] / 60}
        history = trained["history"]
        cost["selected"] = min(history, key=lambda record: record["score"])["step"]
        nll = [record["nll"] for record in history if "nll" in record]
        if nll:
            best = min(history, key=lambda record: record["score"])
            cost["valid_nll"] = best["nll"]
        found.setdefault(row, {})[seed] = {**figures, **cost}
    return found


def with_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean over seeds and half of its 90% interval (Student's t); None for one seed."""
    array = np.array(values, np.float64)
    if len(array) < 2:
        return float(array.mean()), None
    half = T_90[len(array)] * array.std(ddof=1) / np.sqrt(len(array))
    return float(array.mean()), float(half)


def shown(values: Sequence[float | None], digits: int = 3) -> str:
    """Mean and half interval of what is known, as a cell."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean, half = with_interval(known)
    text = f"{mean:.{digits}f}"
    return text if half is None else f"{text} ± {half:.{digits}f}"


def at_one(results: Results, floors: dict[str, Any]) -> str:
    """Every row at temperature 1 (guided ones with 8 candidates), beside real music."""
    head = ["", *COLUMNS.values()]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for name, title in (("train", "real: training pieces"), ("valid", "real: validation pieces")):
        spread = floors["train_sd"] if name == "train" else {}
        cells = [_floor(floors[name], spread, measure) for measure in COLUMNS]
        lines.append(" | ".join([title, *cells]))
    for row, seeds in results.items():
        chosen = [_usual(figures["points"]) for figures in seeds.values()]
        cells = [
            shown([p.get(m) for p in chosen], 1 if m == "frechet" else 3) for m in COLUMNS
        ]  # fmt: skip
        guided = ", K = 8" if ROWS[row].guided else ""
        lines.append(" | ".join([ROWS[row].title + guided, *cells]))
    return _table(lines)


def _floor(values: dict[str, Any], spread: dict[str, Any], measure: str) -> str:
    value, digits = values.get(measure), 1 if measure == "frechet" else 3
    if value is None:
        return ""
    text = f"{value:.{digits}f}"
    return f"{text} ± {1.645 * spread[measure]:.{digits}f}" if measure in spread else text


def _usual(points: Points) -> dict[str, Any]:
    """The point at temperature 1, with 8 candidates if there are any."""
    for point in points:
        if point.get("temperature", 1.0) == 1.0 and point.get("candidates", 0) in (0, 8):
            return point
    return points[0]


def matched(results: Results, ours: str = "ours") -> str:
    """Our method against each control at equal self-BLEU: how much lower its Frechet distance is.

    Seed by seed, each against the control of its own seed.
    """
    head = ["self-BLEU"]
    for control in CONTROLS:
        head += [f"Frechet of {ROWS[control].title}", "ours lower by", "BLEU-4 higher by"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for level in levels(results):
        cells = [f"{level:.2f}"]
        for control in CONTROLS:
            cells += _against(results.get(ours, {}), results.get(control, {}), level)
        lines.append(" | ".join(cells))
    return _table(lines)


def _against(
    ours: dict[str, dict[str, Any]], control: dict[str, dict[str, Any]], level: float
) -> list[str]:
    distances, shares, gains = [], [], []
    for seed in sorted(ours.keys() & control.keys()):
        mine, other, mine_bleu, other_bleu = (
            at_matched(some["points"], measure, level)
            for measure in ("frechet", "bleu_4")
            for some in (ours[seed], control[seed])
        )
        if mine is None or other is None or mine_bleu is None or other_bleu is None:
            continue
        distances.append(other)
        shares.append(1 - mine / other)
        gains.append(mine_bleu - other_bleu)
    if not distances:
        return ["", "", ""]
    share = shown([100 * value for value in shares], 0)
    return [shown(distances, 1), f"{share} % ({len(shares)})", shown(gains, 4)]


def every_method(results: Results) -> str:
    """How much lower each method's Frechet distance is than its two controls', at equal self-BLEU.

    As `matched` has it; empty where there is no method but ours.
    """
    shared = levels(results)
    head = ["Frechet lower by, at self-BLEU", *(f"{level:.2f}" for level in shared)]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    methods = [
        row
        for row in results
        if ROWS[row].start == "mle" and not ROWS[row].guided and row not in CONTROLS
    ]
    for row in methods:
        for control in CONTROLS[1:]:
            against = (
                _against(results[row], results.get(control, {}), level)[1] for level in shared
            )
            title = f"{ROWS[row].title}, than {ROWS[control].title}"
            lines.append(" | ".join([title, *against]))
    return _table(lines) if methods != ["ours"] else ""


def every_curve(results: Results) -> str:
    """Frechet distances of every row with a curve, at equal self-BLEU; in brackets of how many."""
    shared = levels(results)
    head = ["Frechet at self-BLEU", *(f"{level:.2f}" for level in shared)]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for row, seeds in results.items():
        if ROWS[row].guided:
            continue
        at = [
            [at_matched(figures["points"], "frechet", level) for figures in seeds.values()]
            for level in shared
        ]
        if any(value is not None for values in at for value in values):
            cells = [shown(values, 1) for values in at]
            lines.append(" | ".join([f"{ROWS[row].title} ({len(seeds)})", *cells]))
    return _table(lines)


def guided(results: Results) -> str:
    """What candidates bring and cost."""
    measures = ("self_bleu_4", "bleu_4", "frechet", "parallel_share", "two_sample", "copied_8")
    head = ["", "K", "T", *(COLUMNS[m] for m in measures), "CPU ms a note"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for row, seeds in results.items():
        if not ROWS[row].guided:
            continue
        points = zip(*shared_points(seeds), strict=True)
        for same in points:
            k = same[0]["candidates"]
            cost = [figures["cost_ms"][str(k)] for figures in seeds.values()]
            cells = [shown([p.get(m) for p in same], 1 if m == "frechet" else 3) for m in measures]
            name = [ROWS[row].title, str(k), f"{same[0]['temperature']:g}"]
            lines.append(" | ".join([*name, *cells, shown(cost, 2)]))
    return _table(lines)


def costs(results: Results) -> str:
    """Updates, CPU minutes, the update kept, held-out likelihood, and distinct songs."""
    head = ["", "updates", "CPU minutes", "kept at", "valid nats a note", "distinct greedy of 64"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for row, seeds in results.items():
        some = list(seeds.values())
        cells = [
            shown([s.get(name) for s in some], digits)
            for name, digits in (
                ("updates", 0), ("minutes", 1), ("selected", 0), ("valid_nll", 3),
                ("distinct_greedy", 0),
            )
        ]  # fmt: skip
        seeds_said = f"{len(some)} seed{'' if len(some) == 1 else 's'}"
        lines.append(" | ".join([f"{ROWS[row].title} ({seeds_said})", *cells]))
    return _table(lines)


def _table(lines: Sequence[str]) -> str:
    return "\n".join(f"| {line} |" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("collection")
    parser.add_argument("--out", type=Path, default=Path("build/experiments"))
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args(arguments)
    results, floors = _read(asked.out / asked.collection, asked.keep, asked.collection)
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
        kept = {"floors": _rounded(floors), "rows": _rounded(results)}
        (asked.keep / f"{asked.collection}.json").write_text(json.dumps(kept, indent=None) + "\n")
        draw(results, floors, asked.keep / f"{asked.collection}.png")
    tables = (matched, every_method, every_curve, guided, costs)
    made = [at_one(results, floors), *(table(results) for table in tables)]
    print("\n\n".join(table for table in made if table))
    return 0


def _read(folder: Path, keep: Path | None, name: str) -> tuple[Results, dict[str, Any]]:
    """What rows have left here, and of others what was kept elsewhere; floors likewise."""
    own, kept = gather(folder), keep / f"{name}.json" if keep is not None else None
    before = json.loads(kept.read_text()) if kept is not None and kept.is_file() else {}
    old = before.get("rows", {})
    results = {
        row: dict(sorted({**old.get(row, {}), **own.get(row, {})}.items()))
        for row in ROWS
        if row in old or row in own
    }
    if not results:
        raise SystemExit(f"{folder}: no row has been measured yet")
    if not own:
        return results, before["floors"]
    floors = json.loads((folder / "floors.json").read_text())
    if before and not _alike(floors["valid"], before["floors"]["valid"]):
        raise SystemExit(f"{kept} was measured on other pieces than {folder}: keep them apart")
    return results, floors


def _alike(one: dict[str, float | None], other: dict[str, float | None]) -> bool:
    """Whether real music scores the same, as it does where pieces and split are the same."""
    pairs = ((one[name], other.get(name)) for name in one)
    return all(
        a == b if a is None or b is None else math.isclose(a, b, rel_tol=0.01, abs_tol=0.001)
        for a, b in pairs
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
