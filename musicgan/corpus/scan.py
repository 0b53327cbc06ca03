"""A folder tree of MIDI files -> one report a file, in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from musicgan.corpus.ingest import Ingest
from musicgan.corpus.known import KnownReports, stamp
from musicgan.corpus.places import writable_or_temporary
from musicgan.corpus.pool import run_tasks, worker_count
from musicgan.corpus.report import FileReport
from musicgan.errors import CorpusError
from musicgan.folders import cache_folder

SUFFIXES = frozenset({".mid", ".midi", ".kar", ".rmi"})
Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


def check_folder(folder: Path) -> None:
    """Raises `CorpusError` when there is no such folder."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise CorpusError(f"{folder} {what}: give a folder of MIDI files")


def find_midi(folder: str | Path) -> list[str]:
    """Names of the MIDI files under `folder`, with forward slashes, sorted.

    Suffixes count in any case. Links to folders are followed, each folder is visited once.
    Raises `CorpusError` when there is no such folder or no MIDI file in it.
    """
    root = Path(folder)
    check_folder(root)
    seen: set[tuple[int, int]] = set()
    names = []
    for here, folders, files in os.walk(root, followlinks=True):
        try:
            status = Path(here).stat()
        except OSError:  # one that may be listed and not entered ends nothing
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        found = [Path(here, file) for file in files if Path(file).suffix.lower() in SUFFIXES]
        names += [path.relative_to(root).as_posix() for path in found if _is_file(path)]
    if not names:
        raise CorpusError(f"{root} holds no MIDI file ({', '.join(sorted(SUFFIXES))})")
    return sorted(names)


def shown(name: str) -> str:
    """A file's name, with escapes for what is not printed: line ends, bytes that are no text."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that may be listed and not entered
        return False


def scan(
    folder: str | Path,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    cache_dir: str | Path | None = None,
) -> list[FileReport]:
    """A report on every MIDI file under `folder`, sorted by name.

    `workers` processes (None: by the machine; 0: this process). A file that cannot be read, or
    that breaks its reader, is reported with its `error` and ends nothing. Files known from an
    earlier scan are not read again; `cache_dir` as in `Corpus.open`.
    Raises `CorpusError` when there is no such folder or no MIDI file in it.
    """
    names = find_midi(folder)
    root = Path(folder).resolve()
    known = KnownReports(root, writable_or_temporary(cache_folder(cache_dir)))
    before = known.load()
    stamps = {name: stamp(root, name) for name in names}
    reports = {s: before[s] for s in stamps.values() if s in before}
    unknown = [name for name in names if stamps[name] not in reports]
    for name, answer in _answers(root, unknown, workers):
        reports[stamps[name]] = report_of(name, answer)
        if progress is not None:
            progress(len(reports), len(names))
    if unknown or len(before) != len(reports):
        # On a full disk the next scan reads again; what this one found is not lost.
        with suppress(OSError):
            known.save(reports)
    return [reports[stamps[name]] for name in names]


def _answers(
    root: Path, names: list[str], workers: int | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not names:
        return iter(())
    if workers == 0:
        ingest = Ingest(root)
        return ((name, ingest.file(name)) for name in names)
    return run_tasks([{"folder": str(root)}] * worker_count(len(names), workers), names)


def report_of(name: str, answer: dict[str, object]) -> FileReport:
    """The report in an answer of `pool.run_tasks`, made up where the worker died."""
    report = answer.get("report")
    if isinstance(report, dict):
        return FileReport.from_json(report)
    return FileReport(name, sha256="", error=str(answer["error"]))
