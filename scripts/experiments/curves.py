"""Curves of measures over how alike songs are: read off, compared where they overlap, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .rows import ROWS

Points = list[dict[str, Any]]
Results = dict[str, dict[str, dict[str, Any]]]
"""{row: {seed: what it left}}"""

COLUMNS = {
    "self_bleu_4": "self-BLEU",
    "bleu_4": "BLEU-4",
    "frechet": "Frechet",
    "parallel_share": "parallels",
    "chord_share": "chords",
    "top_step_share": "stepwise top",
    "repetition": "returning bars",
    "two_sample": "two-sample",
    "coverage": "coverage",
    "copied_8": "copied 8",
    "copied_16": "copied 16",
}
STEP = 0.05
"""Of self-BLEU, between the levels at which methods are compared."""


def shared_points(seeds: dict[str, dict[str, Any]]) -> list[Points]:
    """The points of each seed that were measured for all of them, in one order."""

    def setting(point: dict[str, Any]) -> tuple[Any, Any]:
        return point.get("candidates"), point.get("temperature")

    curves = [figures["points"] for figures in seeds.values()]
    shared = set.intersection(*({setting(point) for point in curve} for curve in curves))
    return [[point for point in curve if setting(point) in shared] for curve in curves]


def at_matched(points: Points, measure: str, self_bleu: float) -> float | None:
    """A measure where a curve over temperature crosses `self_bleu`; None beyond its ends.

    Points are joined by straight lines in order of self-BLEU, hardly ever another than that of
    temperatures.
    """
    known = sorted(
        (p["self_bleu_4"], p[measure]) for p in points if p.get("self_bleu_4") is not None
    )
    if not known or not known[0][0] <= self_bleu <= known[-1][0]:
        return None
    x, y = np.array(known).T
    return float(np.interp(self_bleu, x, y))


def levels(results: Results, rows: tuple[str, str] = ("ours", "mle")) -> list[float]:
    """Self-BLEU at which methods are compared: where half of the seeds have both of these rows."""
    both = set.intersection(*(set(results.get(row, {})) for row in rows))

    def is_shared(level: float, seed: str) -> bool:
        known = (at_matched(results[row][seed]["points"], "frechet", level) for row in rows)
        return all(value is not None for value in known)

    steps = [round(STEP * count, 2) for count in range(1, round(1 / STEP))]
    return [
        level for level in steps if 2 * sum(is_shared(level, seed) for seed in both) > len(both)
    ]


def draw(results: Results, floors: dict[str, Any], path: Path) -> None:
    """Frechet distance and BLEU-4 over self-BLEU-4, a line a row: the mean over seeds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 5))
    for row, seeds in results.items():
        curves = shared_points(seeds)
        same = [c for c in curves if all(p.get("self_bleu_4") is not None for p in c)]
        if not same or row.startswith("textbook"):
            continue
        x = np.mean([[p["self_bleu_4"] for p in c] for c in same], axis=0)
        order = np.argsort(x)
        for axis, measure in zip(axes, ("frechet", "bleu_4"), strict=True):
            y = np.mean([[p[measure] for p in c] for c in same], axis=0)
            style = "--" if ROWS[row].guided else "-"
            axis.plot(x[order], y[order], style, marker="o", markersize=3, label=ROWS[row].title)
    for axis, measure in zip(axes, ("frechet", "bleu_4"), strict=True):
        floor = floors["train"][measure]
        axis.axhline(floor, color="black", linewidth=0.8, linestyle=":", label="real music")
        axis.set_xlabel("self-BLEU-4: how alike songs are")
        axis.set_ylabel(COLUMNS[measure])
        axis.grid(alpha=0.2)
    axes[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)
