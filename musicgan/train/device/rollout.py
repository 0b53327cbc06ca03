"""`rollout` on a device: openings continued where the networks are, hundreds of songs at once.

The same draws as `rollout.roll_out` from the same random numbers, to rounding: what numpy plays
song by song is here one launch for all, and nothing waits for the host until the end. The rules
are the free ones of training (`rollout.free_rules`): any pitch, chords in every voice, no end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicgan.codecs.events import PITCH, VOICE
from musicgan.codecs.form import Form
from musicgan.model.steps import Ints
from musicgan.train.device.context import DeviceContext
from musicgan.train.device.echo import DevicePlace
from musicgan.train.networks import Batch, Critic, Generator
from musicgan.train.operations import spread_pitch
from musicgan.train.rollout import POSITION, REMAINING, RollOut, song_bar_step

NEVER = -1e9


class Bars(NamedTuple):
    """`compose.even_bars.EvenBars` as tensors: [B] each, and what their form says, [B, N]."""

    origin_step: Tensor
    bar_step: Tensor
    left: Tensor
    lag_step: Tensor
    section: Tensor

    def take(self, index: Tensor) -> Bars:
        """The bars of songs `index` [N]."""
        return Bars(*(part[index] for part in self))

    def place(self, onset_step: Tensor, max_position: int) -> DevicePlace:
        """Where onsets [B] fall."""
        into = onset_step - self.origin_step
        bar, into = into // self.bar_step, into % self.bar_step
        remaining, length = (self.left - bar).clamp(min=0), self.lag_step.shape[1]
        looks = (
            table.gather(1, ((bar + later) % length)[:, None])[:, 0]
            for table, later in ((self.lag_step, 0), (self.section, 0), (self.lag_step, 1))
        )
        lag_step, section, following = looks
        position = into.clamp(max=max_position - 1)
        return DevicePlace(position, remaining, lag_step, section, self.bar_step - into, following)


class Songs:
    """Songs under way on a device, as `compose.sampler.Sampler` plays them in training."""

    def __init__(
        self, generator: Generator, context: DeviceContext, bars: Bars, hidden: Tensor,
        song: Tensor, row: Tensor,
    ) -> None:  # fmt: skip
        self.generator, self.context, self.bars = generator, context, bars
        self.hidden, self.song, self.row = hidden, song, row

    def take(self, index: Tensor) -> Songs:
        """Songs `index` [N] as they stand, free to go their own ways."""
        return Songs(
            self.generator, self.context.take(index), self.bars.take(index),
            self.hidden[index], self.song[index], self.row[index],
        )  # fmt: skip

    def step(self, chance: Tensor) -> dict[str, Tensor]:
        """Draw one row for every song by chances [fields, B], and hear it."""
        net, context = self.generator, self.context
        layout = net.config.layout
        first, *others = net.config.widths
        wait_part, rest = torch.split(net.trunk(self.hidden), [first, sum(others)], -1)
        chances = iter(chance)
        above = self.row[:, PITCH] < 127  # a chord goes on upwards, if there is room
        voices = torch.arange(layout.voices, device=chance.device)
        follows = voices > (self.row[:, VOICE] - above.long())[:, None]

        logits = net.wait_out(F.relu(wait_part))
        logits[:, layout.end] = NEVER
        logits[:, 0] = torch.where(follows.any(1), logits[:, 0], NEVER)
        wait = _draw(next(chances), logits)
        onset = context.onset_step + wait
        moment = context.moment(wait, self.bars.place(onset, layout.max_position))
        base = rest + net.moment(moment.columns)
        voice_part, pitch_part, duration_part, *touch_part = torch.split(base, others, -1)

        logits = net.voice_out(F.relu(voice_part))
        voice = _draw(next(chances), torch.where(follows | (wait > 0)[:, None], logits, NEVER))
        own = context.own_voice(voice, moment)
        out = net.pitch_out(F.relu(pitch_part + net.pitch_context(own.columns)))
        below = (own.last, own.lowest, *([own.echo] if layout.looks_back else []))
        stacked = (wait == 0) & (voice == self.row[:, VOICE])
        floor = torch.where(stacked, self.row[:, PITCH], -1)
        pitches = torch.arange(128, device=chance.device) > floor[:, None]
        logits = torch.where(pitches, spread_pitch(out, context.tonic, *below), NEVER)
        pitch = _draw(next(chances), logits)
        note = context.own_pitch(pitch, own)
        logits = net.duration_out(F.relu(duration_part + net.duration_context(note.columns)))
        duration = _draw(next(chances), logits).clamp(min=1)
        touch = torch.zeros_like(wait)
        if net.config.heads == 5:
            known = torch.cat([note.columns, duration[:, None]], 1)
            logits = net.velocity_out(F.relu(touch_part[0] + net.velocity_context(known)))
            touch = _draw(next(chances), logits)

        rows = torch.stack((wait, voice, pitch, duration, touch), 1)
        heard = context.take_in(note, duration, touch)
        self.hear(rows, heard)
        return {
            "rows": rows, "heard": heard, "moment": moment.columns, "pitch": own.columns,
            "duration": note.columns, "last": own.last, "lowest": own.lowest, "echo": own.echo,
        }  # fmt: skip

    def hear(self, rows: Tensor, inputs: Tensor) -> None:
        """Go on from given rows [B, 5] and the inputs [B, I] that they make."""
        net = self.generator
        self.hidden = _gru_step(net.rnn, net.embed(inputs) + self.song, self.hidden)
        self.row = rows


class Listener:
    """A critic that follows songs on a device."""

    def __init__(self, critic: Critic, conditions: Tensor) -> None:
        self.critic, self.song = critic, critic.condition(conditions)
        self.hidden = self.song.new_zeros(len(conditions), critic.rnn.hidden_size)
        self.logits = self.song.new_zeros(len(conditions))

    def take(self, index: Tensor) -> Listener:
        """The listener to songs `index` [N]."""
        other = Listener.__new__(Listener)
        other.critic, other.song = self.critic, self.song[index]
        other.hidden, other.logits = self.hidden[index], self.logits[index]
        return other

    def hear(self, inputs: Tensor) -> None:
        """One row's inputs [B, I] a song."""
        x = self.critic.embed(inputs[:, :-1]) + self.song
        self.hidden = _gru_step(self.critic.rnn, x, self.hidden)
        self.logits = self.critic.out(self.hidden)[:, 0]


