"""The patient way to read a MIDI file: byte by byte, saving what can be saved.

Nothing in the bytes makes it raise, and its work is bounded: every event uses up bytes and a
budget of `MAX_EVENTS`.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from musicgan.midifile.chunks import Contents, TrackSpan
from musicgan.midifile.pedal import NEVER_PRESSED, SUSTAIN, presses_of
from musicgan.midifile.raw import DRUM_CHANNEL, RawMidi, clean_name, decode_text, join_tracks
from musicgan.score import Track

MAX_EVENTS = 400_000
"""A broken file of as many is read in a second or two; no file may take five on a slow machine."""
# More of the budget for what takes longer than a channel message.
META_COST = 2
DAMAGE_COST = 10
MAX_TICK = 1 << 40
# Where reading can start again after damage: a delta time followed by a status byte.
SYNC = re.compile(rb"[\x80-\xff]{0,3}[\x00-\x7f](?=[\x80-\xef\xff])")
LONG_RUN = re.compile(rb"[\x80-\xff]{8,}")
# Data bytes after each status: by its upper half, or for system common messages by all of it.
DATA_LENGTH = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
SYSTEM_DATA_LENGTH = {0xF1: 1, 0xF2: 2, 0xF3: 1}
SYSEX, SYSEX_MORE, META = 0xF0, 0xF7, 0xFF


@dataclass(slots=True)
class _Notes:
    """Notes of one channel, in the order they began."""

    program: int | None
    onset: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    pitch: list[int] = field(default_factory=list)
    velocity: list[int] = field(default_factory=list)
    sounding: dict[int, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    """Notes not yet ended, by pitch, the oldest first; no pitch is here without any."""
    stopped_tick: int = -1
    """All that began before this tick has ended."""

    def begin(self, tick: int, pitch: int, velocity: int) -> None:
        self.sounding[pitch].append(len(self.onset))
        self.onset.append(tick)
        self.end.append(tick)
        self.pitch.append(pitch)
        self.velocity.append(velocity)

    def stop(self, tick: int, pitch: int) -> None:
        if waiting := self.sounding.get(pitch):
            self.end[waiting.popleft()] = tick
            if not waiting:
                del self.sounding[pitch]

    def stop_all(self, tick: int, begun_before: int) -> None:
        if begun_before <= self.stopped_tick:  # hundreds of thousands of them may follow each other
            return
        self.stopped_tick = begun_before
        for pitch, waiting in list(self.sounding.items()):
            while waiting and self.onset[waiting[0]] < begun_before:
                self.end[waiting.popleft()] = tick
            if not waiting:
                del self.sounding[pitch]


@dataclass(slots=True)
class _Reader:
    """State that outlives a track: the result, the budget and, for broken files, the status."""

    data: bytes
    raw: RawMidi
    events_left: int = MAX_EVENTS
    status: int = 0
    start_tick: int = 0
    """Where this track begins: not at 0 in a format 2 file, whose patterns follow each other."""
    name: str = ""
    programs: dict[int, int] = field(default_factory=dict)
    channels: dict[int, _Notes] = field(default_factory=dict)
    pedals: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """(tick, value) of the sustain pedal, by channel."""
    finished: list[_Notes] = field(default_factory=list)
    """The notes of `raw.tracks`."""


def read_tolerant(contents: Contents) -> RawMidi:
    """Notes and maps of all track chunks of `contents`. Never raises."""
    reader = _Reader(contents.data, RawMidi(contents.ticks_per_beat))
    for span in contents.tracks:
        end_tick = _read_track(reader, span)
        if contents.follow_each_other:
            reader.start_tick = end_tick
    if reader.finished:
        count = [len(notes.onset) for notes in reader.finished]
        onset, end, pitch, velocity = (
            _joined([getattr(notes, name) for notes in reader.finished])
            for name in ("onset", "end", "pitch", "velocity")
        )
        reader.raw.notes = join_tracks(count, onset, end - onset, pitch, velocity)
    return reader.raw


def _joined(columns: list[list[int]]) -> NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(columns), np.int64)


def _read_track(reader: _Reader, span: TrackSpan) -> int:
    """Read one chunk into `reader.raw`; the tick of its end."""
    reader.name, reader.programs, reader.channels = "", {}, {}
    reader.pedals.clear()
    # A track must not begin with a data byte; one that does most likely lost a note-on.
    reader.status = 0x90 | reader.status & 0x0F
    data, end = reader.data, span.end
    at, tick = span.start, reader.start_tick
    while at < end and reader.events_left > 0:
        reader.events_left -= 1
        if data[at] < 0x80:  # as nearly all are
            tick, at = tick + data[at], at + 1
        else:
            delta, at = _variable_length(data, at, end)
            tick += delta
        if tick > MAX_TICK:
            tick = MAX_TICK
        if at >= end:
            break
        status = data[at]
        if status < 0xF0:
            at = _channel_event(reader, at, end, tick)
        elif status == META:
            if data[at + 1 : at + 2] == b"\x2f" and not span.is_exact:
                break
            at = _meta_event(reader, at, end, tick)
        elif status in (SYSEX, SYSEX_MORE):
            length, body = _variable_length(data, at + 1, end)
            at = body + length
            if at > end:
                at = _after_damage(reader, body, end)
        else:
            at += 1 + SYSTEM_DATA_LENGTH.get(status, 0)
    _finish_track(reader, tick)
    return tick


def _finish_track(reader: _Reader, end_tick: int) -> None:
    for channel, notes in sorted(reader.channels.items()):
        notes.stop_all(end_tick, end_tick + 1)
        drums = channel == DRUM_CHANNEL
        reader.raw.tracks.append(Track(reader.name, notes.program or 0, drums))
        reader.finished.append(notes)
        presses = NEVER_PRESSED
        if channel in reader.pedals and not drums:
            moves = np.array(reader.pedals[channel], np.int64)
            presses = presses_of(moves[:, 0], moves[:, 1], max(notes.end))
        reader.raw.pedals.append(presses)


def _variable_length(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable-length quantity and where it ends. Longer than legal is read, not refused."""
    value = 0
    if at < end and data[at] >= 0x80 and (run := LONG_RUN.match(data, at, end)):
        at = run.end() - 8  # its first bits do not matter
    while at < end:
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return min(value, MAX_TICK), at


