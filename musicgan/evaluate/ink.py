"""Figures as SVG inside a page: its fonts, its colours by day and by night, no files beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

INK, FAINT = "#010203", "#010204"
REAL, GENERATED, TRAINING = "#010205", "#010206", "#010207"
"""Stand-ins: matplotlib wants colours, the page has variables that follow the reader's theme."""
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    REAL: "var(--real)",
    GENERATED: "var(--generated)",
    TRAINING: "var(--training)",
}
COLOURS = {"real": REAL, "generated": GENERATED, "training": TRAINING}
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


@contextmanager
def page_style(name: str) -> Iterator[None]:
    """Draw for the page; `name` keeps the ids of its figures apart, and the same on each run."""
    style: Any = {**_STYLE, "svg.hashsalt": name}
    with matplotlib.rc_context(style):
        yield


def svg(figure: Figure, alt: str) -> str:
    """An <svg> element for a page, with `alt` for those who cannot see it."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font: \1 var(--font)", text)
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, variable)
    # The page decides the width; the view box keeps the shape.
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg ", f'<svg role="img" aria-label="{_escaped(alt)}" ', 1)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
