"""Roll-outs: what numpy drew and torch weighs must be the same notes with the same chances."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.codecs.analysis import analyse
from musicgan.codecs.bars import Place
from musicgan.codecs.context import Context
from musicgan.codecs.layout import BARS
from musicgan.codecs.stages import Before
from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.adversarial import candidate_nll
from musicgan.train.networks import Batch, Critic
from musicgan.train.quality import begin_songs
from musicgan.train.rollout import POSITION, REMAINING, open_songs, played, roll_out, song_bar_step

from .making import CPU, config_for, networks, pieces, songs_of, windows_of

SONGS, LENGTH, BLOCK, CANDIDATES = 3, 32, 8, 4
COLUMNS = ("moment", "pitch", "duration", "last", "lowest", "echo")


class Setting:
    """Random networks, real windows and a roll-out over them."""

    def __init__(self, opening: int, drums: bool, velocity_bins: int) -> None:
        some = pieces(4, drums=drums, velocity_bins=velocity_bins)
        self.config = config_for(some, drums, velocity_bins)
        windows = windows_of(some, self.config, LENGTH)
        self.opening = opening
        self.batch = windows.draw_inside(SONGS, np.random.default_rng(1), openings=opening == 0)
        self.generator, _ = networks(self.config)
        self.critic = Critic(self.config)
        self.generator.eval(), self.critic.eval()
        self.noise = np.random.default_rng(2).standard_normal((SONGS, 4)).astype(np.float32)
        self.found = self.roll_out(3)

    def roll_out(self, seed: int, **changes: int):
        sizes = {"block": BLOCK, "candidates": CANDIDATES, **changes}
        return roll_out(
            PlayedGenerator(played(self.generator), self.config),
            PlayedCritic(played(self.critic), self.config),
            self.batch, self.noise, self.opening, np.random.default_rng(seed), **sizes,
        )  # fmt: skip

    @property
    def blocks(self) -> int:
        return (LENGTH - self.opening) // BLOCK

    def kept(self, column: torch.Tensor) -> torch.Tensor:
        """The first candidates' part of a column [G x K, N, ...], joined in time, [B, T', ...]."""
        return column.view(SONGS, self.blocks, CANDIDATES, *column.shape[1:])[:, :, 0].flatten(1, 2)

    def places(self, rows: torch.Tensor) -> list[Place]:
        """Where all rows fall; of the opening's nobody asks what they look back at."""
        generator = PlayedGenerator(played(self.generator), self.config)
        rng = np.random.default_rng(0)
        bars = open_songs(generator, self.batch, self.noise, self.opening, rng).bars
        onset, heard = rows[..., 0].cumsum(1).numpy(), self.found.heard
        opening = [
            Place.new(heard[:, t, POSITION], heard[:, t, REMAINING]) for t in range(self.opening)
        ]
        most = self.config.layout.max_position
        return opening + [bars.place(step, most) for step in onset.T[self.opening :]]

    def whole(self) -> Batch:
        """The songs that came of it as one batch, analysed anew after the opening."""
        opening, batch, found = self.opening, self.batch, self.found
        rows = torch.cat([batch.rows[:, :opening], self.kept(found.batch.rows)], 1)
        context = Context(self.config.layout, batch.tonic.numpy())
        context.echo.remember(batch.past.notes, batch.past.durations)
        fresh = analyse(context, rows.numpy(), self.places(rows))
        columns = {
            name: torch.cat(
                [getattr(batch, name)[:, :opening], torch.from_numpy(value)[:, opening:]], 1
            )
            for name, value in [*vars(fresh).items(), ("heard", fresh.inputs)]
            if name != "inputs"
        }
        fed = torch.cat([batch.fed[:, :1], columns["heard"][:, :-1]], 1)
        return replace(batch, rows=rows, fed=fed, mask=torch.ones(rows.shape[:2]), **columns)


