"""Bars of a song that are to be composed anew: where they are, and what stands around them.

All of it goes by the file's own ticks and bar lines; only what the networks hear is on a grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.slots import DROPPED, assign_tracks, merge_tracks
from musicgan.codecs.stream import Sounded
from musicgan.errors import ComposeError
from musicgan.model.steps import Ints
from musicgan.notes import empty_notes, sort_notes
from musicgan.score import Score
from musicgan.theory import downbeats
from musicgan.timing import rescale_tick

LATER_STEP = np.int64(1 << 40)


@dataclass(frozen=True)
class Gap:
    """Bars `from_bar` to `to_bar` of a song, both included, counted from 1 as programs do."""

    score: Score
    codec: EventsCodec
    from_bar: int
    to_bar: int
    bar_tick: Ints
    """[N + 1] Where the bars of the file begin; the last entry is where the last one ends."""

    @property
    def begin_tick(self) -> int:
        """Where the gap begins."""
        return int(self.bar_tick[self.from_bar - 1])

    @property
    def end_tick(self) -> int:
        """Where it ends."""
        return int(self.bar_tick[self.to_bar])

    @property
    def is_last(self) -> bool:
        """Whether the song ends with it."""
        return self.to_bar == len(self.bar_tick) - 1

    def step(self, tick: Ints | int) -> Ints:
        """The nearest steps of the codec's grid to ticks of the file."""
        return rescale_tick(np.asarray(tick, np.int64), self.score.ticks_per_beat, self.codec.grid)

    @cached_property
    def voices(self) -> Score:
        """The whole song as the codec's voices, in ticks of the file."""
        return merge_tracks(self.score, self.codec.slots)

    @cached_property
    def left(self) -> Score:
        """What begins before it, in the codec's voices."""
        notes = self.voices.notes
        return self.voices.with_notes(notes[notes["onset_tick"] < self.begin_tick])

    @cached_property
    def right(self) -> Score:
        """What begins after it, in the codec's voices."""
        notes = self.voices.notes
        return self.voices.with_notes(notes[notes["onset_tick"] >= self.end_tick])

    @cached_property
    def track_of(self) -> Ints:
        """The track that each voice is written to, [V]: the first of those it stands for, or -1."""
        assigned = np.array(assign_tracks(self.score, self.codec.slots))
        own = [np.flatnonzero(assigned == voice) for voice in range(len(self.codec.slots))]
        return np.array([tracks[0] if len(tracks) else -1 for tracks in own])

    @cached_property
    def next_tick(self) -> Ints:
        """Where each voice begins after the gap, [V]; far away for one that does not."""
        notes = self.right.notes
        first = np.full(len(self.codec.slots), LATER_STEP)
        np.minimum.at(first, notes["track"], notes["onset_tick"])
        return first

    @property
    def held_step(self) -> Ints:
        """Until when a pitch that began before the gap sounds in a voice, [V, 128].

        Never struck again before, it keeps its length.
        """
        notes, held = self.left.notes, np.zeros((len(self.codec.slots), 128), np.int64)
        end_tick = notes["onset_tick"] + notes["duration_tick"]
        end_step = -(-end_tick * self.codec.grid // self.score.ticks_per_beat)
        np.maximum.at(held, (notes["track"], notes["pitch"]), end_step)
        return held

    def filled(self, notes: Iterable[Sounded]) -> Score:
        """The song with `notes`, in grid steps, for what it had in the gap; all else as it was.

        They go to the voices' own tracks. With a codec without velocities they are as loud as
        their track is in the middle.
        """
        assigned = np.array(assign_tracks(self.score, self.codec.slots))
        own, track = self.score.notes, self.score.notes["track"]
        inside = (own["onset_tick"] >= self.begin_tick) & (own["onset_tick"] < self.end_tick)
        kept = own[~inside | (assigned[track] == DROPPED)]
        made = self._in_ticks(list(notes))
        if self.codec.velocity_bins == 1:
            for number in np.unique(made["track"]):
                loudness = own["velocity"][track == number]
                if len(loudness):
                    made["velocity"][made["track"] == number] = np.median(loudness)
        return replace(self.score, notes=sort_notes(np.concatenate([kept, made])))

    def _in_ticks(self, notes: list[Sounded]) -> NDArray[np.void]:
        fine, ticks = self.codec.fine, self.score.ticks_per_beat
        out = empty_notes(len(notes))
        voice = np.array([note.voice for note in notes], np.int64)
        part = np.array(
            [
                (n.onset_step * fine + n.late_part, (n.onset_step + n.duration_step) * fine)
                for n in notes
            ],
            np.int64,
        )
        onset, end = rescale_tick(part.reshape(-1, 2), self.codec.grid * fine, ticks).T
        onset = np.clip(onset, self.begin_tick, self.end_tick - 1)
        out["onset_tick"] = onset
        out["duration_tick"] = np.maximum(np.minimum(end, self.next_tick[voice]) - onset, 1)
        out["pitch"] = [note.pitch for note in notes]
        out["velocity"] = [note.velocity for note in notes]
        out["track"] = self.track_of[voice]
        return out


def find_gap(score: Score, codec: EventsCodec, from_bar: int, to_bar: int) -> Gap:
    """Bars `from_bar` to `to_bar` of `score`, counted by its metre map.

    Raises `ComposeError` for bars that it does not have, and for a song without notes for the
    codec's voices.
    """
    if from_bar > to_bar:
        raise ComposeError(
            f"from bar {from_bar} to bar {to_bar}: the last comes before the first; exchange them"
        )
    bar_tick = downbeats(score)
    bars = len(bar_tick) - 1
    gap = Gap(score, codec, from_bar, to_bar, bar_tick)
    if not len(gap.voices):
        raise ComposeError("the song holds no notes that the model's voices can take")
    for bar in (from_bar, to_bar):
        if not 1 <= bar <= bars:
            raise ComposeError(f"bar {bar} is not in the song: it has bars 1 to {bars}")
    return gap
