"""The figures of a report: each a function of what was measured, each an <svg> element."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, WAIT
from musicgan.evaluate.copies import Copy
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.evaluate.distances import LIMIT_SD
from musicgan.evaluate.evaluation import Evaluation
from musicgan.evaluate.ink import COLOURS, FAINT, GENERATED, INK, REAL, page_style, svg

Floats = NDArray[np.float64]
BINS = 24
ORDER = ("training", "real", "generated")
"""What is drawn last lies on top."""
MARKS = {"real": "o", "generated": "^", "training": "."}
COLUMNS = 4
PANEL_INCHES = 1.55
NAMED = 2
"""Descriptors by which a direction of the map is named."""
CONTEXT_NOTES = 12


def gaps(evaluation: Evaluation) -> Floats:
    """How far the generated mean of each descriptor is from the real, in deviations, [D]."""
    sets = evaluation.comparison.sides
    real, made = sets["real"].descriptors, sets["generated"].descriptors
    scale = real.std(0)
    scale[scale < 1e-9] = 1.0
    return np.asarray((made.mean(0) - real.mean(0)) / scale)


def descriptor_figure(evaluation: Evaluation, chosen: Sequence[int]) -> str:
    """How often each value of the `chosen` descriptors occurs on each side."""
    names = list(DESCRIPTORS)
    rows = -(-len(chosen) // COLUMNS)
    with page_style(f"descriptors-{chosen[0]}"):
        tall = PANEL_INCHES * rows
        figure = Figure((9, tall))
        figure.subplots_adjust(0.015, 0.25 / tall, 0.975, 1 - 0.25 / tall, 0.08, 0.6)
        axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axis, index in zip(axes, chosen, strict=False):
            _distributions(axis, evaluation, index)
            axis.set_title(names[index].replace("_", " "), loc="left")
        for axis in axes[len(chosen) :]:
            axis.axis("off")
        listed = ", ".join(names[index].replace("_", " ") for index in chosen)
        alt = f"Distributions of generated over real windows: {listed}."
        return svg(figure, alt)


def _distributions(axis: Axes, evaluation: Evaluation, index: int) -> None:
    sets = evaluation.comparison.sides
    values = {side: music.descriptors[:, index] for side, music in sets.items()}
    edges = _edges(np.concatenate(list(values.values())))
    for side in ORDER:
        if side not in values:
            continue
        inside = np.clip(values[side], edges[0], edges[-1])
        share = np.histogram(inside, edges)[0] / len(inside)
        solid = side == "real"
        axis.stairs(
            share, edges, fill=solid, color=COLOURS[side], alpha=0.45 if solid else 1,
            linestyle=":" if side == "training" else "-", linewidth=1.3,
        )  # fmt: skip
    axis.set_yticks([])
    axis.locator_params(axis="x", nbins=4)
    axis.spines["left"].set_visible(False)


def _edges(values: Floats) -> Floats:
    """Bins over all but the oddest values; whole numbers have bins of whole numbers."""
    low, high = np.quantile(values, [0.005, 0.995])
    if (values == values.round()).all():
        return np.arange(low, high + 2, max(1, np.ceil((high - low) / BINS))) - 0.5
    return np.linspace(low, high if high > low else low + 1, BINS + 1)


def map_figure(evaluation: Evaluation) -> str:
    """Every window as a point: the two directions in which real windows differ most."""
    sets = evaluation.comparison.sides
    real = sets["real"].descriptors
    mean, scale = real.mean(0), real.std(0)
    scale[scale < 1e-9] = 1.0
    scaled = {
        side: np.clip((music.descriptors - mean) / scale, -LIMIT_SD, LIMIT_SD)
        for side, music in sets.items()
    }
    centre = scaled["real"].mean(0)
    _, strength, axes_of = np.linalg.svd(scaled["real"] - centre, full_matrices=False)
    share = strength**2 / max((strength**2).sum(), 1e-12)
    with page_style("map"):
        figure = Figure((6, 4.4), layout="constrained")
        axis = figure.subplots()
        for side in ORDER:
            if side in scaled:
                x, y = axes_of[:2] @ (scaled[side] - centre).T
                axis.scatter(
                    x, y, s=14, marker=MARKS[side], color=COLOURS[side], label=side,
                    alpha=0.35 if side == "training" else 0.75, linewidths=0,
                )  # fmt: skip
        axis.set_xlabel(_direction(axes_of[0], share[0]))
        axis.set_ylabel(_direction(axes_of[1], share[1]))
        axis.legend(loc="best")
        alt = "Windows of each side on a map of their descriptors, the real ones' main directions."
        return svg(figure, alt)


def _direction(weights: Floats, share: float) -> str:
    """A principal axis in words: the descriptors with most weight."""
    names = list(DESCRIPTORS)
    most = np.argsort(-np.abs(weights))[:NAMED]
    words = (f"{'+' if weights[i] > 0 else '−'} {names[i].replace('_', ' ')}" for i in most)
    return f"{', '.join(words)}   ({share:.0%} of the variance)"


def diversity_figure(evaluation: Evaluation) -> str | None:
    """BLEU against self-BLEU, of the generated and of the real windows; None if not measured."""
    found = {result.measure.name: result for result in evaluation.results}
    if not {"bleu_4", "self_bleu_4"} <= set(found):
        return None
    bleu, self_bleu = found["bleu_4"], found["self_bleu_4"]
    points = {"real": (self_bleu.real, bleu.real), "generated": (self_bleu.value, bleu.value)}
    bars = {
        "real": (self_bleu.spread, bleu.spread),
        "generated": (self_bleu.interval, bleu.interval),
    }
    with page_style("diversity"):
        figure = Figure((4.2, 3.4), layout="constrained")
        axis = figure.subplots()
        for side, (x, y) in points.items():
            if x is None or y is None:
                return None
            across, up = bars[side]
            colour = COLOURS[side]
            if across is not None:
                axis.plot(across, (y, y), color=colour, linewidth=1.2)
            if up is not None:
                axis.plot((x, x), up, color=colour, linewidth=1.2)
            axis.plot([x], [y], MARKS[side], color=colour, markersize=8, label=side)
        axis.set_xlabel("self-BLEU-4: how alike the pieces are")
        axis.set_ylabel("BLEU-4: how much they say what real ones say")
        axis.margins(0.25)
        axis.legend(loc="best")
        return svg(figure, "BLEU against self-BLEU, for generated and for real windows.")


def copy_figure(evaluation: Evaluation, copy: Copy) -> str:
    """A run that a song shares with a piece: both rolls, one above the other, the run inked."""
    made, source = evaluation.comparison.generated, evaluation.copied_set
    parts = (
        (f"generated: {made.names[copy.song]}", made.rows[copy.song], copy.song_at),
        (f"{evaluation.copied_from}: {source.names[copy.piece]}", source.rows[copy.piece],
         copy.piece_at),
    )  # fmt: skip
    with page_style("copy"):
        figure = Figure((9, 4.2), layout="constrained")
        axes = figure.subplots(2, 1, sharex=True)
        for axis, (title, rows, at), colour in zip(axes, parts, (GENERATED, REAL), strict=True):
            first_beat = _roll(axis, rows, at, copy.longest, made.grid, colour)
            axis.set_title(f"{title}, from beat {first_beat:g}", loc="left")
            axis.set_ylabel("MIDI pitch")
        span = max(high - low for low, high in (axis.get_ylim() for axis in axes))
        for axis in axes:
            middle = sum(axis.get_ylim()) / 2
            axis.set_ylim(middle - span / 2, middle + span / 2)
        axes[1].set_xlabel("beats from the first note in common")
        alt = f"The {copy.longest} notes in common inked, what stands around them pale."
        return svg(figure, alt)


def _roll(axis: Axes, rows: Rows, at: int, count: int, grid: int, colour: str) -> float:
    """Draw the run `rows[at:at + count]` and its surroundings; the beat it begins at, from 1."""
    onset = np.cumsum(rows[:, WAIT])
    near = np.arange(max(0, at - CONTEXT_NOTES), min(len(rows), at + count + CONTEXT_NOTES))
    is_shared = (near >= at) & (near < at + count)
    left = (onset[near] - onset[at]) / grid
    width = rows[near, DURATION] / grid
    pitch = rows[near, PITCH]
    for shared, ink, alpha in ((False, INK, 0.18), (True, colour, 0.95)):
        some = is_shared == shared
        axis.barh(
            pitch[some], width[some] * 0.94, left=left[some], height=0.8, color=ink, alpha=alpha,
            linewidth=0,
        )  # fmt: skip
    axis.axvline(0, color=FAINT, linewidth=0.8, linestyle=":")
    axis.margins(x=0.01)
    return float(onset[at] / grid + 1)