class Block(NamedTuple):
    """N rows of all candidates of all songs."""

    columns: dict[str, Tensor]
    """Of `networks.Batch`, each [B x K, N, ...]."""
    hidden: Tensor
    """[B x K, H] the generator's state before it."""
    scores: Tensor
    """[B x K] what the critic's log odds have gained."""
    features: Tensor
    """[B x K, C] the critic's at its end."""


@torch.no_grad()
def roll_out(
    generator: Generator,
    critic: Critic,
    batch: Batch,
    noise: Tensor,
    opening: int,
    rng: np.random.Generator,
    *,
    block: int = 8,
    candidates: int = 8,
) -> RollOut:
    """As `rollout.roll_out`, on the device of the networks; `noise` [B, Z] lies there.

    Its tensors are on the device, but for the songs that came of it.
    """
    device = noise.device
    count = (batch.rows.shape[1] - opening) // block
    songs, listener, heard = open_songs(generator, critic, batch, noise, opening)
    spread = torch.arange(len(noise), device=device).repeat_interleave(candidates)
    first = torch.arange(len(noise), device=device) * candidates
    fields = generator.config.heads
    # All that is random, in the order in which the host would draw it, in one piece.
    drawn = [1 - rng.random((fields, len(spread))) for _ in range(count * block)]
    chances = torch.from_numpy(np.stack(drawn)).to(device) if drawn else torch.empty(0)
    blocks: list[Block] = []
    for number in range(count):
        many, ears = songs.take(spread), listener.take(spread)
        hidden, before, steps = many.hidden, ears.logits, []
        for chance in chances[number * block : (number + 1) * block]:
            steps.append(many.step(chance))
            ears.hear(steps[-1]["heard"])
        columns = {name: torch.stack([s[name] for s in steps], 1) for name in steps[0]}
        blocks.append(Block(columns, hidden, ears.logits - before, ears.hidden))
        heard.append(columns["heard"][first])
        songs, listener = many.take(first), ears.take(first)
    return _gathered(blocks, batch, noise, candidates, torch.cat(heard, 1).cpu().numpy())


