"""Pieces of frames -> training windows, transposed on the fly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from musicgan.codecs.bars import place
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.corpus.piece import Piece
from musicgan.errors import CorpusError
from musicgan.model.frames_config import FramesConfig
from musicgan.train import team
from musicgan.train.songs import allowed_shifts

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
SILENCE_STEP = 8
"""Mean length of a silence put into training windows."""


@dataclass(frozen=True)
class FrameSong:
    """One piece, silent from its last note to the end of its last bar."""

    frames: Bools
    """[T, F]"""
    places: Ints
    """[T, 2] columns of `FramesConfig.places`."""
    conditions: Ints
    """[2]"""
    shifts: Ints
    """Transpositions in semitones that keep every slot in its range."""

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class FrameBatch:
    """Windows of songs."""

    fed: Tensor
    """[B, T, F] the frame before each one, 0 before the first."""
    frames: Tensor
    """[B, T, F] targets, 0 or 1."""
    places: Tensor
    """[B, T, 2]"""
    conditions: Tensor
    """[B, 2]"""
    mask: Tensor
    """[B, T] true where there is a frame."""

    def to(self, device: torch.device) -> FrameBatch:
        """The same batch on another device."""
        return FrameBatch(**{name: value.to(device) for name, value in vars(self).items()})


def struck(piece: Piece, codec: PianorollCodec) -> Ints:
    """Onsets of a piece as rows [N, 3]: step, slot, pitch."""
    cells = piece.rows.reshape(len(piece.rows), len(codec.slots), 2, codec.n_pitches)
    rows = np.argwhere(cells[:, :, 0] > 0).astype(np.int64)
    rows[:, 2] += codec.low_pitch
    return rows


def slot_ranges(pieces: Sequence[Piece], codec: PianorollCodec) -> Ints:
    """Lowest and highest pitch of each slot over all pieces, [S, 2]."""
    ranges = np.tile(np.array([127, 0], np.int64), (len(codec.slots), 1))
    for piece in pieces:
        _, slot, pitch = struck(piece, codec).T
        np.minimum.at(ranges[:, 0], slot, pitch)
        np.maximum.at(ranges[:, 1], slot, pitch)
    return ranges


def frame_songs(
    pieces: Sequence[Piece], codec: PianorollCodec, config: FramesConfig, ranges: Ints
) -> list[FrameSong]:
    """Pieces as windows are cut from them."""
    return [_song(piece, codec, config, ranges) for piece in pieces]


def _song(piece: Piece, codec: PianorollCodec, config: FramesConfig, ranges: Ints) -> FrameSong:
    bars = piece.bar_start_step
    length = max(len(piece.rows), int(bars[-1]))
    frames = np.zeros((length, config.width), bool)
    frames[: len(piece.rows)] = piece.rows > 0
    drums = [index for index, slot in enumerate(codec.slots) if slot.is_drum]
    return FrameSong(
        frames=frames,
        places=config.places(*place(np.arange(length), bars, config.max_position)),
        conditions=config.conditions(piece.metre, piece.key.is_minor),
        shifts=allowed_shifts(struck(piece, codec), ranges, drums),
    )


def shifted(frames: Bools, semitones: int, codec: PianorollCodec) -> Bools:
    """Frames [T, F] with every pitched slot moved by `semitones`; drums stay.

    What would leave the codec's pitches is lost: shifts within the slots' ranges lose nothing.
    """
    pitches = codec.n_pitches
    cells = frames.reshape(len(frames), len(codec.slots), 2, pitches)
    moved = cells.copy()
    pitched = [index for index, slot in enumerate(codec.slots) if not slot.is_drum]
    kept = max(0, pitches - abs(semitones))
    new, old = max(0, semitones), max(0, -semitones)
    moved[:, pitched] = False
    moved[:, pitched, :, new : new + kept] = cells[:, pitched, :, old : old + kept]
    return np.asarray(moved.reshape(frames.shape))


def silenced(
    batch: FrameBatch, codec: PianorollCodec, share: float, rng: np.random.Generator
) -> FrameBatch:
    """The batch with slots fallen silent for a while in what is fed, in about `share` of steps.

    What is held there in truth becomes an onset to predict: so the generator learns to bring
    back a voice that its own draws have lost, which the music itself hardly ever shows.
    """
    count, steps, _ = batch.fed.shape
    stops, starts = 1 / SILENCE_STEP, share / (1 - share) / SILENCE_STEP
    lost = np.zeros((count, steps, len(codec.slots)), np.float32)
    silent = np.zeros((count, len(codec.slots)), bool)
    for step, chance in enumerate(team.own_draws(rng).random((steps, *silent.shape))):
        silent = np.where(silent, chance >= stops, chance < starts)
        lost[:, step] = silent
    gone = torch.from_numpy(lost)[..., None]
    shape = (count, steps, len(codec.slots), 2, codec.n_pitches)
    fed, (onset, hold) = batch.fed.view(shape), batch.frames.view(shape).unbind(3)
    frames = torch.stack([onset + hold * gone, hold * (1 - gone)], 3)
    fed = fed * (1 - gone[..., None])
    return replace(batch, fed=fed.flatten(2), frames=frames.flatten(2))


class FrameWindows:
    """Random windows of `length` frames for training, fixed ones for validation."""

    def __init__(self, songs: Sequence[FrameSong], length: int, codec: PianorollCodec) -> None:
        self.songs = songs
        self.length = length
        self.codec = codec
        steps = np.array([len(song) for song in songs], np.float64)
        self._share = steps / steps.sum()
        self.steps = int(steps.sum())

    def draw(self, batch: int, rng: np.random.Generator) -> FrameBatch:
        """`batch` windows at random places of pieces drawn by length, transposed at random.

        Of these and of those of `draw_inside` a process makes its own part.
        """
        parts = []
        for index in rng.choice(len(self.songs), batch, p=self._share):
            song = self.songs[index]
            # Starts before the beginning are cut to it, so that openings are seen often enough.
            begin = int(rng.integers(-self.length // 8, max(1, len(song) - self.length // 4)))
            parts.append((song, max(0, begin), int(rng.choice(song.shifts))))
        return self._collate(team.own(parts))

    def draw_inside(self, batch: int, rng: np.random.Generator) -> FrameBatch:
        """`batch` windows without padding. Raises `CorpusError` if no piece is long enough."""
        long = [i for i, song in enumerate(self.songs) if len(song) >= self.length]
        if not long:
            raise CorpusError(f"no piece has {self.length} steps: give longer ones, or more")
        share = self._share[long] / self._share[long].sum()
        parts = []
        for index in rng.choice(long, batch, p=share):
            song = self.songs[index]
            begin = int(rng.integers(-self.length // 8, len(song) - self.length + 1))
            parts.append((song, max(0, begin), int(rng.choice(song.shifts))))
        return self._collate(team.own(parts))

    def every(self, batch: int) -> Iterator[FrameBatch]:
        """All windows one after another without overlap, at their own pitch."""
        parts = [
            (song, begin, 0) for song in self.songs for begin in range(0, len(song), self.length)
        ]
        for begin in range(0, len(parts), batch):
            yield self._collate(parts[begin : begin + batch])

    def _collate(self, parts: Sequence[tuple[FrameSong, int, int]]) -> FrameBatch:
        size, width = self.length, self.codec.width
        frames = np.zeros((len(parts), size + 1, width), np.float32)
        places = np.zeros((len(parts), size, 2), np.int64)
        mask = np.zeros((len(parts), size), bool)
        for b, (song, begin, shift) in enumerate(parts):
            first = max(0, begin - 1)
            cut = shifted(song.frames[first : begin + size], shift, self.codec)
            frames[b, first - begin + 1 :][: len(cut)] = cut
            count = min(size, len(song) - begin)
            places[b, :count] = song.places[begin : begin + count]
            mask[b, :count] = True
        return FrameBatch(
            fed=torch.from_numpy(frames[:, :-1].copy()),
            frames=torch.from_numpy(frames[:, 1:].copy()),
            places=torch.from_numpy(places),
            conditions=torch.from_numpy(np.stack([song.conditions for song, _, _ in parts])),
            mask=torch.from_numpy(mask),
        )