@pytest.fixture(
    scope="module",
    params=[(0, False, 2), (16, False, 1), (16, True, 2)],
    ids=["from the first note", "without velocity", "with drums"],
)
def setting(request):
    """Roll-outs of several kinds."""
    return Setting(*request.param)


def test_fakes_keep_the_real_opening_and_fill_the_window(setting):
    heard = setting.batch.heard.numpy()
    assert setting.found.heard.shape == heard.shape
    assert np.array_equal(setting.found.heard[:, : setting.opening], heard[:, : setting.opening])
    assert not np.array_equal(setting.found.heard, heard)


def test_the_song_goes_on_from_the_first_candidate(setting):
    made = setting.kept(setting.found.batch.heard).numpy()
    assert np.array_equal(setting.found.heard[:, setting.opening :], made)


def test_what_the_sampler_noted_is_what_analysing_its_rows_finds(setting):
    whole = setting.whole()
    assert bool((setting.found.batch.echo >= 0).any())
    for name in (*COLUMNS, "heard"):
        found = setting.kept(getattr(setting.found.batch, name))
        assert torch.equal(found, getattr(whole, name)[:, setting.opening :]), name


def test_songs_under_way_remember_what_stood_before_their_windows(setting):
    """Real rows heard after the opening make the inputs that analysing the whole piece made."""
    batch, rng = setting.batch, np.random.default_rng(0)
    generator = PlayedGenerator(played(setting.generator), setting.config)
    songs = open_songs(generator, batch, setting.noise, setting.opening, rng)
    for t in range(setting.opening, LENGTH):
        heard = songs.hear(batch.rows[:, t].numpy())
        assert heard.tolist() == batch.heard[:, t].tolist()


def test_candidates_cost_what_teacher_forcing_says(setting):
    """The same rows from the same state: block by block in torch, and in one run from the start."""
    with torch.no_grad():
        nll = candidate_nll(setting.generator, setting.found, CPU)
        forced = setting.generator(setting.whole(), torch.from_numpy(setting.noise)).sum(-1)
    first = nll.view(SONGS, setting.blocks, CANDIDATES)[:, :, 0]
    expected = forced[:, setting.opening :].view(SONGS, setting.blocks, BLOCK).sum(-1)
    torch.testing.assert_close(first, expected, atol=1e-3, rtol=1e-4)


def test_every_candidate_costs_what_the_playing_network_says(setting):
    """All K of them, by numpy logits from the state at the start of the block."""
    found, config = setting.found, setting.config
    batch = found.batch
    generator = PlayedGenerator(played(setting.generator), config)
    begun = generator.begin(batch.conditions.numpy(), found.noise.numpy())
    state = generator.state(found.hidden.numpy(), begun.song)
    total = np.zeros(len(found.hidden))

    def cost(logits, value):
        top = logits.max(1)
        norm = top + np.log(np.exp(logits - top[:, None]).sum(1))
        return norm - logits[np.arange(len(logits)), value]

    for t in range(BLOCK):
        rows = batch.rows[:, t].numpy()
        at = {name: getattr(batch, name)[:, t].numpy()
              for name in (*COLUMNS, "heard")}  # fmt: skip
        base = generator.moment(state, at["moment"])
        tonic = batch.tonic.numpy()
        total += cost(generator.wait(state), rows[:, 0])
        total += cost(generator.voice(base), rows[:, 1])
        below = (at[name] for name in ("last", "lowest", "echo"))
        pitch = generator.pitch(base, tonic, Before(at["pitch"], *below, at["echo"]))
        total += cost(pitch, rows[:, 2])
        total += cost(generator.duration(base, at["duration"]), rows[:, 3])
        if config.heads == 5:
            total += cost(generator.velocity(base, at["duration"], rows[:, 3]), rows[:, 4])
        state = generator.advance(state, at["heard"])
    nll = candidate_nll(setting.generator, found, CPU).detach().numpy()
    np.testing.assert_allclose(nll, total, atol=1e-3, rtol=1e-4)


