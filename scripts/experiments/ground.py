"""What all rows of one collection and seed share: pieces, split, networks, where results lie."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.layout import Layout
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.corpus.split import PARTS, SHORTEST_PIECE, Part
from musicgan.midifile.write import write_whole
from musicgan.train.critic_trainer import AdversarialOptions
from musicgan.train.events_run import EventsRun
from musicgan.train.options import Options
from musicgan.train.songs import Song, analyse_pieces


def keep(found: Mapping[str, Any], path: Path) -> None:
    """Write figures down, whole or not at all: what is there counts as done."""
    write_whole(path, json.dumps(found, indent=1).encode())


@dataclass(frozen=True)
class Collection:
    """A folder of MIDI, and how networks of a CPU's size are trained on it."""

    folder: str
    """Below the folder of corpora."""
    dropout: float
    likelihood_epochs: float = 200.0
    likelihood_steps: int | None = None
    """Updates of the likelihood instead; it ends earlier at its plateau."""


COLLECTIONS = {
    "chorales": Collection("bach-chorales", 0.4),
    "nottingham": Collection("nottingham", 0.3, 100.0),
    "pop909": Collection("pop909", 0.2, 40.0),
    "lieder": Collection("openscore-lieder", 0.3, 30.0),
}


@dataclass(frozen=True)
class Place:
    """One collection and one training seed; its results lie under `out`."""

    name: str
    data: Path
    seed: int
    out: Path
    hidden: int = 256
    device: str | None = None
    updates: int = 200
    """Of every adversarial row and of its control."""
    collection: Collection | None = None
    """Instead of the one of that name."""
    adversarial: AdversarialOptions = field(default_factory=AdversarialOptions)
    _analysed: dict[tuple[Part, Layout], list[Song]] = field(default_factory=dict, repr=False)

    @property
    def about(self) -> Collection:
        """The collection."""
        return self.collection or COLLECTIONS[self.name]

    def row(self, name: str) -> Path:
        """The folder of a row's weights and figures."""
        return self.out / self.name / f"seed{self.seed}" / name

    def read(self, row: str, file: str) -> dict[str, Any]:
        """A row's figures. Raises SystemExit, saying what to run, where there are none."""
        path = self.row(row) / file
        if not path.is_file():
            raise SystemExit(f"{path} is not there: run the row {row!r} with this seed first")
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    @property
    def options(self) -> Options:
        """What networks of this place are trained with."""
        return Options(
            style=self.name,
            seed=self.seed,
            device=self.device,
            hidden=self.hidden,
            dropout=self.about.dropout,
            likelihood_epochs=self.about.likelihood_epochs,
            likelihood_steps=self.about.likelihood_steps,
            adversarial=self.adversarial,
            adversarial_steps=self.updates,
        )

    @cached_property
    def corpus(self) -> Corpus:
        """The pieces as note tuples, split by piece, near duplicates on one side."""
        folder = self.data / self.about.folder
        # The pedal left out, as whoever published figures of these collections did.
        return Corpus.open(folder, choose_codec(folder, pedal=False, fine=1))

    @property
    def codec(self) -> EventsCodec:
        """How pieces are note tuples."""
        codec = self.corpus.codec
        assert isinstance(codec, EventsCodec)
        return codec

    def run(self, options: Options | None = None) -> EventsRun:
        """Fresh networks and phases.

        They do not look back: a form taken from real pieces would tell of them what no textbook
        method is told.
        """
        return EventsRun(self.corpus, self.codec, options or self.options, looks_back=False)

    def songs(self, run: EventsRun, part: Part) -> list[Song]:
        """The analysed pieces of a part, too short ones left out; the same for every row."""
        key = part, run.config.layout
        if key not in self._analysed:
            pieces = [p for p in self.corpus.pieces(part) if len(p.rows) >= SHORTEST_PIECE]
            self._analysed[key] = analyse_pieces(pieces, run.config, run.ranges)
        return self._analysed[key]

    def write_split(self) -> Path:
        """Write down which piece is on which side, once."""
        path = self.out / self.name / "split.csv"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = [(part, p.name) for part in PARTS for p in self.corpus.pieces(part)]
            with path.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([("part", "file"), *rows])
        return path
