"""Composing a song: rows one by one from the model, through the stream decoder, to a Score."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.stream import StreamDecoder
from musicgan.compose.ear import Ear
from musicgan.compose.endings import CANDIDATES, ending_scores, ends_at_home
from musicgan.compose.habits import Manner, nearest_met
from musicgan.compose.player import Player
from musicgan.compose.primer import hear_primer, upbeat_metres
from musicgan.compose.sampler import Drawn, EvenBars, Sampler
from musicgan.compose.settings import Settings
from musicgan.model.steps import Floats, Ints
from musicgan.score import Key, Score, Tempo
from musicgan.timing import bar_length_step, bpm_to_us

CLAMP = 4.0
"""Bound of a candidate's log-ratio about the mean of its fellows, as in training."""


def compose(player: Player, settings: Settings, primer: Score | None = None) -> Score:
    """A song of `settings.bars` bars (after the primer, if any); a tick is one grid step.

    The same player, settings and primer give the same score. Raises `ComposeError` for a primer
    with no notes the model's voices can take.
    """
    rng = np.random.default_rng(settings.seed)
    plan = Plan(player, settings, primer, rng)
    decoder = StreamDecoder(player.codec)
    notes = []
    for row in compose_rows(player, settings, plan, rng):
        notes += decoder.push(row)
    notes += decoder.close()
    return decoder.score(notes, tempos=plan.tempos, metres=plan.metres, keys=plan.keys)


class Plan:
    """What is settled before the first note: bars, key, metre, tempo, noise, primer rows."""

    def __init__(
        self, player: Player, settings: Settings, primer: Score | None, rng: np.random.Generator
    ) -> None:
        config, typical = player.generator.config, player.typical
        self.noise: Floats = rng.standard_normal((1, config.noise)).astype(np.float32)
        heard = hear_primer(player, primer) if primer is not None else None
        self.primer: Rows = heard.rows if heard else np.zeros((0, 5), np.int64)
        bpm = settings.tempo_bpm or (heard and heard.bpm) or float(typical["bpm"])
        own_metre = heard.metre if heard else None
        metre = settings.metre or own_metre or _pair(typical["metre"])
        self.key = settings.key or (heard and heard.key) or _drawn_key(typical["keys"], rng)
        grid = player.codec.grid
        self.bar_step = bar_length_step(metre[0], metre[1], grid)
        # Bars go on from the primer's own bar lines: what is left over at its start is an upbeat.
        upbeat_step = heard.bar_line_step % self.bar_step if heard and metre == own_metre else 0
        self.origin_step = upbeat_step - self.bar_step if upbeat_step else 0
        primer_step = heard.end_step - self.origin_step if heard else 0
        self.n_bars = settings.bars + -(-primer_step // self.bar_step)
        manner = nearest_met(typical, Manner(metre, bpm, self.key.is_minor))
        self.conditions = config.conditions(0, *manner)[None]
        self.tempos = (Tempo(0, bpm_to_us(bpm)),)
        self.metres = upbeat_metres(metre, upbeat_step, self.bar_step, grid)
        self.keys = (self.key,)


def compose_rows(
    player: Player, settings: Settings, plan: Plan, rng: np.random.Generator
) -> Iterator[Rows]:
    """Rows [5] of a song one by one, the primer's first, until the song ends."""
    sampler = _begin(player, settings, plan, rng)
    strength = player.critic_habit if settings.critic is None else settings.critic
    ear = Ear(player.critic if strength > 1 else None, plan.conditions)
    for row in plan.primer:
        ear.hear(sampler.hear(row[None]))
        yield row
    while not sampler.ended[0]:
        if in_last_bar(sampler)[0]:
            rows, sampler = _best_of(CANDIDATES, None, sampler, ear)
        elif ear.critic is not None:
            rows, sampler = _best_of(strength, settings.block, sampler, ear)
        else:
            drawn = sampler.step()
            rows = [row for row in drawn.rows if not drawn.ended[0]]
        yield from rows


def _begin(player: Player, settings: Settings, plan: Plan, rng: np.random.Generator) -> Sampler:
    bars = EvenBars(*(np.array([n]) for n in (plan.origin_step, plan.bar_step, plan.n_bars)))
    return Sampler.begin(
        player.generator,
        plan.conditions,
        np.array([plan.key.tonic]),
        plan.noise,
        bars,
        player.rules,
        rng,
        settings.temperature,
        settings.top_p,
    )


def in_last_bar(sampler: Sampler) -> NDArray[np.bool_]:
    """Which songs have reached their last bar, [B]."""
    _, remaining = sampler.bars.place(sampler.context.onset_step, sampler.layout.max_position)
    return np.asarray(remaining <= 1)


def _best_of(
    count: int, block: int | None, sampler: Sampler, ear: Ear
) -> tuple[list[Rows], Sampler]:
    """Draw `count` continuations of `block` notes, or to the song's end where that is None.

    Keeps one, drawn by the critic's log-ratio increments; where they end the song, those that
    end it well are preferred. Blocks stop where one of them reaches the last bar: of endings
    there is a choice of its own.
    """
    many, listeners = sampler.take(_same(0, count)), ear.listeners(count)
    score, home = np.zeros(count), np.zeros(count, bool)
    steps: list[Drawn] = []
    while not many.ended.all():
        if steps and block is not None and (len(steps) == block or in_last_bar(many).any()):
            break
        # What a song hears after it has ended means nothing.
        home = np.where(many.ended, home, ends_at_home(many.context))
        drawn = many.step()
        # A song that has ended keeps the score it ended with.
        score = np.where(drawn.ended, score, listeners.hear(drawn.heard))
        steps.append(drawn)
    centred = np.clip(score - score.mean(), -CLAMP, CLAMP)
    weight = np.exp(centred + ending_scores(many.ended, home))
    chosen = int(sampler.rng.choice(count, p=weight / weight.sum()))
    kept = [drawn for drawn in steps if not drawn.ended[chosen]]
    ear.follow(listeners, chosen, [drawn.heard[chosen : chosen + 1] for drawn in kept])
    return [drawn.rows[chosen] for drawn in kept], many.take(_same(chosen, 1))


def _same(value: int, count: int) -> Ints:
    return np.full(count, value, np.int64)


def _pair(values: list[int]) -> tuple[int, int]:
    return values[0], values[1]


def _drawn_key(keys: list[list[int]], rng: np.random.Generator) -> Key:
    tonic, is_minor = keys[int(rng.integers(len(keys)))]
    return Key(0, int(tonic), bool(is_minor))
