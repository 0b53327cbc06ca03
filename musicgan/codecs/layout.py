"""The vocabulary of note tuples: how many values each thing has that networks are told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.intervals import APPROACHES, HEIGHTS, INTERVALS, MOTIONS

Ints = NDArray[np.int64]

NO_DEGREE = 12
DEGREES = 13
BARS = 33
"""Bars remaining, counting the present one, cut at 32; 0 is after the end."""
SECTIONS = 9
"""Bars since a song began to look back as far as it does, cut at 8."""
KEPT = 4
"""What a row did with its echo: there is none, another place, another pitch, the same pitch."""
ANSWERS = 3
"""What an earlier bar has for a voice at an onset: nothing is looked back at, no, yes."""


@dataclass(frozen=True)
class Layout:
    """The vocabulary of one codec's rows: everything a network must know about them.

    `wait` has `max_wait` + 1 values, then END (the song is over) and START (fed before the first
    row). Waits and durations beyond the vocabulary are cut to its greatest.
    """

    voices: int
    grid: int
    max_wait: int
    max_duration: int
    velocity_bins: int
    max_position: int
    drums: tuple[int, ...] = ()
    looks_back: bool = False
    """Whether the networks are told what an earlier bar suggests: see `codecs.echo`."""
    fine: int = 1
    """Parts of a step in which a note may begin."""

    @property
    def touches(self) -> int:
        """Ways to play a note: its velocity bin and its part of a step, as one number."""
        return self.velocity_bins * self.fine

    @property
    def end(self) -> int:
        """The value of `wait` that ends a song."""
        return self.max_wait + 1

    @property
    def is_percussion(self) -> bool:
        """Whether all voices are drums: such music has no key."""
        return len(self.drums) == self.voices

    @property
    def start(self) -> int:
        """The value of `wait` fed before the first row."""
        return self.max_wait + 2

    @property
    def no_echo(self) -> tuple[int, int, int, int]:
        """The echo columns of inputs where there is none: wait, voice, kept, section."""
        return (self.max_wait + 1, self.voices, 0, 0)

    @cached_property
    def row_sizes(self) -> tuple[int, ...]:
        """How many values each predicted field has: wait (with END), voice, pitch, ..."""
        return (self.end + 1, self.voices, 128, self.max_duration + 1, self.touches)

    @cached_property
    def input_sizes(self) -> tuple[int, ...]:
        """How many values each column of `Context.hear` has; pitch comes last."""
        fixed = (self.start + 1, self.voices, self.max_duration + 1, self.touches, DEGREES)
        relative = (INTERVALS, INTERVALS, HEIGHTS, 4, self.max_position, BARS)
        each = (*(INTERVALS,) * self.voices, *(MOTIONS,) * self.voices)
        echo = (self.max_wait + 2, self.voices + 1, KEPT, SECTIONS) if self.looks_back else ()
        return (*fixed, *relative, *each, *echo, 128)

    @cached_property
    def moment_sizes(self) -> tuple[int, ...]:
        """How many values each column of `Context.moment` has."""
        echo = (ANSWERS,) * self.voices if self.looks_back else ()
        return (self.end + 1, self.max_position, BARS, *(4,) * self.voices, *(2,) * 12, *echo)

    @cached_property
    def pitch_sizes(self) -> tuple[int, ...]:
        """Columns known once the voice is: itself, degree and contiguity of its last note, how
        each voice has just moved, and the leap that an earlier bar suggests."""
        echo = (INTERVALS,) if self.looks_back else ()
        return (self.voices, DEGREES, 4, *(APPROACHES,) * self.voices, *echo)

    @cached_property
    def duration_sizes(self) -> tuple[int, ...]:
        """Columns known once the pitch is: voice, degree, leap, height above the lowest, and the
        duration that an earlier bar suggests."""
        echo = (self.max_duration + 1,) if self.looks_back else ()
        return (self.voices, DEGREES, INTERVALS, HEIGHTS, *echo)

    def packed(self, onset_step: Ints, voice: Ints, pitch: Ints | int) -> Ints:
        """Notes as one number each, that grows as rows are sorted."""
        return (onset_step * self.voices + voice) * 128 + pitch

    def clip(self, rows: Rows) -> Rows:
        """Rows [..., 5] cut to the vocabulary (END excluded)."""
        low = np.array([0, 0, 0, 1, 0])
        high = [self.max_wait, self.voices - 1, 127, self.max_duration, self.touches - 1]
        return np.clip(rows, low, np.array(high))
