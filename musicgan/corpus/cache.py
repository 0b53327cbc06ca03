"""`Corpus`: a folder of MIDI as encoded pieces, computed once and memory-mapped ever after."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs import get_codec
from musicgan.codecs.base import Codec
from musicgan.corpus.duplicates import exact_groups, near_groups
from musicgan.corpus.gathering import Gathering
from musicgan.corpus.ingest import Ingest
from musicgan.corpus.known import stamp
from musicgan.corpus.piece import Piece
from musicgan.corpus.places import (
    codec_key,
    digest,
    remove_stale_work,
    writable_or_temporary,
)
from musicgan.corpus.pool import run_tasks, worker_count
from musicgan.corpus.report import FileReport
from musicgan.corpus.scan import Progress, find_midi, report_of
from musicgan.corpus.split import PARTS, Part, split
from musicgan.corpus.store import Store, found_store, move_into_place, write_store
from musicgan.errors import CodecError, CorpusError
from musicgan.folders import cache_folder
from musicgan.midifile import read_bounded
from musicgan.midifile.write import write_whole
from musicgan.score import Key


class Corpus:
    """Every readable file of a folder, encoded, split by piece, exact duplicates left out.

    Made by `Corpus.open`. Memory stays flat: pieces are views of files on disk.
    """

    def __init__(self, folder: Path, codec: Codec, store: Store) -> None:
        self.folder = folder
        self.codec = codec
        self._store = store

    @classmethod
    def open(
        cls,
        folder: str | Path,
        codec: Codec,
        *,
        cache_dir: str | Path | None = None,
        progress: Progress | None = None,
        workers: int | None = None,
    ) -> Corpus:
        """The corpus of `folder` under `codec`; only the first opening reads the files.

        `cache_dir`: default $MUSICGAN_CACHE or the user's cache folder. `progress(done, total)`
        is called after each file. `workers`: processes (None: by the machine; 0: this one).
        Raises `CorpusError` when there is no such folder, no MIDI in it, nothing readable, or
        fewer than 3 different pieces, which cannot be split.
        """
        names = find_midi(folder)
        root = Path(folder).resolve()
        key = codec_key(codec)
        home = cache_folder(cache_dir)
        stamps = (stamp(root, name) for name in names)
        pointer = f"{digest(chain([str(root), key], stamps))[:40]}.at"
        if (known := _pointed(home / pointer)) is not None:
            return cls(root, codec, known)
        home = writable_or_temporary(home)
        contents = [_content_hash(root / name) for name in names]
        # A file that could not be read may be readable next time, without having changed.
        unread = contents.count("")
        path = home / digest(chain([key], zip(names, contents, strict=True)))[:40]
        store = found_store(path)
        if store is None or store.unread > unread:
            shutil.rmtree(path, ignore_errors=True)
            workers = _workers_for(names, codec, workers)
            store = _build(path, root, names, codec, workers, progress)
        if not store.unread:
            write_whole(home / pointer, path.name.encode("ascii"))
        return cls(root, codec, store)

    def pieces(self, part: Part) -> Pieces:
        """The pieces of one part of the split, made as they are asked for."""
        if part not in PARTS:
            raise CorpusError(f"no part {part!r}: choose one of {', '.join(PARTS)}")
        return Pieces(self._store, np.flatnonzero(self._store.pieces["part"] == PARTS.index(part)))

    @property
    def manifest_hash(self) -> str:
        """sha256 of the contents of all pieces: the same files give the same hash anywhere."""
        return str(self._store.about["manifest_hash"])

    @property
    def unusable(self) -> int:
        """How many files cannot be used; `reports` say why."""
        return int(self._store.about["unusable"])

    @cached_property
    def reports(self) -> list[FileReport]:
        """What is in each file, readable or not, sorted by name."""
        return [FileReport.from_json(report) for report in self._store.reports()]


class Pieces(Sequence[Piece]):
    """Pieces of a store by number; each is made anew, its rows read from disk as it is used."""

    def __init__(self, store: Store, indices: NDArray[np.int64]) -> None:
        self._store = store
        self._indices = indices
        table = store.pieces[indices]
        self.lengths: NDArray[np.int64] = table["row_stop"] - table["row_start"]
        """Rows of each piece, [N]."""
        self.notes: NDArray[np.int64] = table["notes"]
        """Notes in the file of each piece, [N]."""

    def at_least(self, rows: int) -> Pieces:
        """Those of so many rows or more."""
        return Pieces(self._store, self._indices[self.lengths >= rows])

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, at: int) -> Piece: ...
    @overload
    def __getitem__(self, at: slice) -> Pieces: ...
    def __getitem__(self, at: int | slice) -> Piece | Pieces:
        if isinstance(at, slice):
            return Pieces(self._store, self._indices[at])
        index = int(self._indices[at])
        entry = self._store.pieces[index]
        rows = self._store.rows.read(int(entry["row_start"]), int(entry["row_stop"]))
        bars = self._store.bars.read(int(entry["bar_start"]), int(entry["bar_stop"]))
        return Piece(
            name=self._store.names[index],
            rows=rows if rows.dtype.kind == "f" else rows.astype(np.int64),
            bar_start_step=bars,
            key=Key(0, int(entry["tonic"]), bool(entry["is_minor"])),
            metre=(int(entry["numerator"]), int(entry["denominator"])),
            bpm=float(entry["bpm"]),
            states_tempo=bool(entry["states_tempo"]),
        )

    def __iter__(self) -> Iterator[Piece]:
        return (self[at] for at in range(len(self)))


def _workers_for(names: Sequence[str], codec: Codec, workers: int | None) -> int:
    """Processes to use; 0, this one, when a worker could not make the codec by its name."""
    if workers == 0:
        return 0
    try:
        found = type(get_codec(codec.name, **dict(codec.options()))) is type(codec)
    except CodecError:
        found = False
    return worker_count(len(names), workers) if found else 0


def _pointed(pointer: Path) -> Store | None:
    """The store that a pointer names; None where either is missing or damaged."""
    try:
        return found_store(pointer.parent / pointer.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _content_hash(path: Path) -> str:
    """Of the bytes of a file; empty for one that cannot be read."""
    try:
        return hashlib.sha256(read_bounded(path)).hexdigest()
    except OSError:
        return ""


def _build(
    store: Path,
    root: Path,
    names: Sequence[str],
    codec: Codec,
    workers: int,
    progress: Progress | None,
) -> Store:
    """Encode everything beside `store`, then move it there in one step."""
    remove_stale_work(store.parent)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=store.parent))
    try:
        number_of = {name: number for number, name in enumerate(names)}
        with (
            closing(Gathering(work, len(names))) as found,
            closing(_answers(work, root, names, codec, workers)) as tasks,
        ):
            for done, (name, answer) in enumerate(tasks, 1):
                found.add(number_of[name], report_of(name, answer), answer.get("piece"))
                if progress is not None:
                    progress(done, len(names))
            _finish(work, root, names, codec, found)
        return move_into_place(work / "store", store)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _answers(
    work: Path, root: Path, names: Sequence[str], codec: Codec, workers: int
) -> Generator[tuple[str, dict[str, Any]], None, None]:
    if workers == 0:
        with closing(Ingest(root, codec, work / "0")) as ingest:
            for name in names:
                yield name, ingest.file(name)
        return
    setup = {"folder": str(root), "codec": codec.name, "options": dict(codec.options())}
    setups = [{**setup, "shard": str(work / str(number))} for number in range(workers)]
    yield from run_tasks(setups, names)


def _finish(work: Path, root: Path, names: Sequence[str], codec: Codec, found: Gathering) -> None:
    """Leave exact duplicates out, split the rest, write the store."""
    readable = np.flatnonzero(found.has_piece)
    if not len(readable):
        first = found.first_error or "no notes for its voices"
        raise CorpusError(f"none of the {len(names)} files in {root} can be used; first {first}")
    exact = exact_groups(found.notes_sha256[readable])
    groups = near_groups(found.sketches[readable], exact)
    first_copies = np.flatnonzero(exact == np.arange(len(exact)))
    kept = readable[first_copies]
    parts = split(found.notes_sha256[kept], groups[first_copies])
    about = {
        "codec": codec.name,
        "options": dict(codec.options()),
        "manifest_hash": digest(
            found.sha256[i].decode("ascii") for i in kept[np.argsort(found.sha256[kept])]
        ),
        "unusable": found.unusable,
        "unread": int(np.count_nonzero(found.sha256 == b"")),
    }
    write_store(
        work / "store",
        [work / name for name in found.shards],
        found.places[kept],
        (found.row_type, found.row_width),
        parts,
        [names[i] for i in kept],
        found.reports(),
        about,
    )
