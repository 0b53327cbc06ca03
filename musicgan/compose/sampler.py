"""The sampler: B songs at once, row by row, field by field.

It is the one place where rows are drawn: `generate` runs it with one song or with K candidate
continuations of one song, adversarial training with many.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.context import Context
from musicgan.codecs.events import VOICE, WAIT
from musicgan.codecs.layout import Layout
from musicgan.codecs.stages import Note, Own
from musicgan.compose.barlines import Bars
from musicgan.compose.lean import FREE, Lean
from musicgan.compose.returns import Returns
from musicgan.compose.rules import Limits, Rules
from musicgan.compose.sampling import NEVER, draw_by
from musicgan.compose.silences import Silences
from musicgan.compose.texture import Nearness
from musicgan.compose.voice_leading import VoiceLeading
from musicgan.model.generator import Generator, GeneratorState
from musicgan.model.steps import Floats, Ints

Chances = Iterator[NDArray[np.float64]]
"""What remains of a step's uniform numbers: [B] for each field that is still to be drawn."""


class Drawn(NamedTuple):
    """One row a song and all that training needs to weigh it; shapes [B, ...]."""

    rows: Rows
    heard: Ints
    moment: Ints
    pitch: Ints
    duration: Ints
    last: Ints
    lowest: Ints
    echo: Ints
    ended: NDArray[np.bool_]
    """[B] True once a song has ended; its row then means nothing."""


