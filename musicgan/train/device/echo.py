"""`codecs.echo` on a device: what an earlier bar suggests, by torch for many songs at once.

Nothing here waits for the device: what `Echo` leaves out where no song looks back is worked out.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import torch
from torch import Tensor

from musicgan.codecs.echo import (
    ANSWERED,
    KEPT_PLACE,
    LATER,
    MOST,
    NO_NOTE,
    NOTHING,
    ROOM,
    SILENT,
    SONG,
)
from musicgan.codecs.layout import Layout


class DevicePlace(NamedTuple):
    """`codecs.bars.Place` as tensors, [B] each."""

    position: Tensor
    remaining: Tensor
    lag_step: Tensor
    section: Tensor
    left_step: Tensor
    next_lag_step: Tensor


class DeviceSuggested(NamedTuple):
    """`codecs.echo.Suggested` as tensors, [V, B] each."""

    answers: Tensor
    pitch: Tensor
    duration: Tensor


class DeviceEcho:
    """`codecs.echo.Echo` as tensors on `device`; see there."""

    def __init__(self, layout: Layout, batch: int, device: torch.device) -> None:
        self._layout, self._device = layout, device
        self._stride = layout.voices * 128
        self._voices = torch.arange(layout.voices, device=device)[:, None] * 128
        self._no_more = torch.tensor(layout.no_echo[:2], device=device)[:, None]
        self._count = 0
        self._songs = torch.arange(batch, device=device) * int(SONG)
        room = torch.full((batch, ROOM), int(LATER), device=device)
        self._notes = self._songs[:, None] + room
        self._durations = torch.zeros_like(room)
        self._latest = self._songs + int(NO_NOTE)

    def take(self, index: Tensor) -> DeviceEcho:
        """The memory of songs `index` [N], copied."""
        other = copy(self)
        other._songs = torch.arange(len(index), device=self._device) * int(SONG)
        moved = other._songs - self._songs[index]
        other._notes = self._notes[index] + moved[:, None]
        other._durations = self._durations[index]
        other._latest = self._latest[index] + moved
        return other

    def remember(self, notes: Tensor, durations: Tensor) -> None:
        """Begin with a past [B, P] of notes `Layout.packed`; shorter ones have `NO_NOTE` first."""
        self._count = notes.shape[1]
        self._put(self._songs[:, None] + notes, durations)

    def hear(self, onset_step: Tensor, voice: Tensor, pitch: Tensor, duration: Tensor) -> None:
        """Take in a row a song, [B] each."""
        if self._count + 1 == self._notes.shape[1]:
            kept = slice(self._count - MOST // 2 if self._count >= MOST else 0, self._count)
            self._count = kept.stop - kept.start
            self._put(self._notes[:, kept], self._durations[:, kept])
        note = (onset_step * self._layout.voices + voice) * 128 + pitch + self._songs
        self._latest = torch.maximum(note, self._latest)
        self._notes[:, self._count] = self._latest
        self._durations[:, self._count] = duration
        self._count += 1

    def upcoming(self, onset_step: Tensor, place: DevicePlace) -> Tensor:
        """The next note suggested after the latest row: its wait and its voice, [2, B]."""
        layout = self._layout
        lag_step = torch.stack((place.lag_step, place.next_lag_step))
        first = (onset_step + place.left_step) * self._stride + self._songs
        found = self._first(torch.stack((self._latest + 1, first)) - lag_step * self._stride)
        note = self._notes.view(-1)[found] - self._songs
        there = (lag_step > 0) & (note < int(LATER))
        step, voice = note // 128 // layout.voices, note // 128 % layout.voices
        wait = (step + (lag_step - onset_step)).clamp(max=layout.max_wait)
        now = there[0] & (wait[0] < place.left_step)
        these = torch.where(now, torch.stack((wait[0], voice[0])), torch.stack((wait[1], voice[1])))
        return torch.where(torch.where(now, there[0], there[1]), these, self._no_more)

    def suggested(self, onset_step: Tensor, place: DevicePlace) -> DeviceSuggested:
        """What each voice has at `onset_step` that is still to come."""
        lag = place.lag_step * self._stride
        back = self._voices + (onset_step * self._stride + self._songs - lag)
        found = self._first(torch.maximum(back, self._latest + 1 - lag))
        pitch = self._notes.view(-1)[found] - back
        answers = ((pitch < 128).long() + SILENT) * (lag > 0)
        there = answers == ANSWERED
        duration = self._durations.view(-1)[found].clamp(max=self._layout.max_duration)
        return DeviceSuggested(answers, torch.where(there, pitch, NOTHING), duration * there)

    def kept(self, onset_step: Tensor, voice: Tensor, pitch: Tensor, place: DevicePlace) -> Tensor:
        """What a row does with its echo, before it is heard: one of the `KEPT` values, [B]."""
        lag = place.lag_step * self._stride
        back = (onset_step * self._layout.voices + voice) * 128 + self._songs - lag
        found = self._first(torch.stack((back, back + pitch)))
        any_pitch, same_pitch = self._notes.view(-1)[found] - back
        kept = (any_pitch < 128).long() + KEPT_PLACE + (same_pitch == pitch)
        return torch.as_tensor(kept * (lag > 0))

    def _first(self, number: Tensor) -> Tensor:
        """Where among all notes, song after song, the first of at least `number` stands."""
        return torch.searchsorted(self._notes.view(-1), number)

    def _put(self, notes: Tensor, durations: Tensor) -> None:
        shape = len(notes), max(ROOM, notes.shape[1] // 2)
        room = torch.full(shape, int(LATER), device=self._device)
        self._notes = torch.cat([notes, self._songs[:, None] + room], 1).contiguous()
        self._durations = torch.cat([durations, torch.zeros_like(room)], 1).contiguous()
