"""What a terminal shows while a command works; nothing elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicgan.corpus.scan import Progress


@contextmanager
def counting(what: str) -> Iterator[Progress | None]:
    """A bar with the time left on a terminal's standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (what, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def saying(doing: str) -> Iterator[Callable[[str], None] | None]:
    """A line on a terminal's standard error that says what is going on."""
    from rich.console import Console

    console = Console(stderr=True, markup=False)
    if not console.is_terminal:
        yield None
        return
    with console.status("") as status:
        yield lambda what: status.update(f"{doing}: {what}")
