"""One side of a comparison: its MIDI files, read whole; what cannot be used is named."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicgan.corpus.report import report_score
from musicgan.corpus.scan import Progress, find_midi, shown
from musicgan.errors import EvaluateError, MidiReadError
from musicgan.midifile import read_midi
from musicgan.score import Score
from musicgan.theory import infer_metre


@dataclass(frozen=True)
class Heard:
    """A piece as its file says it, but for metres that cannot be: those are heard in its notes."""

    name: str
    score: Score
    content: str
    """Hash of the notes in normal form: equal for the same music."""
    sketch: bytes
    """Fingerprint for near duplicates, blind to transposition."""


@dataclass(frozen=True)
class Side:
    """The pieces of one side, and why the other files are left out: {name: reason}."""

    pieces: list[Heard]
    unusable: dict[str, str]

    @property
    def scores(self) -> list[Score]:
        """The music alone."""
        return [piece.score for piece in self.pieces]

    def without(self, unusable: dict[str, str]) -> Side:
        """The same side with these pieces, too, left out for the reasons given."""
        kept = [piece for piece in self.pieces if piece.name not in unusable]
        return Side(kept, {**self.unusable, **unusable})

    def only(self, names: Collection[str]) -> Side:
        """The pieces of these names, and no word of the others."""
        unusable = {name: why for name, why in self.unusable.items() if name in names}
        return Side([piece for piece in self.pieces if piece.name in names], unusable)


def read_side(paths: Sequence[Path], progress: Progress | None = None, pedal: bool = False) -> Side:
    """Read MIDI files, or all that lie under folders; names are as short as tells them apart.

    With `pedal` notes last as long as it holds them, as a model's that learned them so.

    Raises `CorpusError` or `EvaluateError` where there is no such file or folder, or no MIDI.
    """
    files = dict(_files(paths))
    pieces: list[Heard] = []
    unusable: dict[str, str] = {}
    for done, (name, path) in enumerate(files.items(), 1):
        try:
            pieces.append(hear(name, read_midi(path, pedal=pedal)))
        except MidiReadError as error:
            unusable[name] = str(error).removeprefix(f"{path}: ")
        except EvaluateError as error:
            unusable[name] = str(error)
        if progress is not None:
            progress(done, len(files))
    return Side(pieces, unusable)


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    shared = Path(os.path.commonpath([path.absolute() for path in paths]))
    root = shared if shared.is_dir() else shared.parent
    for path in paths:
        if path.is_dir():
            below = path.absolute().relative_to(root)
            yield from ((shown((below / name).as_posix()), path / name) for name in find_midi(path))
        elif path.exists():
            yield shown(path.absolute().relative_to(root).as_posix()), path
        else:
            raise EvaluateError(f"{path} does not exist: give MIDI files, or a folder of them")


def hear(name: str, score: Score) -> Heard:
    """A piece from its score. Raises `EvaluateError` when it has no notes."""
    score = replace(score, metres=infer_metre(score))
    report = report_score(name, "", score)
    if report.error is not None:
        raise EvaluateError(report.error)
    return Heard(name, score, report.notes_sha256, report.sketch)


def without_copies(side: Side) -> Side:
    """The side with each music once: a piece there twice is no second witness."""
    first: dict[str, str] = {}
    again = {}
    for piece in side.pieces:
        name = first.setdefault(piece.content, piece.name)
        if name != piece.name:
            again[piece.name] = f"the same music as {name}"
    return side.without(again)
