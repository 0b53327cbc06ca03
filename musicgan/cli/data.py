"""`musicgan data FOLDER`: what a folder of MIDI files holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from musicgan.cli.paths import GivenPath
from musicgan.cli.waiting import counting

MOST_COMMON = 6
REASONS_SHOWN = 8
FILES_SHOWN = 3
LABELS = {
    "notes": ("notes a file", "{:,.0f}"),
    "seconds": ("seconds a file", "{:,.0f}"),
    "bpm": ("beats a minute", "{:.0f}"),
    "polyphony": ("notes at once", "{:.1f}"),
    "velocities": ("velocities", "{:.0f}"),
    "on_sixteenth": ("on sixteenths", "{:.0%}"),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=GivenPath())
@click.option(
    "--json",
    "json_file",
    type=GivenPath(dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Also write the summary and one report a file to FILE as JSON; - for standard output.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes to read with; 0 reads in this one.  [default: by the machine]",
)
def data(folder: Path, json_file: Path | None, workers: int | None) -> None:
    """Look at a folder of MIDI files before training on it.

    Reads every .mid, .midi, .kar and .rmi file below FOLDER and shows how much music there is,
    of what kind, which files cannot be read and why, which are the same music, and how training
    would split them. Changes nothing in FOLDER.

    \b
    Examples:
      musicgan data midi_data
      musicgan data ~/Music/midi --json report.json
      musicgan data midi_data --json - | jq .summary.hours
    """
    from musicgan.corpus.scan import scan
    from musicgan.corpus.summary import summarize

    with counting("reading") as progress:
        reports = scan(folder, workers, progress)
    summary = summarize(reports)
    if str(json_file) != "-":
        _show(summary)
    if json_file is not None:
        files = [{**report.to_json(), "sketch": None} for report in reports]
        for file in files:
            del file["sketch"]
        text = json.dumps({"folder": str(folder), "summary": summary, "files": files}, indent=1)
        _write(text + "\n", json_file)


def _write(text: str, path: Path) -> None:
    from musicgan.midifile.write import write_whole

    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error


def _show(summary: Mapping[str, Any]) -> None:
    """A table on a terminal; elsewhere a line a row, for grep."""
    from rich.console import Console
    from rich.table import Table

    from musicgan.corpus.scan import shown

    rows = [(label, shown(value)) for label, value in _lines(summary)]
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        for label, value in rows:
            click.echo(f"{label}: {value}")
        return
    table = Table(show_header=False, box=None)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _lines(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    from musicgan.corpus.split import SHORTEST_PIECE

    unreadable = summary["unreadable"]
    yield "files", f"{summary['files']:,}, of which {len(unreadable):,} cannot be used"
    if summary["readable"]:
        yield "music", f"{summary['hours']:,.1f} hours, {summary['notes']:,} notes"
        yield from _distributions(summary)
        yield from _duplicates(summary)
    if summary["short"]:
        yield "too short", f"{summary['short']:,}, of under {SHORTEST_PIECE} notes: left out"
    if summary["split"] is None:
        yield "split", "too few different pieces to train on: at least 3 are needed"
    else:
        parts = (f"{count:,} {part}" for part, count in summary["split"].items())
        yield "split", ", ".join(parts) + " (near duplicates on one side, exact ones once)"
    yield from _reasons(unreadable)


def _distributions(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, (label, form) in LABELS.items():
        if values := summary["percentiles"][field]:
            low, middle, high = (form.format(value) for value in values)
            yield label, middle if low == high else f"{middle} (most: {low} to {high})"
    yield "tracks", _common(summary["tracks"], "{name} in {count:,} files")
    yield "drums", f"in {summary['with_drums']:,} files"
    metres = _common(summary["metres"], "{name}: {count:,}")
    yield "metres", f"{metres} (in {summary['metre_inferred']:,} inferred from the notes)"
    yield "keys", _common(summary["keys"], "{name}: {count:,}") or "none: all drums"


def _common(counts: Mapping[str, int], form: str) -> str:
    shown = [form.format(name=name, count=n) for name, n in list(counts.items())[:MOST_COMMON]]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f", {rest} more" if rest > 0 else "")


def _duplicates(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    copies, near = summary["exact_copies"], summary["near"]
    yield "exact copies", _examples(f"{copies:,}", summary["exact"])
    involved = sum(map(len, near))
    yield "near copies", _examples(f"{involved:,} files in {len(near):,} groups", near)


def _examples(count: str, groups: list[list[str]]) -> str:
    return f"{count}, such as {' = '.join(groups[0][:FILES_SHOWN])}" if groups else "none"


def _reasons(unreadable: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The commonest reasons, each with some of its files."""
    reasons = Counter(unreadable.values()).most_common()
    for reason, count in reasons[:REASONS_SHOWN]:
        names = [name for name, why in unreadable.items() if why == reason]
        more = f" and {count - FILES_SHOWN:,} more" if count > FILES_SHOWN else ""
        yield "cannot be used", f"{', '.join(names[:FILES_SHOWN])}{more}: {reason}"
    if len(reasons) > REASONS_SHOWN:
        rest = sum(count for _, count in reasons[REASONS_SHOWN:])
        yield "cannot be used", f"{rest:,} more for other reasons: see --json FILE"
