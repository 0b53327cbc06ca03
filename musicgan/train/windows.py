"""Songs of note tuples -> training windows, varied on the fly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from musicgan.codecs.echo import NO_NOTE
from musicgan.codecs.events import DURATION, PITCH, VOICE
from musicgan.codecs.form import Form
from musicgan.codecs.layout import Layout
from musicgan.errors import CorpusError
from musicgan.model.config import TEMPO, tempo_class
from musicgan.train import team
from musicgan.train.augment import Augmentation, Variation, vary
from musicgan.train.device.windows import Resident
from musicgan.train.networks import Batch, Past
from musicgan.train.shelf import fetched, lengths_of, shelf_of, some_of
from musicgan.train.songs import Ints, Song


class Windows:
    """Random windows of `length` rows for training, fixed ones for validation."""

    def __init__(
        self,
        songs: Sequence[Song],
        length: int,
        layout: Layout,
        augmentation: Augmentation = Augmentation(),  # noqa: B008 - it is frozen
        device: torch.device | None = None,
    ) -> None:
        """On a `device` other than the CPU `draw` makes its windows there."""
        self.songs = songs
        self.length = length
        self.layout = layout
        self.augmentation = augmentation
        self._lengths = lengths_of(songs)
        self.rows = int(self._lengths.sum())
        is_away = device is not None and device.type != "cpu"
        self.resident = Resident(layout, device, self.rows) if device and is_away else None

    def draw(self, batch: int, rng: np.random.Generator, update: int = 0) -> Batch:
        """`batch` windows at random places of pieces drawn by length, varied at random.

        Of a large collection `update`, their number so far, says which pieces have their turn.
        Of these and of those of `draw_inside` a process makes its own part.
        """
        shelf = shelf_of(self.songs, update)
        chosen = self._by_length(shelf, batch, rng)
        parts = []
        for song in fetched(self.songs, chosen):
            # Starts before the beginning are cut to it, so that openings are seen often enough.
            begin = max(0, int(rng.integers(-self.length // 8, max(1, len(song) - 16))))
            parts.append((song, begin, self.augmentation.draw(song.shifts, rng)))
        return self._collate(team.own(parts), team.own(chosen.tolist()))

    def draw_inside(
        self, batch: int, rng: np.random.Generator, openings: bool = False, update: int = 0
    ) -> Batch:
        """`batch` windows that are full and hold no END; `openings` begin with the first row.

        Raises `CorpusError` when no piece is as long as a window.
        """
        shelf = shelf_of(self.songs, update)
        long = shelf[self._lengths[shelf] > self.length]
        if not len(long):
            long = np.flatnonzero(self._lengths > self.length)
        if not len(long):
            raise CorpusError(f"no piece has {self.length} notes: give longer ones, or more")
        parts = []
        for song in fetched(self.songs, self._by_length(long, batch, rng)):
            last = 0 if openings else len(song) - 1 - self.length
            begin = int(rng.integers(last + 1))
            variation = replace(self.augmentation.draw(song.shifts, rng), forgets=False)
            parts.append((song, begin, variation))
        parts = team.own(parts)
        left = np.stack([song.bars_left[begin : begin + self.length] for song, begin, _ in parts])
        past = self._past(parts) if self.layout.looks_back else None
        return replace(self._collate(parts), bars_left=left, past=past)

    def _by_length(self, songs: Ints, count: int, rng: np.random.Generator) -> Ints:
        """`count` of these songs, long ones more often."""
        lengths = self._lengths[songs]
        return np.asarray(rng.choice(songs, count, p=lengths / lengths.sum()))

    def every(self, batch: int, forgets: bool = False, most: int | None = None) -> Iterator[Batch]:
        """All windows one after another without overlap, or `most` of them, spread evenly.

        As they are written. A tail of fewer than 16 rows is left out: hardly anything would be
        known of it. With `forgets` nothing is told of earlier bars.
        """
        places = [
            (at, begin)
            for at, length in enumerate(self._lengths.tolist())
            for begin in range(0, length, self.length)
            if length - begin >= min(16, length)
        ]
        chosen = some_of(places, most or len(places))
        for first in range(0, len(chosen), batch):
            some = chosen[first : first + batch]
            songs = fetched(self.songs, [at for at, _ in some])
            how = Variation(forgets=forgets)
            yield self._collate(
                [(song, begin, how) for song, (_, begin) in zip(songs, some, strict=True)]
            )

    def _collate(
        self, parts: Sequence[tuple[Song, int, Variation]], numbers: Sequence[int] = ()
    ) -> Batch:
        """One batch; on the device, if there is one, where the songs' `numbers` are given."""
        tensors, mask = (
            self._copied(parts)
            if not numbers or not self.resident
            else (
                self.resident.windows(
                    [(number, *part) for number, part in zip(numbers, parts, strict=True)],
                    self.length,
                )
            )
        )
        tonic = np.array([song.tonic + variation.semitones for song, _, variation in parts])
        conditions = np.stack([song.conditions for song, *_ in parts])
        conditions[:, TEMPO] = [
            tempo_class(song.bpm * variation.tempo) for song, _, variation in parts
        ]
        return Batch(
            past=None,
            bars_left=None,
            **tensors,
            tonic=torch.from_numpy(tonic % 12).to(mask.device),
            conditions=torch.from_numpy(conditions).to(mask.device),
            mask=mask,
        )

    def _copied(
        self, parts: Sequence[tuple[Song, int, Variation]]
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Columns of the windows, varied, and their mask."""
        size = self.length
        columns: dict[str, NDArray[np.int64]] = {}
        for name, like in parts[0][0].columns.items():
            columns[name] = np.zeros((len(parts), size, *like.shape[1:]), np.int64)
        mask = np.zeros((len(parts), size), np.float32)
        for b, (song, begin, _) in enumerate(parts):
            count = min(size, len(song) - begin)
            mask[b, :count] = 1
            for name, value in song.columns.items():
                columns[name][b, :count] = value[begin : begin + count]
        vary(columns, [variation for *_, variation in parts], self.layout)
        tensors = {name: torch.from_numpy(value) for name, value in columns.items()}
        return tensors, torch.from_numpy(mask)

    def _past(self, parts: Sequence[tuple[Song, int, Variation]]) -> Past:
        """What stands before each window; a window's context begins at the onset before it."""
        most = max(begin for _, begin, _ in parts)
        notes = np.full((len(parts), most), NO_NOTE)
        durations = np.zeros((len(parts), most), np.int64)
        bar = np.zeros((len(parts), self.length), np.int64)
        for b, (song, begin, variation) in enumerate(parts):
            bar[b] = song.bar[begin : begin + self.length]
            if begin:
                rows = song.columns["rows"][:begin].astype(np.int64)
                still = np.isin(rows[:, VOICE], self.layout.drums)
                pitch = rows[:, PITCH] + np.where(still, 0, variation.semitones)
                since = song.onset_step[:begin] - song.onset_step[begin - 1]
                notes[b, -begin:] = self.layout.packed(since, rows[:, VOICE], pitch)
                durations[b, -begin:] = rows[:, DURATION]
        return Past(notes, durations, bar, Form.together([song.form for song, *_ in parts]))
