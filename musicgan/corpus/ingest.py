"""One file: read, reported and, given a codec, encoded into a shard on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs import get_codec
from musicgan.codecs.base import Codec, hears_pedal
from musicgan.corpus.piece import Piece, make_piece
from musicgan.corpus.report import FileReport, report_score
from musicgan.errors import MidiReadError, MusicganError
from musicgan.midifile import read_bounded, read_midi, read_pedalled
from musicgan.theory import infer_metre

MAX_STEP = 2**31 - 1


class Ingest:
    """Reads files of `folder`; with a codec, appends their rows and bars to files at `shard`."""

    def __init__(self, folder: Path, codec: Codec | None = None, shard: Path | None = None) -> None:
        self._folder = folder
        self._codec = codec
        self._shard = None if codec is None or shard is None else Shard(shard)

    @classmethod
    def from_setup(cls, setup: Mapping[str, Any]) -> Ingest:
        """From JSON: {"folder", "shard", "codec", "options"}, the last three may be missing."""
        name = setup.get("codec")
        codec = None if name is None else get_codec(name, **setup["options"])
        shard = setup.get("shard")
        return cls(Path(setup["folder"]), codec, None if shard is None else Path(shard))

    def close(self) -> None:
        """Close the shard."""
        if self._shard is not None:
            self._shard.close()

    def file(self, name: str) -> dict[str, Any]:
        """JSON-ready {"report"} of one file, and {"piece"} when it was encoded.

        Never raises for what a file holds: the report then says why it could not be used.
        """
        path = self._folder / name
        sha256 = ""
        try:
            data = read_bounded(path)
            sha256 = hashlib.sha256(data).hexdigest()
            if hears_pedal(self._codec):
                score, keys = read_pedalled(data)
            else:
                score = keys = read_midi(data)
            stated = score.metres
            score = score.with_columns(score.columns, metres=infer_metre(score))
            report = report_score(name, sha256, score, stated, keys)
            answer: dict[str, Any] = {"report": report.to_json()}
            if report.error is None and self._codec is not None and self._shard is not None:
                answer["piece"] = self._shard.append(make_piece(name, score, self._codec))
            return answer
        except MidiReadError as error:
            reason = str(error).removeprefix("MIDI data: ")
        except MusicganError as error:
            reason = str(error)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        except Exception as error:  # one odd file must not end the scan of a collection
            reason = f"{type(error).__name__}: {error}"
        return {"report": FileReport(name, sha256, error=_one_line(reason)).to_json()}


def _one_line(text: str) -> str:
    return " ".join(text.split())


class Shard:
    """Two growing files: rows (int32 or float32) and bar lines (int64)."""

    def __init__(self, path: Path) -> None:
        self._rows = path.with_suffix(".rows").open("ab")
        self._bars = path.with_suffix(".bars").open("ab")
        self._path = path

    def close(self) -> None:
        """Close both files."""
        self._rows.close()
        self._bars.close()

    def append(self, piece: Piece) -> dict[str, Any] | None:
        """Where the piece went, JSON-ready; None when the codec left nothing of it."""
        if not len(piece.rows):
            return None
        rows = _compact(piece.rows)
        place = {
            "shard": self._path.name,
            "row_byte": self._rows.tell(),
            "bar_byte": self._bars.tell(),
            "rows": len(rows),
            "bars": len(piece.bar_start_step),
            "dtype": rows.dtype.str,
            "width": rows.shape[1],
            "tonic": piece.key.tonic,
            "is_minor": piece.key.is_minor,
            "numerator": piece.metre[0],
            "denominator": piece.metre[1],
            "bpm": piece.bpm,
            "states_tempo": piece.states_tempo,
        }
        for file, array in ((self._rows, rows), (self._bars, piece.bar_start_step)):
            file.write(np.ascontiguousarray(array).tobytes())
            file.flush()
        return place


def _compact(rows: NDArray[Any]) -> NDArray[Any]:
    """Integers as int32: half the disk and page cache of int64."""
    if rows.dtype.kind == "f":
        return rows.astype(np.float32)
    if len(rows) and (rows.max() > MAX_STEP or rows.min() < -MAX_STEP):
        raise MusicganError(f"a rest or note of over {MAX_STEP} steps: longer than can be stored")
    return rows.astype(np.int32)
