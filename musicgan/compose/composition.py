"""A song under way: what draws its next notes, and how that is steered.

It knows the networks' state and no notes; a copy of it is a place to come back to.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.compose.barlines import Bars
from musicgan.compose.ear import Ear
from musicgan.compose.effects import (
    steered_candidates,
    steered_noise,
    steered_temperature,
)
from musicgan.compose.endings import CANDIDATES, ending_scores, ends_at_home
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.given import worth_of
from musicgan.compose.in_chords import lean_of
from musicgan.compose.lean import Lean
from musicgan.compose.plan import Plan
from musicgan.compose.player import Player
from musicgan.compose.rules import TIMES, Rules
from musicgan.compose.sampler import Drawn, Sampler
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.compose.texture import WAYS, Nearness
from musicgan.model.critic import Critic
from musicgan.model.steps import Ints

FORM_RETURNS = 4.0
"""A form that is asked for should be heard: what comes again is so many times as likely, at least,
to be what it was. With it 9 of 10 notes of a section come again, 7 or 8 without."""
CLAMP = 4.0
"""Bound of a candidate's log-ratio about the mean of its fellows, as in training."""


class Composition:
    """Draws rows a block at a time; the primer of its plan has been heard."""

    def __init__(
        self, player: Player, settings: Settings, plan: Plan, rng: np.random.Generator
    ) -> None:
        self.player, self.settings, self.plan = player, settings, plan
        self.steering = Steering()
        self.sampler = self._begin(rng)
        self.sampler.lean = self._lean
        if settings.like is not None and settings.like.texture is not None:
            self.sampler.nearness = Nearness(settings.like.texture, 1)
        self.ear = Ear(self._critic, plan.conditions)
        for row in plan.primer:
            self.hear(row)
        if plan.answer_step is not None:
            self.sampler.go_on_from(np.array([plan.answer_step]))

    @property
    def ended(self) -> bool:
        """Whether the song is over."""
        return bool(self.sampler.ended[0])

    @property
    def onset_step(self) -> int:
        """The onset of the latest note, or where the next note's wait begins."""
        return int(self.sampler.context.onset_step[0])

    def copy(self) -> Composition:
        """The song as it stands, free to go its own way; random numbers come from one source."""
        other = copy(self)
        other.sampler, other.ear = self.sampler.take(_same(0, 1)), self.ear.copy()
        return other

    def hear(self, row: Rows) -> None:
        """Take in a given row [5]."""
        self.ear.hear(self.sampler.hear(row[None]))

    def advance(self) -> list[Rows]:
        """The next rows, [5] each; none when there is nothing more to come."""
        if self._is_closing(self.sampler)[0]:
            return self._best_of(self._versions, None)
        if self._has_choice:
            return self._best_of(self._ways, self.settings.block)
        drawn = self.sampler.step()
        if drawn.ended[0]:
            return []
        self.ear.hear(drawn.heard)
        return list(drawn.rows)

    def steer(self, steering: Steering, from_step: int) -> None:
        """Go on under `steering`; nothing that is drawn from now on begins before `from_step`.

        All that has been heard must have begun before it.
        """
        plan, sampler, anew = self.plan, self.sampler, steering.idea != self.steering.idea
        self.steering = steering
        self.ear.listen_with(self._critic)
        sampler.temperature = steered_temperature(steering, self.settings.temperature)
        sampler.lean = self._lean
        sampler.go_on_from(np.array([from_step]))
        noise = steered_noise(steering, self.settings.seed, plan.noise)
        state = self.player.generator.begin(plan.conditions, noise)
        if anew:
            sampler.begin_anew(state, np.array([from_step]))
        else:
            sampler.state = state.with_past(sampler.state)

    def _begin(self, rng: np.random.Generator) -> Sampler:
        """The song before its first note."""
        plan = self.plan
        origin, length, count = (
            np.array([n]) for n in (plan.origin_step, plan.bar_step, plan.n_bars)
        )
        return self._songs(EvenBars(origin, length, count, plan.form), self.player.rules, rng)

    def _songs(self, bars: Bars, rules: Rules, rng: np.random.Generator) -> Sampler:
        plan, settings = self.plan, self.settings
        asked = {name: getattr(settings, name) for name in TIMES}
        if settings.form is not None and settings.returns is None:
            asked["returns"] = max(rules.returns, FORM_RETURNS)
        asked["tessitura"] = settings.tessitura
        is_elsewhere = settings.register is not None or settings.instruments is not None
        if is_elsewhere and settings.tessitura is None:
            asked["tessitura"] = 0.0
        return Sampler.begin(
            self.player.generator,
            plan.conditions,
            np.array([plan.key.tonic]),
            plan.noise,
            bars,
            replace(rules, **{name: times for name, times in asked.items() if times is not None}),
            rng,
            settings.temperature,
            settings.top_p,
            np.array([plan.start_step]),
        )

    def _is_closing(self, sampler: Sampler) -> NDArray[np.bool_]:
        """Which songs have come to where they are drawn to their end at once, [B]."""
        return in_last_bar(sampler)

    @property
    def _versions(self) -> int:
        """How many of what is drawn to the song's end at once there are to choose from."""
        return CANDIDATES

    @property
    def _lean(self) -> Lean:
        """What the song's own chords and where the knobs stand do to draws."""
        sampler, plan = self.sampler, self.plan
        return lean_of(self.steering, sampler.layout, self.player.rules, plan.beats, plan.wishes)

    @property
    def _candidates(self) -> int:
        """How many blocks the critic is to weigh."""
        asked = self.settings.critic
        return steered_candidates(self.steering, self._habit if asked is None else asked)

    @property
    def _ways(self) -> int:
        """Blocks of which one is chosen, by the critic, by their nearness to a texture, or both."""
        return max(self._candidates, WAYS if self.sampler.nearness is not None else 0)

    @property
    def _has_choice(self) -> bool:
        """Whether anything tells one of them from another."""
        return self.ear.critic is not None or self.sampler.nearness is not None

    @property
    def _habit(self) -> int:
        """How many of them where nobody says."""
        return self.player.critic_habit

    @property
    def _critic(self) -> Critic | None:
        """None where there is nothing to choose from."""
        return self.player.critic if self._candidates > 1 else None

    def _best_of(self, count: int, block: int | None) -> list[Rows]:
        """Draw `count` continuations of `block` notes, or to the song's end where that is None.

        Keeps one, drawn by the critic's log-ratio increments and by how near it comes to the
        texture asked for; where they end the song, those that end it well are preferred. Blocks
        stop where one of them reaches the last bar: of endings there is a choice of its own.
        """
        many, listeners = self.sampler.take(_same(0, count)), self.ear.listeners(count)
        score, near, home = np.zeros(count), np.zeros(count), np.zeros(count, bool)
        steps: list[Drawn] = []
        last_chord = self.plan.last_chord
        while not many.ended.all():
            if block and steps and (len(steps) == block or self._is_closing(many).any()):
                break
            if many.end_is_near:
                # What a song hears after it has ended means nothing.
                home = np.where(many.ended, home, ends_at_home(many.context, last_chord))
            drawn = many.step()
            # A song that has ended keeps the score it ended with.
            score = np.where(drawn.ended, score, listeners.hear(drawn.heard))
            if many.nearness is not None:
                near = near + np.where(drawn.ended, 0, many.nearness.gain)
            steps.append(drawn)
        advice = _centred(score) + _centred(near)
        weight = np.exp(advice + ending_scores(many.ended, home) + worth_of(many))
        chosen = int(self.sampler.rng.choice(count, p=weight / weight.sum()))
        kept = [drawn for drawn in steps if not drawn.ended[chosen]]
        self.ear.follow(listeners, chosen, [drawn.heard[chosen : chosen + 1] for drawn in kept])
        self.sampler = many.take(_same(chosen, 1))
        return [drawn.rows[chosen] for drawn in kept]


def _centred(score: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.clip(score - score.mean(), -CLAMP, CLAMP))


def in_last_bar(sampler: Sampler) -> NDArray[np.bool_]:
    """Which songs have reached their last bar, [B]."""
    return sampler.bars.in_last_bar(sampler.context.onset_step)


def _same(value: int, count: int) -> Ints:
    return np.full(count, value, np.int64)
