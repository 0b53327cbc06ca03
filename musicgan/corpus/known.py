"""What earlier scans found in a folder: a file that has not changed since is not read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from musicgan.corpus.places import code_hash, digest
from musicgan.corpus.report import FileReport
from musicgan.midifile.write import write_whole

Stamp = tuple[str, int, int]
"""(name, bytes, modification time in ns) of a file."""


class KnownReports:
    """The reports of one folder, one file of JSON lines in the cache.

    It goes by folder and by the code that reads: another version of musicgan reads anew.
    """

    def __init__(self, root: Path, home: Path) -> None:
        self.path = home / f"{digest([str(root), code_hash()])[:40]}.scan"

    def load(self) -> dict[Stamp, FileReport]:
        """What is known; nothing where the cache cannot be read or is damaged."""
        try:
            with self.path.open(encoding="ascii") as file:
                lines = [json.loads(line) for line in file]
            return {(n, size, ns): FileReport.from_json(report) for n, size, ns, report in lines}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def save(self, reports: Mapping[Stamp, FileReport]) -> None:
        """Replace what is known, all at once. Raises `OSError`."""
        # Without a hash of its bytes a file was not read: next time it may be.
        lines = [
            json.dumps([*stamp, reports[stamp].to_json()]) + "\n"
            for stamp in sorted(reports)
            if reports[stamp].sha256
        ]
        write_whole(self.path, "".join(lines).encode("ascii"))


def stamp(root: Path, name: str) -> Stamp:
    """How a file is recognised; zeros for one that is gone: its reader will say so."""
    try:
        status = (root / name).stat()
    except OSError:
        return name, 0, 0
    return name, status.st_size, status.st_mtime_ns