def test_scores_are_the_critics_logit_increments(setting):
    heard, found = torch.from_numpy(setting.found.heard), setting.found
    verdict = setting.critic(heard, setting.batch.conditions)
    logits, features = verdict.logits.detach(), verdict.features[0].detach()
    ends = torch.arange(setting.opening + BLOCK, LENGTH + 1, BLOCK)
    # Before the first note nothing has been said for or against.
    before = torch.cat([torch.zeros(SONGS, 1), logits], 1)
    increments = before[:, ends] - before[:, ends - BLOCK]
    scores = found.scores.view(SONGS, setting.blocks, CANDIDATES)
    torch.testing.assert_close(scores[:, :, 0], increments, atol=1e-5, rtol=1e-4)
    ended = found.features.view(SONGS, setting.blocks, CANDIDATES, -1)[:, :, 0]
    torch.testing.assert_close(ended, features[:, ends - 1], atol=1e-5, rtol=1e-4)


def test_candidates_grow_from_one_state_and_differ(setting):
    found = setting.found
    groups = (setting.blocks * SONGS, CANDIDATES)
    hidden = found.hidden.view(*groups, -1)
    assert torch.equal(hidden, hidden[:, :1].expand_as(hidden))
    rows = found.batch.rows.view(*groups, BLOCK, 5)
    assert all(len(torch.unique(group, dim=0)) > 1 for group in rows)


def test_the_same_seed_rolls_out_the_same(setting):
    one, two, other = setting.roll_out(9), setting.roll_out(9), setting.roll_out(10)
    assert np.array_equal(one.heard, two.heard)
    assert torch.equal(one.scores, two.scores)
    assert not np.array_equal(one.heard, other.heard)


def test_candidates_are_weighed_but_nothing_before_them_is_trained(setting):
    generator = setting.generator
    generator.zero_grad()
    candidate_nll(generator, setting.found, CPU).sum().backward()
    assert generator.first.weight.grad is None
    assert float(generator.pitch_out.weight.grad.abs().sum()) > 0


def test_bars_of_a_song_by_its_metre_class(setting):
    config = setting.config
    asked = [(4, 4), (3, 4), (6, 8), (2, 2), (5, 8)]
    conditions = np.stack([config.conditions(0, metre, 100, False) for metre in asked])
    assert song_bar_step(conditions, 4).tolist() == [
        16,
        12,
        12,
        16,
        16,
    ]  # 5/8 is none we tell apart


@pytest.mark.parametrize("opening", [0, 16])
def test_bars_of_long_songs_are_counted_as_the_real_ones_are(opening):
    """The inputs stop counting at 32; whoever counts down from there is known by it."""
    some = pieces(3, bars=60)
    config = config_for(some)
    windows = windows_of(some, config, LENGTH)
    batch = windows.draw_inside(SONGS, np.random.default_rng(1), openings=opening == 0)
    assert batch.bars_left.max() > BARS
    told = batch.fed[..., REMAINING].numpy()
    assert np.array_equal(np.minimum(batch.bars_left, BARS - 1), told)
    generator = PlayedGenerator(played(networks(config)[0]), config)
    noise = np.zeros((SONGS, config.noise), np.float32)
    bars = open_songs(generator, batch, noise, opening, np.random.default_rng(0)).bars
    onset = bars.origin_step + 1
    assert bars.place(onset, 99).remaining.tolist() == batch.bars_left[:, opening].tolist()


def test_songs_judged_have_as_many_bars_as_those_they_are_like():
    some = pieces(3, bars=60)
    config = config_for(some)
    songs = songs_of(some, config)
    generator = PlayedGenerator(played(networks(config)[0]), config)
    bars = begin_songs(generator, songs, np.random.default_rng(0)).bars
    assert bars.count.tolist() == [len(piece.bar_start_step) - 1 for piece in some]
