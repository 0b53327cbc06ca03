"""Many file reports -> what a person wants to know before training on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from musicgan.corpus.duplicates import exact_groups, near_groups, sketch_table
from musicgan.corpus.report import FileReport
from musicgan.corpus.split import PARTS, SHORTEST_PIECE, split
from musicgan.errors import CorpusError

PERCENTILES = (10, 50, 90)


def summarize(reports: Sequence[FileReport]) -> dict[str, Any]:
    """Totals, distributions, duplicates and the split of a collection, JSON-ready.

    `short` counts the pieces that have too few notes to be learned from; `percentiles` are the
    10th, 50th and 90th over readable files, of `polyphony` over those that are not all drums, as
    `keys` are; `split` counts the others, without exact copies, and is None when there are too few
    to train on.
    """
    good = [report for report in reports if report.error is None]
    pitched = [report for report in good if report.key]
    percentiles = {
        field: _percentiles([getattr(report, field) for report in good])
        for field in ("notes", "seconds", "bpm", "velocities", "on_sixteenth")
    }
    exact = exact_groups([report.notes_sha256 for report in good])
    near = near_groups(sketch_table([report.sketch for report in good]), exact)
    distinct = np.flatnonzero(exact == np.arange(len(exact)))
    return {
        "files": len(reports),
        "readable": len(good),
        "hours": round(sum(report.seconds for report in good) / 3600, 3),
        "notes": sum(report.notes for report in good),
        "with_drums": sum(report.drum_tracks > 0 for report in good),
        "without_metre": sum(not report.stated_metre for report in good),
        "metre_inferred": sum(report.metre != report.stated_metre for report in good),
        "tracks": _counts(good, lambda report: str(report.tracks)),
        "metres": _counts(good, lambda report: report.metre),
        "keys": _counts(pitched, lambda report: report.key),
        "percentiles": {
            **percentiles,
            "polyphony": _percentiles([report.polyphony for report in pitched]),
        },
        "exact_copies": len(good) - len(distinct),
        "exact": _members(exact, good),
        "near": _members(near[distinct], [good[i] for i in distinct]),
        "short": sum(good[i].notes < SHORTEST_PIECE for i in distinct),
        "split": _split([good[i] for i in distinct], near[distinct]),
        "unreadable": {report.name: report.error for report in reports if report.error},
    }


def _counts(reports: Sequence[FileReport], of: Callable[[FileReport], str]) -> dict[str, int]:
    return dict(Counter(map(of, reports)).most_common())


def _percentiles(values: list[float]) -> list[float]:
    if not values:
        return []
    return [round(float(value), 3) for value in np.percentile(values, PERCENTILES)]


def _members(groups: Any, reports: Sequence[FileReport]) -> list[list[str]]:
    """Names in each group of more than one."""
    names: dict[int, list[str]] = {}
    for label, report in zip(groups.tolist(), reports, strict=True):
        names.setdefault(label, []).append(report.name)
    return [group for group in names.values() if len(group) > 1]


def _split(reports: Sequence[FileReport], groups: Any) -> dict[str, int] | None:
    try:
        parts = split([report.notes_sha256 for report in reports], groups)
    except CorpusError:
        return None
    long = np.array([report.notes >= SHORTEST_PIECE for report in reports])
    counts = {str(part): int((long & (parts == index)).sum()) for index, part in enumerate(PARTS)}
    return counts if counts["train"] and counts["valid"] else None
