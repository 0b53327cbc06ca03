"""Pieces of note tuples -> training windows, analysed once, varied on the fly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from musicgan.codecs.analysis import Analysis, analyse
from musicgan.codecs.bars import Place, place_in_form
from musicgan.codecs.context import Context
from musicgan.codecs.echo import NO_NOTE
from musicgan.codecs.events import DURATION, PITCH, VOICE
from musicgan.codecs.form import Form, form_of
from musicgan.codecs.layout import Layout
from musicgan.corpus.piece import Piece
from musicgan.errors import CorpusError
from musicgan.model.config import TEMPO, EventsConfig, tempo_class
from musicgan.train.augment import MOST_SEMITONES, Augmentation, Variation, vary
from musicgan.train.networks import Batch, Past

Ints = NDArray[np.int64]
PIECES_AT_ONCE = 64


@dataclass(frozen=True)
class Song:
    """One analysed piece; row T is END. Columns as in `codecs.analysis.Analysis`."""

    columns: dict[str, NDArray[np.int16]]
    """fed, rows, moment, pitch, duration, last, lowest, echo, heard: [T + 1, ...] each."""
    onset_step: Ints
    """[T + 1] of each row; of END where the last bar ends."""
    bar: Ints
    """[T + 1] in which each row begins."""
    form: Form
    tonic: int
    bpm: float
    conditions: Ints
    shifts: Ints
    """Transpositions up to `MOST_SEMITONES` that keep every voice in its range."""

    def __len__(self) -> int:
        return len(self.columns["rows"])


def voice_ranges(pieces: Sequence[Piece], layout: Layout) -> Ints:
    """Lowest and highest pitch of each voice over all pieces, [V, 2]."""
    ranges = np.tile(np.array([127, 0], np.int64), (layout.voices, 1))
    for piece in pieces:
        np.minimum.at(ranges[:, 0], piece.rows[:, 1].astype(int), piece.rows[:, 2].astype(int))
        np.maximum.at(ranges[:, 1], piece.rows[:, 1].astype(int), piece.rows[:, 2].astype(int))
    return ranges


def allowed_shifts(rows: Ints, ranges: Ints, drums: Sequence[int], reach: int = 6) -> Ints:
    """Semitones from -`reach` to `reach` that keep rows [T, 5] inside voice ranges [V, 2].

    0 is always allowed; drums do not move.
    """
    pitched = rows[~np.isin(rows[:, 1], drums)]
    if not len(pitched):
        return np.zeros(1, np.int64)
    low = (ranges[pitched[:, 1], 0] - pitched[:, 2]).max()
    high = (ranges[pitched[:, 1], 1] - pitched[:, 2]).min()
    return np.arange(min(0, max(-reach, low)), max(0, min(reach, high)) + 1)


def analyse_pieces(
    pieces: Sequence[Piece], config: EventsConfig, ranges: Ints, style: int = 0
) -> list[Song]:
    """Analyse pieces many at once, longest together."""
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i].rows))
    songs: dict[int, Song] = {}
    for begin in range(0, len(order), PIECES_AT_ONCE):
        some = order[begin : begin + PIECES_AT_ONCE]
        group = _analyse_group([pieces[i] for i in some], config, ranges, style)
        songs.update(zip(some, group, strict=True))
    return [songs[i] for i in range(len(pieces))]


def _analyse_group(
    pieces: Sequence[Piece], config: EventsConfig, ranges: Ints, style: int
) -> list[Song]:
    layout = config.layout
    length = max(len(piece.rows) for piece in pieces) + 1
    rows = np.zeros((len(pieces), length, 5), np.int64)
    where, first = _Places(len(pieces), length), _Places(len(pieces), 1)
    forms = []
    for b, piece in enumerate(pieces):
        bars = piece.bar_start_step
        form = form_of(piece.rows.astype(np.int64), bars, layout.looks_back)
        rows[b, : len(piece.rows)] = layout.clip(piece.rows.astype(np.int64))
        # Places come from the true onsets: a wait cut to the vocabulary must not shift bars.
        rows[b, : len(piece.rows), 0] = piece.rows[:, 0]
        onset = _onsets(piece)
        where.put(b, place_in_form(onset, bars, form, layout.max_position))
        first.put(b, place_in_form(onset[:1] * 0, bars, form, layout.max_position))
        forms.append(form)
    context = Context(layout, np.array([piece.key.tonic for piece in pieces]))
    start = context.start(first.at(0))
    found = analyse(context, rows, [where.at(t) for t in range(length)])
    rows[..., 0] = np.minimum(rows[..., 0], layout.max_wait)
    return [
        _song(piece, b, found, rows[b], start[b], forms[b], config, ranges, style)
        for b, piece in enumerate(pieces)
    ]


def _onsets(piece: Piece) -> Ints:
    """Where each row begins, and where the last bar ends, [T + 1]."""
    return np.append(np.cumsum(piece.rows[:, 0]), piece.bar_start_step[-1])


class _Places:
    """The places of the rows of many songs, to be asked for row by row."""

    def __init__(self, songs: int, rows: int) -> None:
        self._columns = np.zeros((len(Place._fields), rows, songs), np.int64)

    def put(self, song: int, places: Place) -> None:
        for column, values in zip(self._columns, places, strict=True):
            column[: len(values), song] = values

    def at(self, row: int) -> Place:
        return Place(*self._columns[:, row])


def _song(
    piece: Piece,
    b: int,
    found: Analysis,
    rows: Ints,
    start: Ints,
    form: Form,
    config: EventsConfig,
    ranges: Ints,
    style: int,
) -> Song:
    count = len(piece.rows)
    columns = {name: value[b, : count + 1] for name, value in vars(found).items()}
    heard = columns.pop("inputs")
    end = rows[: count + 1].copy()
    end[count] = (config.layout.end, 0, 0, 0, 0)
    columns["rows"] = end
    columns["heard"] = heard
    columns["fed"] = np.concatenate([start[None], heard[:count]])
    metre, onset = piece.metre, _onsets(piece)
    bar = np.searchsorted(piece.bar_start_step, onset, side="right") - 1
    return Song(
        columns={name: value.astype(np.int16) for name, value in columns.items()},
        onset_step=onset,
        bar=np.clip(bar, 0, piece.n_bars - 1),
        form=form,
        tonic=piece.key.tonic,
        bpm=piece.bpm,
        conditions=config.conditions(style, metre, piece.bpm, piece.key.is_minor),
        shifts=allowed_shifts(rows[:count], ranges, config.layout.drums, MOST_SEMITONES),
    )


class Windows:
    """Random windows of `length` rows for training, fixed ones for validation."""

    def __init__(
        self,
        songs: Sequence[Song],
        length: int,
        layout: Layout,
        augmentation: Augmentation = Augmentation(),  # noqa: B008 - it is frozen
    ) -> None:
        self.songs = songs
        self.length = length
        self.layout = layout
        self.augmentation = augmentation
        rows = np.array([len(song) for song in songs], np.float64)
        self._share = rows / rows.sum()
        self.rows = int(rows.sum())

    def draw(self, batch: int, rng: np.random.Generator) -> Batch:
        """`batch` windows at random places of pieces drawn by length, varied at random."""
        chosen = rng.choice(len(self.songs), batch, p=self._share)
        parts = []
        for index in chosen:
            song = self.songs[index]
            # Starts before the beginning are cut to it, so that openings are seen often enough.
            begin = max(0, int(rng.integers(-self.length // 8, max(1, len(song) - 16))))
            parts.append((song, begin, self.augmentation.draw(song.shifts, rng)))
        return self._collate(parts)

    def draw_inside(self, batch: int, rng: np.random.Generator, openings: bool = False) -> Batch:
        """`batch` windows that are full and hold no END; `openings` begin with the first row.

        Raises `CorpusError` when no piece is as long as a window.
        """
        long = [i for i, song in enumerate(self.songs) if len(song) > self.length]
        if not long:
            raise CorpusError(f"no piece has {self.length} notes: give longer ones, or more")
        share = self._share[long] / self._share[long].sum()
        parts = []
        for index in rng.choice(long, batch, p=share):
            song = self.songs[index]
            last = 0 if openings else len(song) - 1 - self.length
            begin = int(rng.integers(last + 1))
            variation = replace(self.augmentation.draw(song.shifts, rng), forgets=False)
            parts.append((song, begin, variation))
        batch_of = self._collate(parts)
        return replace(batch_of, past=self._past(parts)) if self.layout.looks_back else batch_of

    def every(self, batch: int, forgets: bool = False) -> Iterator[Batch]:
        """All windows one after another without overlap, as they are written.

        A tail of fewer than 16 rows is left out: hardly anything would be known of it. With
        `forgets` nothing is told of earlier bars.
        """
        parts = [
            (song, begin, Variation(forgets=forgets))
            for song in self.songs
            for begin in range(0, len(song), self.length)
            if len(song) - begin >= min(16, len(song))
        ]
        for begin in range(0, len(parts), batch):
            yield self._collate(parts[begin : begin + batch])

    def _collate(self, parts: Sequence[tuple[Song, int, Variation]]) -> Batch:
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
        tonic = np.array([song.tonic + variation.semitones for song, _, variation in parts])
        conditions = np.stack([song.conditions for song, *_ in parts])
        conditions[:, TEMPO] = [
            tempo_class(song.bpm * variation.tempo) for song, _, variation in parts
        ]
        tensors = {name: torch.from_numpy(value) for name, value in columns.items()}
        return Batch(
            past=None,
            **tensors,
            tonic=torch.from_numpy(tonic % 12),
            conditions=torch.from_numpy(conditions),
            mask=torch.from_numpy(mask),
        )

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
