"""Songs that hear given rows in their places, whatever else they draw.

The rows of a song are ordered by (onset, voice, pitch), so a given row comes next as soon as what
is drawn would come after it. A song that has come to a given row by a way on which that was
likely deserves more weight than one on which it was not: this is the particle filter of Gordon,
Salmond and Smith (1993) with the sampler itself for the proposal, after which songs are chosen by
sampling/importance resampling (Rubin 1987). Without the weights songs would drift to where the
given notes fit badly: nothing that is drawn knows of those still to come.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, TOUCH, VOICE, WAIT
from musicgan.codecs.stages import Note, Own
from musicgan.compose.sampler import Chances, Drawn, Sampler
from musicgan.compose.sampling import masked
from musicgan.model.steps import Floats, Ints

LATER = np.int64(1 << 40)
"""A wait that is longer than all others."""
TINY = 1e-300
Bools = NDArray[np.bool_]
Nats = NDArray[np.float64]


@dataclass(frozen=True)
class Given:
    """Rows that are to be heard, and what they leave to be drawn."""

    rows: Rows
    """[N, 5] in order; the waits do not count."""
    onset_step: Ints
    """[N] ascending."""
    stop_step: int | None = None
    """Nothing that begins here or later is drawn: songs hear the rows and are over. None: songs
    go on between the rows, and after them."""
    until_step: Ints | None = None
    """[V] No note that is drawn lasts beyond it. None: they last as they like."""


NOTHING = Given(np.zeros((0, 5), np.int64), np.zeros(0, np.int64))


@dataclass
class GivenSampler(Sampler):
    """A sampler whose songs hear the rows of `given` in between."""

    given: Given = NOTHING
    count: Ints = field(default_factory=lambda: np.zeros(1, np.int64))
    """[B] How many of them each has heard."""
    worth: Nats = field(default_factory=lambda: np.zeros(1))
    """[B] The log-weights of the songs so far, in nats."""

    @classmethod
    def of(cls, songs: Sampler, given: Given) -> GivenSampler:
        """Songs as they stand, which have heard none of the rows."""
        own: dict[str, Any] = {each.name: getattr(songs, each.name) for each in fields(Sampler)}
        batch = len(songs.ended)
        made = cls(**own, given=given, count=np.zeros(batch, np.int64), worth=np.zeros(batch))
        made.leading, made.returns = songs.leading, songs.returns  # of what they have heard
        return made

    def take(self, index: Ints) -> GivenSampler:
        """Songs `index` [N] as they stand, free to go their own ways."""
        other = super().take(index)
        assert isinstance(other, GivenSampler)
        other.count, other.worth = self.count[index], self.worth[index]
        return other

    def step(self) -> Drawn:
        """Draw one row for every song, or take what is given there, and hear it.

        `worth` rises by how much likelier the given row was, at temperature 1, than it was that
        nothing came before it.
        """
        generator, context, limits = self.generator, self.context, self.limits
        chances = iter(1 - self.rng.random((generator.config.heads, len(self.row))))
        free = limits.free_step(context.last_end_step, self.earliest_step)
        top = self.lean.top(self.row[:, VOICE], context.onset_step)
        follows = limits.follows(self.row, top)
        coming, there = self._coming()
        known = self.layout.clip(coming)
        wait, over, chance, nats = self._when(chances, coming, there, free, follows)
        due, ended = over & there, self.ended | (over & ~there)
        wait = np.where(due, coming[:, WAIT], np.where(ended, 0, wait))
        onset = context.onset_step + wait
        moment = context.moment(wait, self.bars.place(onset, self.layout.max_position))
        base = generator.moment(self.state, moment.columns)
        tied = there & (wait == coming[:, WAIT]) & (self.given.stop_step is None)
        logits = self.lean.voice(self._voice(base, wait, onset))
        allowed = limits.voices(free, follows, wait, onset)
        allowed[tied, known[tied, VOICE]] = True
        voice = self._draw(chances, logits, allowed)
        due |= tied & (voice >= coming[:, VOICE])
        after = np.arange(logits.shape[1]) >= coming[:, VOICE, None]
        chance[:, 0] += np.where(tied, chance[:, 1] * _share(logits, allowed, after), 0)
        nats += _nats(logits, known[:, VOICE])

        rows = np.where(due[:, None], known, -1)
        rows[:, WAIT], rows[:, VOICE] = wait, np.where(due, coming[:, VOICE], voice)
        own = context.own_voice(rows[:, VOICE], moment)
        more, note = self._complete(chances, rows, base, own, free)
        rows[due] = coming[due]
        gain = nats + more - np.log(np.maximum(chance[:, 0], TINY))
        self.ended, self.count = ended, self.count + due
        self.worth = self.worth + np.where(due, gain, 0)
        # A given row may last or wait for longer than any that is drawn: it is heard as it is.
        heard = context.take_in(note, rows[:, DURATION], rows[:, TOUCH])
        heard = self._heard(rows, heard)
        before = own.before
        return Drawn(
            rows, heard, moment.columns, before.columns, note.columns,
            before.last, before.lowest, before.echo, ended,
        )  # fmt: skip

    def _when(
        self, chances: Chances, coming: Rows, there: Bools, free: Ints, follows: Bools
    ) -> tuple[Ints, Bools, Nats, Nats]:
        """Waits drawn [B]; whether they lead past what may be drawn [B]; how likely that was, and
        the wait of the given row, [B, 2]; the nats of that one [B]."""
        layout, ahead, onset = self.layout, coming[:, WAIT], self.context.onset_step
        logits = self.lean.wait(self._wait())
        allowed = self.limits.waits(free, follows, onset)
        if self.end_is_near:
            allowed = self.limits.waits_to_end(allowed, self.row, onset, self.bars)
        first = np.where(there, ahead + 1, LATER)
        if self.given.stop_step is None:
            near = there & (ahead <= layout.max_wait)
            allowed[near, ahead[near]] = True
        else:
            first = self.given.stop_step - onset
        waits = np.arange(layout.end + 1)
        passing = (waits >= first[:, None]) | (waits == layout.end)
        wait = self._draw(chances, logits, allowed)
        over = passing[np.arange(len(wait)), wait]
        same = waits == ahead[:, None]
        chance = [_share(logits, allowed, those) for those in (passing, same & ~passing)]
        nats = _nats(logits, np.minimum(ahead, layout.max_wait))
        return wait, over, np.stack(chance, axis=1), nats

    def _complete(
        self, chances: Chances, rows: Rows, base: Floats, own: Own, free: Ints
    ) -> tuple[Nats, Note]:
        """Put into `rows` [B, 5] what they lack, pitch -1 and so on, by drawing it.

        The nats of what they do not lack, [B], and the note that comes of it.
        """
        generator, context, lean, limits = self.generator, self.context, self.lean, self.limits
        wait, voice, known = rows[:, WAIT], rows[:, VOICE], rows.copy()
        onset, is_known = context.onset_step + wait, rows[:, PITCH] >= 0
        logits = self._pitch(base, own)
        nats = _nats(logits, known[:, PITCH])
        allowed = limits.pitches(self.row, voice, wait)
        pitch = self._draw(chances, *lean.pitch(logits, allowed, voice, onset))
        rows[:, PITCH] = np.where(is_known, known[:, PITCH], pitch)
        note = context.own_pitch(rows[:, PITCH], own)
        logits = self._duration(base, note)
        nats += _nats(logits, known[:, DURATION])
        leaned = lean.duration(logits, voice, rows[:, PITCH], onset)
        duration = limits.lasting(self._draw(chances, leaned), voice, free, onset)
        if self.end_is_near:
            duration = np.minimum(duration, np.maximum(self.bars.end_step - onset, 1))
        if self.given.until_step is not None:
            duration = np.clip(self.given.until_step[voice] - onset, 1, duration)
        rows[:, DURATION] = np.where(is_known, known[:, DURATION], duration)
        rows[:, TOUCH] = 0
        if generator.config.heads == 5:
            logits = generator.velocity(base, note.columns, rows[:, DURATION])
            nats += _nats(logits, known[:, TOUCH])
            rows[:, TOUCH] = np.where(is_known, known[:, TOUCH], self._draw(chances, logits))
        return nats, note

    def _coming(self) -> tuple[Rows, Bools]:
        """The given row that each song hears next, with its wait, [B, 5]; whether there is one."""
        given = self.given
        there = self.count < len(given.rows)
        rows = np.zeros((len(there), 5), np.int64)
        rows[:, WAIT] = LATER
        if there.any():
            at = self.count[there]
            rows[there] = given.rows[at]
            wait = given.onset_step[at] - self.context.onset_step[there]
            rows[there, WAIT] = np.maximum(wait, 0)
        return rows, there


def nats_of(songs: Sampler, rows: Rows) -> Nats:
    """Log-probability, in nats, of rows [N, 5] as what each song hears next, [B].

    The first wait counts from where the songs stand, which stay as they are.
    """
    onset_step = songs.context.onset_step[0] + rows[:, WAIT].cumsum()
    every = np.arange(len(songs.ended))
    many = GivenSampler.of(songs.take(every), Given(rows, onset_step, stop_step=-int(LATER)))
    for _ in rows:
        many.step()
    return many.worth


def worth_of(songs: Sampler) -> Nats:
    """Log-weights of songs that heard given rows, the greatest being 0; 0 for others; [B]."""
    if isinstance(songs, GivenSampler):
        return np.asarray(songs.worth - songs.worth.max())
    return np.zeros(len(songs.ended))


def _log_share(logits: Floats) -> Nats:
    scaled = logits.astype(np.float64)
    scaled -= scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))


def _nats(logits: Floats, value: Ints) -> Nats:
    """Log-probabilities of values [B] under logits [B, N]."""
    return np.asarray(_log_share(logits)[np.arange(len(value)), value])


def _share(logits: Floats, allowed: Bools, those: Bools) -> Nats:
    """The probability of `those` [B, N] among what is allowed, [B]."""
    return np.asarray((np.exp(_log_share(masked(logits, allowed))) * those).sum(axis=1))
