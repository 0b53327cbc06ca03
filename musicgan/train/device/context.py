"""`codecs.context` on a device: what a listener knows while notes arrive, by torch.

For roll-outs of hundreds of songs where the networks are: no step waits for the host. `Context`
says what all of it means and is what plays; `tests/train/device/test_rollout.py` holds the two
equal, number for number. Songs come last, [V, B], as there.
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from musicgan.codecs import context as host
from musicgan.codecs import intervals
from musicgan.codecs.intervals import NO_INTERVAL
from musicgan.codecs.layout import BARS, NO_DEGREE, SECTIONS, Layout
from musicgan.train.device.echo import DeviceEcho, DevicePlace, DeviceSuggested


class Tables(NamedTuple):
    """The tables of `codecs.intervals` and `codecs.context` on a device."""

    interval: Tensor
    height: Tensor
    move: Tensor
    approach: Tensor
    motion: Tensor
    degree: Tensor


@lru_cache
def tables(device: torch.device) -> Tables:
    """They never change, so that they are sent once."""
    arrays = (
        intervals.CLASSES, intervals.HEIGHT_CLASSES, intervals.MOVE_CLASSES,
        intervals.APPROACH_BEFORE, intervals.MOTION_CLASSES, host.DEGREE_OF,
    )  # fmt: skip
    return Tables(*(torch.from_numpy(array).to(device) for array in arrays))


class DeviceMoment(NamedTuple):
    """`codecs.stages.Moment` as tensors."""

    columns: Tensor
    onset_step: Tensor
    place: DevicePlace
    contiguity: Tensor
    lowest: Tensor
    suggested: DeviceSuggested | None


class DeviceOwn(NamedTuple):
    """`codecs.stages.Own` and its `Before` as tensors."""

    columns: Tensor
    last: Tensor
    lowest: Tensor
    echo: Tensor
    echo_duration: Tensor
    moment: DeviceMoment
    voice: Tensor
    facts: Tensor
    drum: Tensor
    approaches: Tensor
    contiguity: Tensor


class DeviceNote(NamedTuple):
    """`codecs.stages.Note` as tensors."""

    columns: Tensor
    own: DeviceOwn
    pitch: Tensor
    leaps: Tensor


class DeviceContext:
    """`codecs.context.Context` of B songs as tensors, each with tonic `tonic` [B]; see there."""

    def __init__(self, layout: Layout, tonic: Tensor) -> None:
        batch, voices, device = len(tonic), layout.voices, tonic.device
        self.layout, self.tonic = layout, tonic
        self._tables = tables(device)
        self.onset_step = torch.zeros(batch, dtype=torch.long, device=device)
        self.row_pitch = torch.full((batch,), -1, device=device)
        self._facts = torch.full((host.FACTS, voices, batch), -1, device=device)
        self._facts[host.MOVE], self._facts[host.DEGREE] = 0, NO_DEGREE
        self._silent_step = torch.full((batch, host.PITCHES + host.DEGREES), -1, device=device)
        self._silent_step[:, host.DRUM] = int(host.FOR_EVER)
        self._drums = torch.zeros(voices, dtype=torch.bool, device=device)
        self._drums[list(layout.drums)] = True
        self.echo = DeviceEcho(layout, batch, device) if layout.looks_back else None
        self._all = torch.arange(batch, device=device)

    def take(self, index: Tensor) -> DeviceContext:
        """The context of songs `index` [N], copied."""
        other = copy(self)
        other.tonic, other.onset_step = self.tonic[index], self.onset_step[index]
        other.row_pitch = self.row_pitch[index]
        other._facts = self._facts[:, :, index]
        other._silent_step = self._silent_step[index]
        other.echo = self.echo.take(index) if self.echo is not None else None
        other._all = torch.arange(len(index), device=index.device)
        return other

    def moment(self, wait: Tensor, place: DevicePlace) -> DeviceMoment:
        """What is known once the next onset is, `wait` [B] from the last one."""
        onset = self.onset_step + wait
        last_end = self._facts[host.LAST_END]
        contiguity = (torch.sign(onset - last_end) + host.JUST_ENDED) * (last_end >= 0)
        degrees = (onset < self._silent_step[:, host.PITCHES : -1].T).long()
        placed = (
            wait.clamp(max=self.layout.max_wait), place.position,
            place.remaining.clamp(max=BARS - 1),
        )  # fmt: skip
        columns, suggested = [torch.stack(placed), contiguity, degrees], None
        if self.echo is not None:
            suggested = self.echo.suggested(onset, place)
            columns.append(suggested.answers)
        sounding = self._silent_step[:, : host.PITCHES] > onset[:, None]
        lowest = sounding.int().argmax(1)
        lowest = torch.where(lowest == host.DRUM, -1, lowest)
        return DeviceMoment(torch.cat(columns).T, onset, place, contiguity, lowest, suggested)

    def own_voice(self, voice: Tensor, moment: DeviceMoment) -> DeviceOwn:
        """What is known of the note once its voice [B] is, besides `moment`."""
        facts = self._facts[:, voice, self._all]
        drum = self._drums[voice]
        approaches = self._approaches(facts, drum, moment.onset_step)
        last, contiguity = facts[host.LAST], moment.contiguity[voice, self._all]
        columns = [torch.stack((voice, facts[host.DEGREE], contiguity)), approaches]
        echo = torch.full_like(voice, -1)
        echo_duration = echo
        if moment.suggested is not None:
            echo = moment.suggested.pitch[voice, self._all]
            echo_duration = moment.suggested.duration[voice, self._all]
            columns.append(self._tables.interval[last, echo][None])
        lowest = torch.where(drum, -1, moment.lowest)
        return DeviceOwn(
            torch.cat(columns).T, last, lowest, echo, echo_duration,
            moment, voice, facts, drum, approaches, contiguity,
        )  # fmt: skip

    def own_pitch(self, pitch: Tensor, own: DeviceOwn) -> DeviceNote:
        """What is known of the note once its pitch [B] is, too."""
        leaps = self._tables.interval[self._facts[host.LAST], pitch]
        degree = torch.where(own.drum, NO_DEGREE, self._tables.degree[self.tonic, pitch])
        height = self._tables.height[own.lowest, pitch]
        columns = [own.voice, degree, leaps[own.voice, self._all], height]
        if self.echo is not None:
            columns.append(own.echo_duration)
        return DeviceNote(torch.stack(columns, 1), own, pitch, leaps)

    def hear(self, rows: Tensor, place: DevicePlace) -> Tensor:
        """Take in one row a song, [B, 5]; return the inputs [B, I] it makes."""
        wait, voice, pitch, duration, touch = rows.T
        note = self.own_pitch(pitch, self.own_voice(voice, self.moment(wait, place)))
        return self.take_in(note, duration, touch)

    def take_in(self, note: DeviceNote, duration: Tensor, touch: Tensor) -> Tensor:
        """As `hear`, of a note of which only this was still unknown, [B] each."""
        _, own, pitch, leaps = note
        moment, drum = own.moment, own.drum
        wait, position, remaining = moment.columns.T[:3]
        voice, degree, leap, height = note.columns.T[:4]
        row_leap = torch.where(drum, NO_INTERVAL, self._tables.interval[self.row_pitch, pitch])
        lasting = duration.clamp(max=self.layout.max_duration)
        heard = (moment.contiguity == host.SOUNDING) & (drum == self._drums[:, None])
        columns = [
            torch.stack((wait, voice, lasting, touch, degree, leap, row_leap, height,
                         own.contiguity, position, remaining)),
            torch.where(heard, leaps, NO_INTERVAL),
            self._tables.motion[own.approaches, pitch - own.facts[host.LAST]],
        ]  # fmt: skip
        if self.echo is not None:
            onset, place = moment.onset_step, moment.place
            kept = self.echo.kept(onset, voice, pitch, place)
            self.echo.hear(onset, voice, pitch, duration)
            section = place.section.clamp(max=SECTIONS - 1)
            columns += [self.echo.upcoming(onset, place), torch.stack((kept, section))]
        columns.append(pitch[None])
        self._remember(own, pitch, moment.onset_step + duration, degree)
        return torch.cat(columns).T

    def _approaches(self, own: Tensor, drum: Tensor, onset_step: Tensor) -> Tensor:
        last = own[host.LAST]
        moves = (own[host.LAST_ONSET] != onset_step) & (last >= 0) & ~drum
        moved = (self._facts[host.MOVE_STEP] == onset_step) & moves
        stood = self._tables.approach[last - self._facts[host.EARLIER]]
        return (stood + self._facts[host.MOVE]) * moved

    def _remember(self, own: DeviceOwn, pitch: Tensor, end: Tensor, degree: Tensor) -> None:
        onset, drum, facts = own.moment.onset_step, own.drum, own.facts
        last = facts[host.LAST]
        earlier = torch.where(facts[host.LAST_ONSET] == onset, facts[host.EARLIER], last)
        move_step = torch.where(drum | (earlier < 0), -1, onset)
        move = self._tables.move[pitch - earlier]
        known = torch.stack((pitch, end, onset, earlier, move, move_step, degree))
        self._facts[:, own.voice, self._all] = known
        self.onset_step = onset
        self.row_pitch = torch.where(drum, self.row_pitch, pitch)
        at = torch.stack((torch.where(drum, host.DRUM, pitch), degree + host.PITCHES), 1)
        self._silent_step.scatter_reduce_(1, at, end[:, None].expand(-1, 2).contiguous(), "amax")
