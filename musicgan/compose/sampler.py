"""The sampler: B songs at once, row by row, field by field.

It is the one place where rows are drawn: `generate` runs it with one song or with K candidate
continuations of one song, adversarial training with many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.base import Rows
from musicgan.codecs.context import Context
from musicgan.codecs.events import DURATION, PITCH, VELOCITY, VOICE, WAIT
from musicgan.codecs.form import Form
from musicgan.codecs.layout import Layout
from musicgan.compose.barlines import Bars
from musicgan.compose.lean import FREE, Lean
from musicgan.compose.sampling import draw, masked
from musicgan.model.generator import Generator, GeneratorState
from musicgan.model.steps import Floats, Ints

NOT_EVER = np.int64(1 << 62)
"""The step at which a voice that never plays is free."""


@dataclass(frozen=True)
class EvenBars:
    """Bars of equal length, a song each: where they begin, how long they are, how many [B]."""

    origin_step: Ints
    bar_step: Ints
    count: Ints
    form: Form | None = None
    """[B, N] How far back each bar looks, over and over; None: nowhere."""

    def place(self, onset_step: Ints, max_position: int) -> Place:
        """Where onsets [B] fall."""
        since = onset_step - self.origin_step
        into = since % self.bar_step
        position = np.minimum(into, max_position - 1)
        remaining = self.remaining(onset_step)
        if self.form is None:
            return Place.new(position, remaining)
        every, (_, length) = np.arange(len(since)), self.form.lag_step.shape
        bar = since // self.bar_step % length
        lag, section = self.form.lag_step[every, bar], self.form.section[every, bar]
        following = self.form.lag_step[every, (bar + 1) % length]
        return Place(position, remaining, lag, section, self.bar_step - into, following)

    def remaining(self, onset_step: Ints) -> Ints:
        """Bars that are left at onsets [B], the present one included; 0 after the end."""
        return np.maximum(self.count - (onset_step - self.origin_step) // self.bar_step, 0)

    @property
    def end_step(self) -> Ints:
        """Where the last bar ends [B]."""
        return self.origin_step + self.bar_step * self.count

    def take(self, index: Ints) -> EvenBars:
        """The bars of songs `index` [N]."""
        form = None if self.form is None else self.form.take(index)
        return EvenBars(self.origin_step[index], self.bar_step[index], self.count[index], form)


@dataclass(frozen=True)
class Rules:
    """What may be drawn at all.

    `ranges` [V, 2] bound each voice's pitch; `single` [V] marks voices that play one note at a
    time. With `must_end`, END may fall in the last bar only and no onset after it; without, a
    song never ends. Rows come out in the order the codec sorts them (voice, then pitch).
    """

    ranges: Ints
    single: NDArray[np.bool_]
    must_end: bool = True


@dataclass(frozen=True)
class Drawn:
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

    def take(self, index: Ints) -> Sampler:
        """Songs `index` [N] as they stand, free to go their own ways."""
        return replace(
            self,
            context=self.context.take(index),
            state=self.state.take(index),
            bars=self.bars.take(index),
            row=self.row[index],
            ended=self.ended[index],
            earliest_step=None if self.earliest_step is None else self.earliest_step[index],
        )

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
        inputs = self.context.start(self.bars.place(step, self.layout.max_position))
        self.state = self.generator.advance(self.state, inputs)

    def hear(self, rows: Rows) -> Ints:
        """Feed given rows [B, 5]; the inputs [B, I] they make."""
        onset = self.context.onset_step + rows[:, WAIT]
        return self._hear(rows, self.bars.place(onset, self.layout.max_position))

    def _hear(self, rows: Rows, place: Place) -> Ints:
        inputs = self.context.hear(rows, place)
        self.state = self.generator.advance(self.state, inputs)
        self.row = rows
        return inputs

    def step(self) -> Drawn:
        """Draw one row for every song, and hear it."""
        generator, context = self.generator, self.context
        state, free = self.state, self._free_step()
        lean = self.lean
        wait = self._draw(lean.wait(generator.wait(state)), self._waits(free))
        ended = self.ended | (wait == self.layout.end)
        wait = np.where(ended, 0, wait)
        onset = context.onset_step + wait
        place = self.bars.place(onset, self.layout.max_position)
        moment = context.moment(wait, place)
        base = generator.moment(state, moment)

        voice = self._draw(lean.voice(generator.voice(base)), self._voices(wait, free))
        before = context.own_voice(voice, wait, moment, place)
        logits = generator.pitch(base, context.tonic, before)
        pitch = self._draw(*lean.pitch(logits, self._pitches(wait, voice), voice, onset))
        columns = context.own_pitch(voice, pitch, before)
        logits = generator.duration(base, columns)
        duration = np.maximum(1, self._draw(lean.duration(logits, voice, pitch, onset)))

        rows = np.zeros((len(wait), 5), np.int64)
        rows[:, WAIT], rows[:, VOICE], rows[:, PITCH] = wait, voice, pitch
        rows[:, DURATION] = self._within(wait, voice, duration, free)
        if generator.config.heads == 5:
            rows[:, VELOCITY] = self._draw(generator.velocity(base, columns, rows[:, DURATION]))
        self.ended = ended
        return Drawn(
            rows, self._hear(rows, place), moment, before.columns, columns,
            before.last, before.lowest, before.echo, ended,
        )  # fmt: skip

    def _draw(self, logits: Floats, allowed: NDArray[np.bool_] | None = None) -> Ints:
        if allowed is not None:
            logits = masked(logits, allowed)
        return draw(logits, self.rng, self.temperature, self.top_p)

    def _waits(self, free: Ints) -> NDArray[np.bool_]:
        """Waits that keep the rows in order and the song within its bars, [B, W].

        At each of them some voice may play; END comes early when none may before the song is over.
        """
        layout, onset = self.layout, self.context.onset_step
        waits = np.arange(layout.end)
        allowed = np.ones((len(onset), layout.end + 1), bool)
        until_free = np.minimum(free.min(axis=1) - onset, layout.max_wait)
        allowed[:, :-1] = waits >= until_free[:, None]
        allowed[:, 0] = self._voices(np.zeros_like(onset), free).any(axis=1)
        if not self.rules.must_end:
            allowed[:, -1] = False
            return allowed
        allowed[:, :-1] &= waits < (self.bars.end_step - onset)[:, None]
        over = (self.bars.remaining(onset) <= 1) | ~allowed[:, :-1].any(axis=1)
        allowed[:, -1] = over & (self.row[:, WAIT] >= 0)
        return allowed

    def _free_step(self) -> Ints:
        """From which step on each voice may play, [B, V]: single ones once they are silent."""
        rules = self.rules
        free = np.where(rules.single, self.context.last_end_step, 0)
        if self.earliest_step is not None:
            free = np.maximum(free, self.earliest_step[:, None])
        return np.where(rules.ranges[:, 0] <= rules.ranges[:, 1], free, NOT_EVER)

    def _voices(self, wait: Ints, free: Ints) -> NDArray[np.bool_]:
        """Voices that are free and, at the last row's onset, not before its voice, [B, V]."""
        voices, last = np.arange(self.layout.voices), self.row[:, VOICE, None]
        together = (wait == 0) & (self.row[:, WAIT] >= 0)
        # A chord goes on upwards, if there is room.
        above = ~self.rules.single & (self.row[:, PITCH, None] < self.rules.ranges[:, 1])
        follows = (voices > last) | ((voices == last) & above)
        silent = free <= (self.context.onset_step + wait)[:, None]
        return np.asarray(silent & (follows | ~together[:, None]))

    def _pitches(self, wait: Ints, voice: Ints) -> NDArray[np.bool_]:
        """Pitches in the voice's range, ascending within a chord of one voice."""
        pitches = np.arange(128)
        low, high = self.rules.ranges[voice].T
        stacked = (wait == 0) & (self.row[:, WAIT] >= 0) & (voice == self.row[:, VOICE])
        floor = np.where(stacked, np.maximum(low, self.row[:, PITCH] + 1), low)
        return np.asarray((pitches >= floor[:, None]) & (pitches <= high[:, None]))

    def _within(self, wait: Ints, voice: Ints, duration: Ints, free: Ints) -> Ints:
        """Durations that end with the song and leave a voice free within the longest wait."""
        onset, longest = self.context.onset_step + wait, self.layout.max_wait
        others = free.copy()
        others[np.arange(len(voice)), voice] = np.where(self.rules.single[voice], NOT_EVER, 0)
        crowded = others.min(axis=1) > onset + longest
        duration = np.where(crowded, np.minimum(duration, longest), duration)
        if not self.rules.must_end:
            return duration
        return np.minimum(np.maximum(duration, 1), np.maximum(self.bars.end_step - onset, 1))