def _after_damage(reader: _Reader, at: int, end: int) -> int:
    """Where the next plausible event begins, its delta time included; `end` if nowhere."""
    reader.events_left -= DAMAGE_COST
    found = SYNC.search(reader.data, at, end)
    return found.start() if found else end


def _channel_event(reader: _Reader, at: int, end: int, tick: int) -> int:
    """Take in a channel message, under running status or not; where the next event begins."""
    data = reader.data
    if data[at] >= 0x80:
        reader.status = data[at]
        at += 1
    kind, channel = reader.status & 0xF0, reader.status & 0x0F
    following = at + DATA_LENGTH[kind]
    if following > end:
        return end
    first, second = data[at], data[following - 1]
    if first >= 0x80:  # damage: no such pitch, controller or program
        return following
    notes = reader.channels.get(channel)
    if kind == 0x90 and second:
        if notes is None:
            notes = reader.channels[channel] = _Notes(reader.programs.get(channel))
        notes.begin(tick, first, min(second, 127))
    elif kind in (0x80, 0x90):
        if notes is not None:
            notes.stop(tick, first)
    elif kind == 0xC0:
        reader.programs[channel] = first
        if notes is not None and notes.program is None:
            notes.program = first
    elif kind == 0xB0 and first in (120, 123) and notes is not None:
        notes.stop_all(tick, begun_before=tick)
    elif kind == 0xB0 and first == SUSTAIN:
        reader.pedals[channel].append((tick, second))
    return following


def _meta_event(reader: _Reader, at: int, end: int, tick: int) -> int:
    """Take in a meta event; where the next event begins."""
    data = reader.data
    reader.events_left -= META_COST
    length, body = _variable_length(data, at + 2, end)
    if body + length > end:
        return _after_damage(reader, body, end)
    kind, payload = data[at + 1], data[body : body + length]
    if kind == 0x03 and not reader.name:
        reader.name = clean_name(decode_text(payload))
    elif kind == 0x51 and length in (3, 4):
        reader.raw.tempos.append((tick, int.from_bytes(payload, "big")))
    elif kind == 0x58 and length >= 2 and payload[1] <= 7:
        reader.raw.metres.append((tick, payload[0], 1 << payload[1]))
    elif kind == 0x59 and length >= 2:
        sharps = payload[0] - 256 if payload[0] > 127 else payload[0]
        reader.raw.keys.append((tick, sharps, payload[1]))
    return body + length
