"""An evaluation as one HTML file: tables, figures, piano rolls; nothing is loaded from elsewhere.

Needs the extra `report` (matplotlib, jinja2).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from musicgan import __version__
from musicgan.evaluate import figures
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.evaluate.evaluation import LIKELIHOODS, Evaluation, longest_copy
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.picture import png, roll_picture
from musicgan.evaluate.reading import WORDS, number, reading, verdict
from musicgan.evaluate.results import Result
from musicgan.score import Score

TEMPLATE = "report.html"
SHOWN_FIRST = 12
"""Descriptors shown at once; the others open on demand."""
ROLLS = 3
"""Openings shown of each side."""
ROLL_PIXELS = 1100
COPIES_SHOWN = 100
STRIP_PIXELS = 160


def write_report(evaluation: Evaluation, path: Path) -> None:
    """Write the page to `path`. Raises OSError."""
    path.write_text(render(evaluation), "utf-8")


def render(evaluation: Evaluation) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("musicgan.evaluate", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["number"] = number
    rows = [_row(result) for result in evaluation.results]
    headline = [row for row in rows if row.result.measure.headline]
    page = environment.get_template(TEMPLATE).render(
        title=Path(evaluation.sources["generated"]).name,
        data=evaluation.to_json(),
        evaluation=evaluation,
        likelihoods=LIKELIHOODS,
        headline=headline,
        customary=[row for row in rows if not row.result.measure.headline],
        summary=_summary(headline),
        figures=_figures(evaluation),
        rolls=_rolls(evaluation),
        descriptors=_descriptor_rows(evaluation),
        copies=sorted(evaluation.copies, key=lambda copy: -copy.longest)[:COPIES_SHOWN],
        longest=longest_copy(evaluation),
        version=__version__,
        today=date.today().isoformat(),
    )
    return page + "\n"


@dataclass(frozen=True)
class Row:
    """A line of a table of measures."""

    result: Result
    verdict: str
    words: str
    reading: str
    strip: Markup


def _row(result: Result) -> Row:
    found = verdict(result)
    return Row(result, found, WORDS[found], reading(result), _strip(result))


def _summary(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows by verdict."""
    return {found: [row for row in rows if row.verdict == found] for found in WORDS}


def _strip(result: Result) -> Markup:
    """A line with the band of real music on it, and the value with its interval."""
    if result.value is None or result.spread is None:
        return Markup("")
    low, high = result.spread
    ends = [low, high, result.value, *(result.interval or ())]
    span = (max(ends) - min(ends)) or 1.0
    first = min(ends) - 0.08 * span

    def x(at: float) -> str:
        return f"{(at - first) / (1.16 * span) * STRIP_PIXELS:.1f}"

    bar = ""
    if result.interval is not None:
        begin, end = (x(bound) for bound in result.interval)
        bar = f'<line class="bar" x1="{begin}" x2="{end}" y1="9" y2="9"/>'
    width = f"{max(float(x(high)) - float(x(low)), 2.0):.1f}"
    alt = f"{number(result.value)}; real music {number(low)} to {number(high)}"
    return Markup(
        f'<svg class="strip" viewBox="0 0 {STRIP_PIXELS} 18" role="img" aria-label="{alt}">'
        f'<line class="axis" x1="0" x2="{STRIP_PIXELS}" y1="9" y2="9"/>'
        f'<rect class="band" x="{x(low)}" y="3" width="{width}" height="12" rx="2"/>'
        f'{bar}<circle class="dot" cx="{x(result.value)}" cy="9" r="4"/></svg>'
    )


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    order = np.argsort(-np.abs(figures.gaps(evaluation)), kind="stable").tolist()
    diversity = figures.diversity_figure(evaluation)
    return {
        "map": Markup(figures.map_figure(evaluation)),
        "diversity": Markup(diversity) if diversity is not None else None,
        "first": Markup(figures.descriptor_figure(evaluation, order[:SHOWN_FIRST])),
        "rest": Markup(figures.descriptor_figure(evaluation, order[SHOWN_FIRST:])),
        "copied": Markup(figures.copy_figure(evaluation, longest_copy(evaluation))),
    }


def _descriptor_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    sets = evaluation.comparison.sides
    means = {side: music.descriptors.mean(0) for side, music in sets.items()}
    gap = figures.gaps(evaluation)
    return [
        {
            "name": name.replace("_", " "),
            "what": DESCRIPTORS[name],
            "means": [float(means[side][index]) for side in sets],
            "gap": float(gap[index]),
        }
        for index, name in enumerate(DESCRIPTORS)
    ]


def _rolls(evaluation: Evaluation) -> list[dict[str, str]]:
    """Openings: some of each side, spread evenly, and the generated one least like real ones."""
    generated, real = evaluation.comparison.generated, evaluation.comparison.real
    length = evaluation.comparison.length
    drawn = [
        (f"{side}: {music.names[index]}", music.scores[index])
        for side, music in (("generated", generated), ("real", real))
        for index in np.linspace(0, len(music.names) - 1, ROLLS).round().astype(int).tolist()
    ]
    odd = _least_alike(generated, real)
    drawn.insert(
        ROLLS,
        (f"generated, the least like real music: {generated.names[odd]}", generated.scores[odd]),
    )
    return [{"title": title, "data": _data(score, length)} for title, score in drawn]


def _least_alike(generated: MusicSet, real: MusicSet) -> int:
    """The piece whose first window's descriptors are farthest from the real mean."""
    mean, scale = real.descriptors.mean(0), real.descriptors.std(0)
    scale[scale < 1e-9] = 1.0
    first = np.unique(generated.piece, return_index=True)[1]
    far = np.abs((generated.descriptors[first] - mean) / scale).clip(max=5).mean(1)
    return int(generated.piece[first[far.argmax()]])


def _data(score: Score, length: int) -> str:
    """The first `length` notes as a PNG in base64."""
    opening = score.with_notes(score.notes[:length].copy())
    steps = max(opening.end_tick, 1)
    cell = max(1, min(7, ROLL_PIXELS // steps)), 5
    return base64.b64encode(png(roll_picture(opening, score.ticks_per_beat, cell))).decode()
