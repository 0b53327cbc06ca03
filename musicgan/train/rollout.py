"""Roll-outs: real openings continued by the generator, candidate block by candidate block.

Played with the very sampler and critic that `generate` uses, on numpy weights taken from the
networks in training, so that what is trained is what is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from musicgan.codecs.bars import Place
from musicgan.codecs.context import Context
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.rules import Rules
from musicgan.compose.sampler import Drawn, Sampler
from musicgan.model.config import METRES, EventsConfig
from musicgan.model.critic import Critic, CriticState
from musicgan.model.generator import Generator
from musicgan.model.steps import Floats, Ints
from musicgan.timing import bar_length_step
from musicgan.train import team
from musicgan.train.networks import Batch

POSITION, REMAINING = 9, 10
"""Columns of `Context.hear` that say where a row stands."""


@dataclass(frozen=True)
class RollOut:
    """G = B x blocks groups of K candidates of N notes, and the songs that came of them."""

    batch: Batch
    """[G x K, N] the candidates' rows; `fed` holds nothing, `heard` what each row makes."""
    hidden: Tensor
    """[G x K, H] the generator's state at the start of each block."""
    noise: Tensor
    """[G x K, Z]"""
    scores: Tensor
    """[G, K] the critic's log-ratio increments over each block."""
    features: Tensor
    """[G, K, C] the critic's features at the end of each block."""
    heard: Ints
    """[B, T, I] opening and continuation as the critic hears them."""

    def gathered(self) -> RollOut:
        """With scores, features and songs of all processes; candidates stay where they are."""
        heard = team.gathered(torch.from_numpy(self.heard)).numpy()
        scores, features = team.gathered(self.scores), team.gathered(self.features)
        return replace(self, scores=scores, features=features, heard=heard)


def played(module: nn.Module) -> dict[str, Floats]:
    """A network's parameters as numpy arrays."""
    return {name: p.detach().cpu().numpy() for name, p in module.named_parameters()}


def free_rules(config: EventsConfig) -> Rules:
    """No bounds but the order of rows, and no end: training sees what the networks do."""
    voices = config.layout.voices
    ranges = np.tile(np.array([0, 127], np.int64), (voices, 1))
    return Rules(ranges, np.zeros(voices, bool), must_end=False)


def open_songs(
    generator: Generator, batch: Batch, noise: Floats, opening: int, rng: np.random.Generator
) -> Sampler:
    """Songs that have heard the first `opening` rows of each window of `batch`."""
    layout = generator.config.layout
    rows, heard, fed = batch.rows.numpy(), batch.heard.numpy(), batch.fed.numpy()
    context = Context(layout, batch.tonic.numpy())
    past = batch.past
    if context.echo is not None and past is not None:
        context.echo.remember(past.notes, past.durations)
    state = generator.begin(batch.conditions.numpy(), noise)
    state = generator.advance(state, fed[:, 0])
    place = fed[:, 0]
    for t in range(opening):
        context.hear(rows[:, t], Place.new(heard[:, t, POSITION], heard[:, t, REMAINING]))
        state = generator.advance(state, heard[:, t])
        place = heard[:, t]
    bar_step = song_bar_step(batch.conditions.numpy(), layout.grid)
    origin = context.onset_step - place[:, POSITION]
    form = None
    if past is not None:
        form = past.form.from_bar(past.bar[:, opening - 1] if opening else 0 * past.bar[:, 0])
    # Not as the inputs have them, which stop at 32: counted down from there, they give songs away.
    assert batch.bars_left is not None
    bars = EvenBars(origin, bar_step, np.maximum(batch.bars_left[:, opening], 1), form)
    row = rows[:, opening - 1] if opening else np.full((len(rows), 5), -1, np.int64)
    ended = np.zeros(len(rows), bool)
    return Sampler(generator, context, state, bars, free_rules(generator.config), rng, row, ended)


def song_bar_step(conditions: Ints, grid: int) -> Ints:
    """Steps in a bar of each song [B], from its metre class; 4/4 for a rare one."""
    lengths = [bar_length_step(*metre, grid) for metre in METRES] + [4 * grid]
    return np.array(lengths, np.int64)[conditions[:, 1]]


