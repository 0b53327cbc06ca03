"""What `musicgan evaluate` prints and writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click

from musicgan.errors import EvaluateError
from musicgan.evaluate.evaluation import LIKELIHOODS, Evaluation, longest_copy
from musicgan.evaluate.reading import WORDS, number, verdict

HEADER = ("measure", "generated", "real music", "reading")
FILES_SHOWN = 3


def show(found: Evaluation) -> None:
    """The headline measures: a table on a terminal; elsewhere a line a row, for grep."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        table = Table(*HEADER, box=None, header_style="bold")
        for row in _rows(found):
            table.add_row(*row)
        console.print(table)
    else:
        for title, value, real, words in _rows(found):
            click.echo(f"{title}: {value}; real music {real}; {words}")
    for line in _lines(found):
        click.echo(line)


def _rows(found: Evaluation) -> Iterator[tuple[str, str, str, str]]:
    for result in found.results:
        if not result.measure.headline:
            continue
        value, real = number(result.value), number(result.real)
        if result.interval is not None:
            value += f" ({number(result.interval[0])} to {number(result.interval[1])})"
        if result.spread is not None:
            real += f" ({number(result.spread[0])} to {number(result.spread[1])})"
        yield result.measure.title, value, real, WORDS[verdict(result)]


def _lines(found: Evaluation) -> Iterator[str]:
    for name, nats in found.likelihood.items():
        yield f"{LIKELIHOODS[name]}: {nats:.3f} nats a note"
    copy = longest_copy(found)
    song = found.comparison.generated.names[copy.song]
    source = found.copied_set.names[copy.piece]
    usual = f"; real pieces up to {found.usual_run[1]}" if found.usual_run else ""
    yield f"longest copy: {copy.longest} notes, {song} from {source} ({found.copied_from}){usual}"
    for same in found.comparison.same:
        if same.side == "generated":
            how = "is" if same.is_exact else "is nearly"
            yield f"{same.name} {how} {same.other} ({same.other_side})"
    yield from found.comparison.remarks
    for side, files in found.comparison.unusable.items():
        if files:
            some = "; ".join(f"{n}: {why}" for n, why in list(files.items())[:FILES_SHOWN])
            more = "; ..." if len(files) > FILES_SHOWN else ""
            yield f"{len(files)} {side} files left out: {some}{more}"


def write(found: Evaluation, out: Path) -> None:
    """The figures as JSON and, with the extra `report`, the page. Raises `EvaluateError`."""
    try:
        figures = out.with_suffix(".json")
        figures.write_text(json.dumps(found.to_json(), indent=1) + "\n", "utf-8")
        if find_spec("matplotlib") is None or find_spec("jinja2") is None:
            click.echo(f"{figures}: the figures; for a page: pip install 'musicgan[report]'")
            return
        from musicgan.evaluate.report import write_report

        write_report(found, out)
    except OSError as error:
        raise EvaluateError(f"{out}: cannot be written: {error.strerror}") from error
    click.echo(f"{out}: the report; {figures}: its figures")
