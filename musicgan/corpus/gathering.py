"""What comes of each file while a collection is encoded: little of it in memory, however many."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from musicgan.corpus.duplicates import NO_SKETCH, SKETCH_SIZE
from musicgan.corpus.report import FileReport
from musicgan.corpus.split import HASH
from musicgan.corpus.store import KNOWN

PLACE = np.dtype(
    [
        ("shard", np.int32),
        ("row_byte", np.int64),
        ("bar_byte", np.int64),
        ("rows", np.int64),
        ("bars", np.int64),
        *KNOWN,
    ]
)
"""Where an encoded piece lies in the shards (`ingest.Shard`), and what is known of it."""


class Gathering:
    """Of `files` files, by number, in any order; their reports go to a file under `work`."""

    def __init__(self, work: Path, files: int) -> None:
        self.places = np.zeros(files, PLACE)
        """[files], of those with a piece."""
        self.has_piece = np.zeros(files, bool)
        self.notes_sha256, self.sha256 = np.zeros(files, HASH), np.zeros(files, HASH)
        self.sketches = np.zeros((files, SKETCH_SIZE), np.uint32)
        """[files, `SKETCH_SIZE`] as `duplicates.near_groups` takes them."""
        self.shards: list[str] = []
        """Names of the shards, by number."""
        self.row_type, self.row_width = np.dtype(np.int32), 0
        """Of the rows of all pieces."""
        self.unusable = 0
        self.first_error: str | None = None
        """Of the file with the lowest number, with its name."""
        self._first = files
        self._line = np.zeros((files, 2), np.int64)
        self._reports = (work / "reports in any order").open("w+b")

    def close(self) -> None:
        """Close the file of reports."""
        self._reports.close()

    def add(self, number: int, report: FileReport, piece: Mapping[str, Any] | None) -> None:
        """What came of a file; `piece` as `ingest.Shard.append` says it."""
        line = json.dumps(report.to_json()).encode("ascii") + b"\n"
        self._line[number] = self._reports.tell(), len(line)
        self._reports.write(line)
        self.notes_sha256[number], self.sha256[number] = report.notes_sha256, report.sha256
        if report.sketch != NO_SKETCH:
            self.sketches[number] = np.frombuffer(report.sketch, "<u4")
        if report.error is not None:
            self.unusable += 1
            if number < self._first:
                self._first, self.first_error = number, f"{report.name}: {report.error}"
        if piece is None:
            return
        if piece["shard"] not in self.shards:
            self.shards.append(piece["shard"])
        known = {**piece, "shard": self.shards.index(piece["shard"]), "notes": report.notes}
        self.places[number] = tuple(known[name] for name in PLACE.names or ())
        self.has_piece[number] = True
        self.row_type, self.row_width = np.dtype(piece["dtype"]), int(piece["width"])

    def reports(self) -> Iterator[bytes]:
        """The reports of all files in order, a line of JSON each."""
        for begin, length in self._line.tolist():
            self._reports.seek(begin)
            yield self._reports.read(length)
