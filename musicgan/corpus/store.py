"""An encoded collection on disk: a folder of memory-mapped arrays, whole or not there.

rows.npy      [all rows, F] int32 or float32, pieces one after another
bars.npy      [all bar lines] int64
pieces.npy    [pieces] `PIECE`: where each piece lies in them, its key, tempo and part
names.json    [pieces] file names
reports.jsonl one `FileReport` a file, readable or not
about.json    format, codec, manifest hash
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

FORMAT_VERSION = 2
PIECE = np.dtype(
    [
        ("row_start", np.int64),
        ("row_stop", np.int64),
        ("bar_start", np.int64),
        ("bar_stop", np.int64),
        ("bpm", np.float64),
        ("states_tempo", np.bool_),
        ("tonic", np.int8),
        ("is_minor", np.bool_),
        ("numerator", np.int32),
        ("denominator", np.int32),
        ("part", np.int8),
    ]
)
"""One piece; `part` indexes `split.PARTS`."""


def write_store(
    target: Path,
    shards: Path,
    places: Sequence[Mapping[str, Any]],
    parts: NDArray[np.int8],
    names: Sequence[str],
    reports: Sequence[Mapping[str, Any]],
    about: Mapping[str, Any],
) -> None:
    """Gather the pieces at `places` (from `ingest.Shard`) in this order into `target`."""
    target.mkdir()
    table = np.zeros(len(places), PIECE)
    for kind in ("row", "bar"):
        counts = np.array([place[f"{kind}s"] for place in places], np.int64)
        table[f"{kind}_stop"] = np.cumsum(counts)
        table[f"{kind}_start"] = table[f"{kind}_stop"] - counts
    for field in ("bpm", "states_tempo", "tonic", "is_minor", "numerator", "denominator"):
        table[field] = [place[field] for place in places]
    table["part"] = parts
    np.save(target / "pieces.npy", table)
    dtype, width = np.dtype(places[0]["dtype"]), places[0]["width"]
    rows_shape = (int(table["row_stop"][-1]), width)
    _gather(target / "rows.npy", shards, places, "row", dtype, rows_shape)
    bars_shape = (int(table["bar_stop"][-1]),)
    _gather(target / "bars.npy", shards, places, "bar", np.dtype(np.int64), bars_shape)
    (target / "names.json").write_text(json.dumps(list(names)), "ascii")
    with (target / "reports.jsonl").open("w", encoding="ascii") as file:
        file.writelines(json.dumps(report) + "\n" for report in reports)
    (target / "about.json").write_text(json.dumps(dict(about), indent=1), "ascii")


def _gather(
    path: Path,
    shards: Path,
    places: Sequence[Mapping[str, Any]],
    kind: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> None:
    """Copy slices of shard files into one .npy, a piece at a time."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    item_byte = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
    open_shards: dict[str, IO[bytes]] = {}
    try:
        with path.open("wb") as out:
            np.lib.format.write_array_header_1_0(out, header)
            for place in places:
                shard = place["shard"]
                if shard not in open_shards:
                    open_shards[shard] = (shards / f"{shard}.{kind}s").open("rb")
                source = open_shards[shard]
                source.seek(place[f"{kind}_byte"])
                out.write(source.read(place[f"{kind}s"] * item_byte))
    finally:
        for file in open_shards.values():
            file.close()


class Store:
    """The arrays of a store, memory-mapped; opening reads nothing but the piece table."""

    def __init__(self, folder: Path) -> None:
        self.about: dict[str, Any] = json.loads((folder / "about.json").read_text("ascii"))
        self.names: list[str] = json.loads((folder / "names.json").read_text("ascii"))
        self.pieces: NDArray[np.void] = np.load(folder / "pieces.npy")
        self.rows: NDArray[Any] = np.load(folder / "rows.npy", mmap_mode="r")
        self.bars: NDArray[np.int64] = np.load(folder / "bars.npy", mmap_mode="r")
        self._folder = folder

    def reports(self) -> list[dict[str, Any]]:
        """The report of every file, as JSON."""
        with (self._folder / "reports.jsonl").open(encoding="ascii") as file:
            return [json.loads(line) for line in file]


def is_store(folder: Path) -> bool:
    """Whether `folder` is a store; what is there is whole, since it came by a rename."""
    return (folder / "about.json").is_file()


def move_into_place(built: Path, target: Path) -> None:
    """Rename a finished store; when another process was first, its copy stays."""
    try:
        built.rename(target)
    except OSError:
        if not is_store(target):
            raise
        shutil.rmtree(built, ignore_errors=True)