def open_songs(
    generator: Generator, critic: Critic, batch: Batch, noise: Tensor, opening: int
) -> tuple[Songs, Listener, list[Tensor]]:
    """Songs that have heard the first `opening` rows, their critic, and what both heard."""
    device, layout = noise.device, generator.config.layout
    here = batch.to(device)
    rows, heard, fed = here.rows.long(), here.heard.long(), here.fed.long()
    context = DeviceContext(layout, here.tonic.long())
    past = batch.past
    if context.echo is not None and past is not None:
        context.echo.remember(
            torch.from_numpy(past.notes).to(device), torch.from_numpy(past.durations).to(device)
        )
    listener = Listener(critic, here.conditions)
    hidden, song = generator.begin(noise), generator.song(here.conditions, noise)
    bars = _bars(batch, opening, layout.grid, device)
    songs = Songs(generator, context, bars, hidden, song, rows[:, 0])
    songs.hear(torch.full_like(rows[:, 0], -1), fed[:, 0])
    for t in range(opening):
        none = torch.zeros_like(heard[:, t, POSITION])
        place = DevicePlace(heard[:, t, POSITION], heard[:, t, REMAINING], none, none, none, none)
        context.hear(rows[:, t], place)
        songs.hear(rows[:, t], heard[:, t])
        listener.hear(heard[:, t])
    position = (heard[:, opening - 1] if opening else fed[:, 0])[:, POSITION]
    songs.bars = songs.bars._replace(origin_step=context.onset_step - position)
    return songs, listener, [heard[:, :opening]]


def _bars(batch: Batch, opening: int, grid: int, device: torch.device) -> Bars:
    """The bars that go on after `opening` rows; where they begin is not known yet."""
    assert batch.bars_left is not None
    conditions, past = batch.conditions.cpu().numpy(), batch.past
    form = Form(*np.zeros((2, len(conditions), 1), np.int64))
    if past is not None:
        form = past.form.from_bar(past.bar[:, opening - 1] if opening else 0 * past.bar[:, 0])
    arrays = (
        np.zeros(len(conditions), np.int64),
        song_bar_step(conditions, grid),
        np.maximum(batch.bars_left[:, opening], 1),
        form.lag_step,
        form.section,
    )
    return Bars(*(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays))


def _draw(chance: Tensor, logits: Tensor) -> Tensor:
    """As `compose.sampling.draw_by`: by a number above 0 and at most 1 a row, [B, N] -> [B]."""
    weight = (logits - logits.amax(1, keepdim=True)).exp()
    total = weight.double().cumsum(1)
    return (total >= (chance * total[:, -1])[:, None]).int().argmax(1)


def _gru_step(gru: nn.GRU, x: Tensor, hidden: Tensor) -> Tensor:
    weights = [value for name, value in gru.named_parameters()]
    return torch.gru_cell(x, hidden, *weights)


def _gathered(
    blocks: list[Block], batch: Batch, noise: Tensor, candidates: int, heard: Ints
) -> RollOut:
    """As `rollout.gather`: what is of one song stands together."""
    repeats, device = len(blocks) * candidates, noise.device

    def joined(parts: Sequence[Tensor]) -> Tensor:
        rest = parts[0].shape[1:]
        return torch.stack([x.view(-1, candidates, *rest) for x in parts], 1).view(-1, *rest)

    def column(name: str) -> Tensor:
        return joined([one.columns[name] for one in blocks])

    rows, made = column("rows"), column("heard")
    each = Batch(
        fed=made[:, :0],
        rows=rows,
        moment=column("moment"),
        pitch=column("pitch"),
        duration=column("duration"),
        last=column("last"),
        lowest=column("lowest"),
        echo=column("echo"),
        heard=made,
        tonic=batch.tonic.to(device).repeat_interleave(repeats),
        conditions=batch.conditions.to(device).repeat_interleave(repeats, 0),
        mask=torch.ones(rows.shape[:2], device=device),
    )
    scores = joined([one.scores for one in blocks]).view(-1, candidates)
    features = joined([one.features for one in blocks]).view(len(scores), candidates, -1)
    hidden = joined([one.hidden for one in blocks])
    return RollOut(each, hidden, noise.repeat_interleave(repeats, 0), scores, features, heard)
