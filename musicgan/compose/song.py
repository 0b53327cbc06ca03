"""Composing a song: rows one by one from the model, through the stream decoder, to a Score."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, WAIT
from musicgan.codecs.stream import StreamDecoder
from musicgan.compose.player import Player
from musicgan.compose.sampler import EvenBars, Sampler
from musicgan.compose.settings import Settings
from musicgan.errors import ComposeError
from musicgan.model.critic import CriticState
from musicgan.model.steps import Floats, Ints
from musicgan.score import Key, Metre, Score, Tempo
from musicgan.theory import estimate_key
from musicgan.timing import bar_length_step, bpm_to_us

CLAMP = 4.0
"""Bound of a candidate's log-ratio about the mean of its fellows, as in training."""


def compose(player: Player, settings: Settings, primer: Score | None = None) -> Score:
    """A song of `settings.bars` bars (after the primer, if any); a tick is one grid step.

    The same player, settings and primer give the same score. Raises `ComposeError` for a primer
    with no notes the model's voices can take.
    """
    rng = np.random.default_rng(settings.seed)
    plan = _Plan(player, settings, primer, rng)
    decoder = StreamDecoder(player.codec)
    notes = []
    for row in compose_rows(player, settings, plan, rng):
        notes += decoder.push(row)
    notes += decoder.close()
    return decoder.score(notes, tempos=plan.tempos, metres=plan.metres, keys=plan.keys)


class _Plan:
    """What is settled before the first note: bars, key, metre, tempo, noise, primer rows."""

    def __init__(
        self, player: Player, settings: Settings, primer: Score | None, rng: np.random.Generator
    ) -> None:
        config, typical = player.generator.config, player.typical
        self.noise: Floats = rng.standard_normal((1, config.noise)).astype(np.float32)
        self.primer = self._primer_rows(player, primer)
        bpm = settings.tempo_bpm or _primer_bpm(primer) or float(typical["bpm"])
        metre = settings.metre or _primer_metre(primer) or _pair(typical["metre"])
        self.key = settings.key or _primer_key(primer) or _drawn_key(typical["keys"], rng)
        self.bar_step = bar_length_step(metre[0], metre[1], player.codec.grid)
        primer_step = int(
            (np.cumsum(self.primer[:, WAIT]) + self.primer[:, DURATION]).max(initial=0)
        )
        self.n_bars = settings.bars + -(-primer_step // self.bar_step)
        self.conditions = config.conditions(0, metre, bpm, self.key.is_minor)[None]
        self.tempos = (Tempo(0, bpm_to_us(bpm)),)
        self.metres = (Metre(0, metre[0], metre[1]),)
        self.keys = (self.key,)

    @staticmethod
    def _primer_rows(player: Player, primer: Score | None) -> Rows:
        if primer is None:
            return np.zeros((0, 5), np.int64)
        rows = player.codec.encode(primer)
        if not len(rows):
            raise ComposeError("the primer holds no notes that the model's voices can take")
        # After its last onset a voice must come free within the longest wait, to go on.
        onset = np.cumsum(rows[:, WAIT])
        last_step = onset[-1] + player.generator.config.layout.max_wait
        rows[:, DURATION] = np.minimum(rows[:, DURATION], last_step - onset)
        return rows


def compose_rows(
    player: Player, settings: Settings, plan: _Plan, rng: np.random.Generator
) -> Iterator[Rows]:
    """Rows [5] of a song one by one, the primer's first, until the song ends."""
    sampler = _begin(player, settings, plan, rng)
    critic = player.critic if settings.critic > 1 else None
    state = critic.begin(plan.conditions) if critic else None
    logit = np.zeros(1, np.float32)
    for row in plan.primer:
        inputs = sampler.hear(row[None])
        if critic is not None and state is not None:
            state, logit = critic.advance(state, inputs)
        yield row
    while not sampler.ended[0]:
        if critic is None or state is None:
            drawn = sampler.step()
            if not drawn.ended[0]:
                yield drawn.rows[0]
        else:
            rows, sampler, state, logit = _best_block(player, settings, sampler, state, logit)
            yield from rows


def _begin(player: Player, settings: Settings, plan: _Plan, rng: np.random.Generator) -> Sampler:
    bars = EvenBars(*(np.array([n]) for n in (0, plan.bar_step, plan.n_bars)))
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


def _best_block(
    player: Player, settings: Settings, sampler: Sampler, state: CriticState, logit: Floats
) -> tuple[list[Rows], Sampler, CriticState, Floats]:
    """Draw K blocks from here; keep one, drawn by the critic's log-ratio increments."""
    assert player.critic is not None
    count = settings.critic
    many, critic_state = sampler.take(_same(0, count)), state.take(_same(0, count))
    score, before = np.zeros(count), np.repeat(logit, count)
    rows, alive = [], []
    for _ in range(settings.block):
        drawn = many.step()
        critic_state, after = player.critic.advance(critic_state, drawn.heard)
        # A song that has ended keeps the score it ended with.
        score = np.where(drawn.ended, score, after - before)
        rows.append(drawn.rows)
        alive.append(~drawn.ended)
        if drawn.ended.all():
            break
    centred = np.clip(score - score.mean(), -CLAMP, CLAMP)
    weight = np.exp(centred)
    chosen = int(sampler.rng.choice(count, p=weight / weight.sum()))
    kept = [row[chosen] for row, live in zip(rows, alive, strict=True) if live[chosen]]
    index = _same(chosen, 1)
    return kept, many.take(index), critic_state.take(index), after[index]


def _same(value: int, count: int) -> Ints:
    return np.full(count, value, np.int64)


def _pair(values: list[int]) -> tuple[int, int]:
    return values[0], values[1]


def _drawn_key(keys: list[list[int]], rng: np.random.Generator) -> Key:
    tonic, is_minor = keys[int(rng.integers(len(keys)))]
    return Key(0, int(tonic), bool(is_minor))


def _primer_bpm(primer: Score | None) -> float | None:
    return 60e6 / primer.tempos[0].us_per_beat if primer and primer.tempos else None


def _primer_metre(primer: Score | None) -> tuple[int, int] | None:
    if primer and primer.metres:
        return primer.metres[0].numerator, primer.metres[0].denominator
    return None


def _primer_key(primer: Score | None) -> Key | None:
    return estimate_key(primer) if primer is not None else None
