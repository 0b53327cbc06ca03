"""An encoded collection on disk: a folder of arrays, whole or not there.

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
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT_VERSION = 3
KNOWN = [
    ("notes", np.int64),
    ("bpm", np.float64),
    ("states_tempo", np.bool_),
    ("tonic", np.int8),
    ("is_minor", np.bool_),
    ("numerator", np.int32),
    ("denominator", np.int32),
]
"""What is known of a piece; `notes` are those of its file."""
PIECE = np.dtype(
    [
        ("row_start", np.int64),
        ("row_stop", np.int64),
        ("bar_start", np.int64),
        ("bar_stop", np.int64),
        *KNOWN,
        ("part", np.int8),
    ]
)
"""One piece; `part` indexes `split.PARTS`."""


def write_store(
    target: Path,
    shards: Sequence[Path],
    places: NDArray[np.void],
    row_type: tuple[np.dtype[Any], int],
    parts: NDArray[np.int8],
    names: Sequence[str],
    reports: Iterable[bytes],
    about: Mapping[str, Any],
) -> None:
    """Gather the pieces at `places` [N] (`gathering.PLACE`) in this order into `target`.

    `shards` are the files they lie in, without suffix; rows have a type and a width.
    """
    target.mkdir()
    table = np.zeros(len(places), PIECE)
    for kind in ("row", "bar"):
        table[f"{kind}_stop"] = np.cumsum(places[f"{kind}s"])
        table[f"{kind}_start"] = table[f"{kind}_stop"] - places[f"{kind}s"]
    for field, _ in KNOWN:
        table[field] = places[field]
    table["part"] = parts
    np.save(target / "pieces.npy", table)
    dtype, width = row_type
    rows_shape = (int(table["row_stop"][-1]), width)
    _gather(target / "rows.npy", shards, places, "row", dtype, rows_shape)
    bars_shape = (int(table["bar_stop"][-1]),)
    _gather(target / "bars.npy", shards, places, "bar", np.dtype(np.int64), bars_shape)
    (target / "names.json").write_text(json.dumps(list(names)), "ascii")
    with (target / "reports.jsonl").open("wb") as file:
        file.writelines(reports)
    (target / "about.json").write_text(json.dumps(dict(about), indent=1), "ascii")


def _gather(
    path: Path,
    shards: Sequence[Path],
    places: NDArray[np.void],
    kind: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> None:
    """Copy slices of shard files into one .npy, a piece at a time."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    item_byte = dtype.itemsize * int(np.prod(shape[1:], dtype=np.int64))
    with ExitStack() as files:
        sources = [
            files.enter_context(shard.with_suffix(f".{kind}s").open("rb")) for shard in shards
        ]
        out = files.enter_context(path.open("wb"))
        np.lib.format.write_array_header_1_0(out, header)
        columns = (places["shard"], places[f"{kind}_byte"], places[f"{kind}s"])
        for shard, begin, count in zip(*(column.tolist() for column in columns), strict=True):
            sources[shard].seek(begin)
            out.write(sources[shard].read(count * item_byte))


class Stored:
    """An array in a .npy file, of which parts are read; held open, should it be deleted.

    A memory map would do; but the pages it has touched count as memory of the process, in the
    end as much as the collection is large.
    """

    def __init__(self, path: Path) -> None:
        whole = np.load(path, mmap_mode="r")
        self._rest, self._dtype, self._begin = whole.shape[1:], whole.dtype, int(whole.offset)
        self._file = path.open("rb", buffering=0)

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """Its rows from `start` to `stop`."""
        row_byte = int(np.prod(self._rest, dtype=np.int64)) * self._dtype.itemsize
        self._file.seek(self._begin + start * row_byte)
        found = self._file.read((stop - start) * row_byte)
        return np.frombuffer(found, self._dtype).reshape(-1, *self._rest)


class Store:
    """The arrays of a store; opening reads nothing but the piece table."""

    def __init__(self, folder: Path) -> None:
        self.about: dict[str, Any] = json.loads((folder / "about.json").read_text("ascii"))
        self.names: list[str] = json.loads((folder / "names.json").read_text("ascii"))
        self.pieces: NDArray[np.void] = np.load(folder / "pieces.npy")
        self.rows, self.bars = Stored(folder / "rows.npy"), Stored(folder / "bars.npy")
        self._folder = folder

    @property
    def unread(self) -> int:
        """Files of which not a byte was read, be it that nobody may, or that their reader died."""
        return int(self.about.get("unread", 0))

    def reports(self) -> list[dict[str, Any]]:
        """The report of every file, as JSON."""
        with (self._folder / "reports.jsonl").open(encoding="ascii") as file:
            return [json.loads(line) for line in file]


def found_store(folder: Path) -> Store | None:
    """The store that is there; None where there is none, or what is there is damaged.

    It came by a rename, and is whole unless the machine lost power or somebody tidied up.
    """
    try:
        return Store(folder)
    except (OSError, ValueError, KeyError, EOFError):
        return None


def move_into_place(built: Path, target: Path) -> Store:
    """Rename a finished store; when another process was first, its copy stays."""
    try:
        built.rename(target)
    except OSError:
        found = found_store(target)
        if found is None:
            raise
        shutil.rmtree(built, ignore_errors=True)
        return found
    return Store(target)
