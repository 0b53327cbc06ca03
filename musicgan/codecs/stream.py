"""Rows -> notes as they come: what is played live and what is written to a file is one stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import EventsCodec, beside_grid
from musicgan.codecs.slots import slot_tracks
from musicgan.notes import empty_notes
from musicgan.score import Key, Metre, Score, Tempo


@dataclass(frozen=True)
class Sounded:
    """One finished note, in grid steps; with a codec that is finer, a little beside the grid."""

    onset_step: int
    duration_step: int
    pitch: int
    velocity: int
    voice: int
    late_part: int = 0
    """Parts of a step, as `EventsCodec.fine` has them, by which it begins late; early below 0."""


class StreamDecoder:
    """Turns rows [5] into notes one by one, for any rows, with nothing left sounding.

    A note comes out when it is over: at the first onset at or past its end, or when its pitch is
    struck again in its voice, which ends it there. The notes of a whole stream are those of
    `EventsCodec.decode`.
    """

    def __init__(self, codec: EventsCodec) -> None:
        self.codec = codec
        self.onset_step = 0
        self._sounding: dict[tuple[int, int], list[int]] = {}

    def push(self, row: Rows) -> list[Sounded]:
        """Take in one row; the notes that are over by its onset."""
        wait, voice, pitch, duration, touch = (int(v) for v in self.codec.legal(row[None])[0])
        self.onset_step += wait
        now, lane = self.onset_step, (voice, pitch)
        done = [key for key, (_, end, _) in self._sounding.items() if end <= now]
        held = self._sounding.get(lane)
        if held is not None and held[0] < now < held[1]:
            held[1] = now
            done.append(lane)
        finished = [self._finish(key) for key in done]
        if lane in self._sounding:
            # Struck twice at once: the longer stays, with the touch of the louder.
            both = self._sounding[lane]
            both[1], both[2] = max(both[1], now + duration), max(both[2], touch)
        else:
            self._sounding[lane] = [now, now + duration, touch]
        return finished

    def close(self) -> list[Sounded]:
        """The notes still sounding, each with its own end."""
        return [self._finish(key) for key in list(self._sounding)]

    def score(
        self,
        notes: Iterable[Sounded],
        tempos: tuple[Tempo, ...] = (),
        metres: tuple[Metre, ...] = (),
        keys: tuple[Key, ...] = (),
    ) -> Score:
        """The score of finished notes; a tick is one step, or one of its parts."""
        listed = list(notes)
        array = empty_notes(len(listed))
        for i, note in enumerate(listed):
            array[i] = (note.onset_step, note.duration_step, note.pitch, note.velocity, note.voice)
        tracks = slot_tracks(self.codec.slots)
        in_steps = Score(array, tracks, tempos, metres, keys, self.codec.grid)
        late_part = np.array([note.late_part for note in listed], np.int64)
        return beside_grid(in_steps, self.codec.fine, late_part)

    def _finish(self, lane: tuple[int, int]) -> Sounded:
        onset, end, touch = self._sounding.pop(lane)
        velocity, late_part = self.codec.played(touch)
        return Sounded(onset, end - onset, lane[1], velocity, lane[0], late_part)
