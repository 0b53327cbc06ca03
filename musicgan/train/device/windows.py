"""Windows made where the networks are: songs are sent once, a batch is a few numbers.

What `windows.Windows` copies together on the host, song by song, is one look-up here, so that a
device is not kept waiting for its next batch. Both make the same windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from musicgan.codecs.context import ECHO
from musicgan.codecs.echo import NOTHING
from musicgan.codecs.events import PITCH, TOUCH, VOICE
from musicgan.codecs.intervals import NO_INTERVAL
from musicgan.codecs.layout import Layout
from musicgan.train.augment import HEARD_TOUCH, Variation, louder_touches
from musicgan.train.songs import Song

MOST_ROWS = 2_000_000
"""Kept on the device at a time: some 400 MB."""


class Resident:
    """Columns of songs on `device`; when there is no room for one more all make way."""

    def __init__(self, layout: Layout, device: torch.device, rows: int) -> None:
        """`rows` are those of all songs."""
        self._layout, self._device = layout, device
        self._room = min(rows, MOST_ROWS)
        self._columns: dict[str, Tensor] = {}
        self._begin: dict[int, int] = {}
        self._used = 0

    def windows(
        self, parts: Sequence[tuple[int, Song, int, Variation]], size: int
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Columns [B, T, ...] of windows of `size` rows, varied, and their mask [B, T].

        Of each the song's number and the song, where the window begins, and how it is varied.
        """
        self._send({number: song for number, song, *_ in parts})
        first = [self._begin[number] + begin for number, _, begin, _ in parts]
        left = [min(size, len(song) - begin) for _, song, begin, _ in parts]
        at, count = torch.tensor([first, left], device=self._device)
        step = torch.arange(size, device=self._device)
        there = step < count[:, None]
        index = at[:, None] + torch.minimum(step, count[:, None] - 1)
        columns = {}
        for name, kept in self._columns.items():
            found = kept[index].long()
            columns[name] = found * there.view(*there.shape, *[1] * (found.dim() - 2))
        vary(columns, [variation for *_, variation in parts], self._layout)
        return columns, there.float()

    def _send(self, songs: Mapping[int, Song]) -> None:
        """See to it that these are on the device."""
        missing = [number for number in songs if number not in self._begin]
        wanted = sum(len(songs[number]) for number in missing)
        if self._used + wanted > self._room:
            missing = list(songs)
            wanted = sum(len(song) for song in songs.values())
            self._begin, self._used = {}, 0
            if wanted > self._room:  # a batch of more than there was to be room for
                self._room, self._columns = wanted, {}
        for number in missing:
            self._put(number, songs[number])

    def _put(self, number: int, song: Song) -> None:
        end = self._used + len(song)
        for name, column in song.columns.items():
            if name not in self._columns:
                shape = self._room, *column.shape[1:]
                self._columns[name] = torch.empty(shape, dtype=torch.int16, device=self._device)
            narrow = torch.from_numpy(column.astype(np.int16))
            self._columns[name][self._used : end] = narrow.to(self._device)
        self._begin[number], self._used = self._used, end


def vary(columns: dict[str, Tensor], variations: Sequence[Variation], layout: Layout) -> None:
    """As `augment.vary`, for windows on a device: pitches, velocities, memory."""
    device = columns["rows"].device
    _transpose(columns, torch.tensor([v.semitones for v in variations], device=device), layout)
    if layout.looks_back:
        _forget(columns, torch.tensor([v.forgets for v in variations], device=device), layout)
    if any(v.velocity for v in variations):
        _play_louder(columns, np.array([v.velocity for v in variations]), layout)


def _transpose(columns: Mapping[str, Tensor], shift: Tensor, layout: Layout) -> None:
    by_song = shift[:, None]
    is_drum = torch.zeros(layout.voices + 1, dtype=torch.bool, device=shift.device)
    is_drum[list(layout.drums)] = True

    def move(pitch: Tensor, voice: Tensor | None, still: Tensor | None = None) -> None:
        stays = pitch < 0
        if voice is not None:
            stays |= is_drum[voice]
        if still is not None:
            stays |= still
        pitch.copy_(torch.where(stays, pitch, (pitch + by_song).clamp(0, 127)))

    rows = columns["rows"]
    voice = rows[..., VOICE]
    move(rows[..., PITCH], voice)
    move(columns["last"], voice)
    move(columns["echo"], voice)
    move(columns["lowest"], None)
    for name in ("fed", "heard"):
        inputs = columns[name]
        move(inputs[..., -1], inputs[..., 1], inputs[..., 0] == layout.start)


def _forget(columns: dict[str, Tensor], forgets: Tensor, layout: Layout) -> None:
    no_echo = torch.tensor(layout.no_echo, device=forgets.device)
    several, single = forgets[:, None, None], forgets[:, None]
    for name in ("fed", "heard"):
        part = columns[name][..., ECHO]
        part.copy_(torch.where(several, no_echo, part))
    for name, first, value in (
        ("moment", -layout.voices, 0),
        ("pitch", -1, NO_INTERVAL),
        ("duration", -1, 0),
    ):
        columns[name][..., first:].masked_fill_(several, value)
    columns["echo"].masked_fill_(single, NOTHING)


def _play_louder(columns: Mapping[str, Tensor], velocity: np.ndarray, layout: Layout) -> None:
    rows = columns["rows"]
    table = torch.from_numpy(louder_touches(velocity, layout)).to(rows.device)
    song = torch.arange(len(velocity), device=rows.device)[:, None]
    rows[..., TOUCH] = table[song, rows[..., TOUCH]]
    for name in ("fed", "heard"):
        inputs = columns[name]
        touch, start = inputs[..., HEARD_TOUCH], inputs[..., 0] == layout.start
        inputs[..., HEARD_TOUCH] = torch.where(start, touch, table[song, touch])