@dataclass
class Sampler:
    """Songs under way. `step` draws one row for each."""

    generator: Generator
    context: Context
    state: GeneratorState
    bars: Bars
    rules: Rules
    rng: np.random.Generator
    row: Rows
    """[B, 5] the latest rows; a wait of -1 before the first."""
    ended: NDArray[np.bool_]
    temperature: float = 1.0
    top_p: float = 1.0
    lean: Lean = FREE
    """How draws are pushed one way, in all songs alike."""
    earliest_step: Ints | None = None
    """[B] No row begins before it."""
    nearness: Nearness | None = None
    """Of the songs to a texture that they should have."""

    def __post_init__(self) -> None:
        self.limits = Limits(self.rules, self.layout)
        leads = self.rules.parallels != 1 or self.rules.crossings != 1
        self.leading = VoiceLeading(self.context, self.rules) if leads else None
        are_weighed = self.rules.returns != 1 and self.layout.looks_back
        self.returns = Returns(self.layout, self.rules.returns) if are_weighed else None
        heights, part = self.rules.heights, np.float32(self.rules.tessitura)
        self.heights = part * heights if heights is not None and part else None
        silences = self.rules.silences
        self.silences = Silences(silences, self.layout) if silences is not None else None

    @classmethod
    def begin(
        cls,
        generator: Generator,
        conditions: Ints,
        tonic: Ints,
        noise: Floats,
        bars: Bars,
        rules: Rules,
        rng: np.random.Generator,
        temperature: float = 1.0,
        top_p: float = 1.0,
        start_step: Ints | None = None,
    ) -> Sampler:
        """Songs before their first note: conditions [B, 4], tonic [B], noise z [B, Z].

        They begin at `start_step` [B], 0 unless given.
        """
        batch, layout = len(tonic), generator.config.layout
        context = Context(layout, tonic)
        state = generator.begin(conditions, noise)
        row, ended = np.full((batch, 5), -1, np.int64), np.zeros(batch, bool)
        songs = cls(generator, context, state, bars, rules, rng, row, ended, temperature, top_p)
        songs._start(np.zeros(batch, np.int64) if start_step is None else start_step)
        return songs

    @property
    def layout(self) -> Layout:
        """The vocabulary."""
        return self.generator.config.layout

    @property
    def end_is_near(self) -> bool:
        """Whether the next row of some song may be its end."""
        return self.limits.end_is_near(self.context.onset_step, self.bars)

    def take(self, index: Ints) -> Sampler:
        """Songs `index` [N] as they stand, free to go their own ways."""
        other = copy(self)
        other.context, other.state = self.context.take(index), self.state.take(index)
        other.bars, other.row, other.ended = (
            self.bars.take(index), self.row[index], self.ended[index]
        )  # fmt: skip
        if self.earliest_step is not None:
            other.earliest_step = self.earliest_step[index]
        if self.leading is not None:
            other.leading = self.leading.take(index)
        if self.returns is not None:
            other.returns = self.returns.take(index)
        if self.nearness is not None:
            other.nearness = self.nearness.take(index)
        return other

    def go_on_from(self, step: Ints) -> None:
        """Draw nothing that begins before `step` [B]; songs that had ended go on.

        A rest longer than the longest wait is that long to the networks.
        """
        self.earliest_step = step
        self.context.onset_step = np.maximum(self.context.onset_step, step - self.layout.max_wait)
        self.ended = np.zeros(len(step), bool)

    def begin_anew(self, state: GeneratorState, step: Ints) -> None:
        """From `step` [B] on with networks in `state`, told that a song begins there.

        What sounds goes on sounding, and the bars go on.
        """
        self.state = state
        # No voice comes before the first one; the song may end with what was heard before.
        self.row = np.full_like(self.row, -1)
        self.row[:, WAIT] = 0
        if self.context.echo is not None:
            self.context.echo.forget()
        self._start(step)

    def _start(self, step: Ints) -> None:
        self.context.onset_step = step
        self._feed(self.context.start(self.bars.place(step, self.layout.max_position)))

    def hear(self, rows: Rows) -> Ints:
        """Feed given rows [B, 5]; the inputs [B, I] they make."""
        onset = self.context.onset_step + rows[:, WAIT]
        if self.leading is not None:
            self.leading.reach(self.context, onset)
        place = self.bars.place(onset, self.layout.max_position)
        return self._heard(rows, self.context.hear(rows, place))

    def _heard(self, rows: Rows, inputs: Ints) -> Ints:
        self._feed(inputs)
        self.row = rows
        if self.nearness is not None:
            self.nearness.hear(self.layout.clip(rows))  # what was given may be longer than it knows
        return inputs

    def _feed(self, inputs: Ints) -> None:
        self.state = self.generator.advance(self.state, inputs)
        if self.returns is not None:
            self.returns.hear(inputs)

    def step(self) -> Drawn:
        """Draw one row for every song, and hear it."""
        generator, context, limits = self.generator, self.context, self.limits
        lean, row, bars = self.lean, self.row, self.bars
        # One number a field and song, in the order in which they are drawn.
        chances = iter(1 - self.rng.random((generator.config.heads, len(row))))
        free = limits.free_step(context.last_end_step, self.earliest_step)
        follows = limits.follows(row, lean.top(row[:, VOICE], context.onset_step))

        end_is_near = self.end_is_near
        waits = limits.waits(free, follows, context.onset_step)
        wait = self._draw_wait(chances, waits, end_is_near)
        onset = context.onset_step + wait
        moment = context.moment(wait, bars.place(onset, self.layout.max_position))
        base = generator.moment(self.state, moment.columns)

        voices = limits.voices(free, follows, wait, onset)
        voice = self._draw(chances, lean.voice(self._voice(base, wait, onset)), voices)
        own = context.own_voice(voice, moment)
        before = own.before
        logits = self._pitch(base, own)
        allowed = limits.pitches(row, voice, wait)
        pitch = self._draw(chances, *lean.pitch(logits, allowed, voice, onset))
        note = context.own_pitch(pitch, own)
        logits = self._duration(base, note)
        duration = self._draw(chances, lean.duration(logits, voice, pitch, onset))
        duration = limits.lasting(duration, voice, free, onset)
        if end_is_near:
            duration = np.minimum(duration, np.maximum(bars.end_step - onset, 1))
        velocity = np.zeros(len(voice), np.int64)
        if generator.config.heads == 5:
            velocity = self._draw(chances, generator.velocity(base, note.columns, duration))

        rows = np.array((wait, voice, pitch, duration, velocity)).T
        heard = self._heard(rows, context.take_in(note, duration, velocity))
        return Drawn(
            rows, heard, moment.columns, before.columns, note.columns,
            before.last, before.lowest, before.echo, self.ended,
        )  # fmt: skip

    def _wait(self) -> Floats:
        """Logits [B, W] of the wait, what comes again weighed."""
        logits = self.generator.wait(self.state)
        return logits if self.returns is None else self.returns.wait(logits)

    def _voice(self, base: Floats, wait: Ints, onset: Ints) -> Floats:
        """Logits [B, V] of the voice once the wait is known; returns and silences weighed."""
        logits = self.generator.voice(base)
        if self.returns is not None:
            logits = self.returns.voice(logits, wait)
        if self.silences is None:
            return logits
        return self.silences.voice(logits, onset, self.context.last_end_step)

    def _duration(self, base: Floats, note: Note) -> Floats:
        """Logits [B, D] of the duration once the pitch is known."""
        logits = self.generator.duration(base, note.columns)
        return logits if self.returns is None else self.returns.duration(logits, note.own)

    def _pitch(self, base: Floats, own: Own) -> Floats:
        """Logits [B, 128] of the pitch once the voice is known; faults and heights weighed."""
        logits = self.generator.pitch(base, self.context.tonic, own.before)
        if self.returns is not None:
            logits = self.returns.pitch(logits, own)
        if self.heights is not None:
            logits = logits + self.heights.take(own.voice, axis=0)
        if self.leading is None:
            return logits
        self.leading.reach(self.context, own.moment.onset_step)
        return self.leading.lean(logits, self.context, own)

    def _draw_wait(self, chances: Chances, waits: NDArray[np.bool_], end_is_near: bool) -> Ints:
        """A wait of those that keep the order, [B]; 0 for songs that end here or have ended."""
        logits = self.lean.wait(self._wait())
        if not end_is_near:
            return self._draw(chances, logits, waits)
        onset = self.context.onset_step
        waits = self.limits.waits_to_end(waits, self.row, onset, self.bars)
        wait = self._draw(chances, logits, waits)
        self.ended = self.ended | (wait == self.layout.end)
        return np.where(self.ended, 0, wait)

    def _draw(
        self,
        chances: Chances,
        logits: Floats,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Ints:
        if allowed is not None:
            # Where nothing is allowed the song is over: whatever is drawn means nothing.
            logits = np.where(allowed, logits, NEVER)
        return draw_by(next(chances), logits, self.temperature, self.top_p)