def roll_out(
    generator: Generator,
    critic: Critic,
    batch: Batch,
    noise: Floats,
    opening: int,
    rng: np.random.Generator,
    *,
    block: int = 8,
    candidates: int = 8,
) -> RollOut:
    """Continue each window of `batch` after `opening` rows, to its length.

    At every block K continuations are drawn from the same state and weighed; the song goes on
    from the first, so that it stays the generator's own.
    """
    songs = open_songs(generator, batch, noise, opening, rng)
    critic_state, logits, heard = hear_openings(critic, batch, opening)
    spread = np.repeat(np.arange(len(noise)), candidates)
    first = np.arange(len(noise)) * candidates
    parts: list[tuple[list[Drawn], Floats, Floats, Floats]] = []
    for _ in range((batch.rows.shape[1] - opening) // block):
        many, many_critic = songs.take(spread), critic_state.take(spread)
        hidden, before = many.state.hidden, logits[spread]
        drawn, many_critic, after = draw_block(many, critic, many_critic, block)
        parts.append((drawn, hidden, after - before, many_critic.hidden))
        heard += [step.heard[first] for step in drawn]
        songs, critic_state, logits = many.take(first), many_critic.take(first), after[first]
    return gather(parts, batch, noise, candidates, np.stack(heard, axis=1))


def hear_openings(
    critic: Critic, batch: Batch, opening: int
) -> tuple[CriticState, Floats, list[Ints]]:
    """The critic after the first `opening` rows: its state, logits [B], and what it has heard."""
    state, logits = critic.begin(batch.conditions.numpy()), np.zeros(len(batch.rows), np.float32)
    heard = [batch.heard.numpy()[:, t] for t in range(opening)]
    for inputs in heard:
        state, logits = critic.advance(state, inputs)
    return state, logits, heard


def draw_block(
    songs: Sampler, critic: Critic, state: CriticState, block: int
) -> tuple[list[Drawn], CriticState, Floats]:
    """The next `block` rows of songs, and what the critic says of them: its state, logits [B]."""
    drawn, logits = [], np.zeros(len(songs.ended), np.float32)
    for _ in range(block):
        step = songs.step()
        state, logits = critic.advance(state, step.heard)
        drawn.append(step)
    return drawn, state, logits


def gather(
    parts: list[tuple[list[Drawn], Floats, Floats, Floats]],
    batch: Batch,
    noise: Floats,
    candidates: int,
    heard: Ints,
) -> RollOut:
    """A roll-out from its blocks: rows drawn, first states, scores and last features of each."""

    def column(name: str) -> Tensor:
        blocks = [np.stack([getattr(d, name) for d in drawn], axis=1) for drawn, *_ in parts]
        return torch.from_numpy(song_first(blocks, candidates))

    def joined(index: int) -> Tensor:
        blocks = [np.asarray(part[index]) for part in parts]
        return torch.from_numpy(song_first(blocks, candidates))

    repeats = len(parts) * candidates
    rows = column("rows")
    names = ("moment", "pitch", "duration", "last", "lowest", "echo", "heard")
    moment, pitch, duration, last, lowest, echo, made = map(column, names)
    each = Batch(
        fed=made[:, :0],
        rows=rows,
        moment=moment,
        pitch=pitch,
        duration=duration,
        last=last,
        lowest=lowest,
        echo=echo,
        heard=made,
        tonic=batch.tonic.repeat_interleave(repeats),
        conditions=batch.conditions.repeat_interleave(repeats, 0),
        mask=torch.ones(rows.shape[:2]),
    )
    scores = joined(2).view(-1, candidates)
    features = joined(3).view(len(scores), candidates, -1)
    each_noise = torch.from_numpy(noise).repeat_interleave(repeats, 0)
    return RollOut(each, joined(1), each_noise, scores, features, heard)


def song_first(blocks: Sequence[NDArray[Any]], candidates: int) -> NDArray[Any]:
    """Blocks of the K candidates of B songs, each [B x K, ...] -> [B x blocks x K, ...].

    What is of one song stands together, so that of several processes each has a part in one piece.
    """
    shape = blocks[0].shape[1:]
    each = np.stack([block.reshape(-1, candidates, *shape) for block in blocks], axis=1)
    return each.reshape(-1, *shape)
