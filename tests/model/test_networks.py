"""The networks as they are played say what the networks as they are trained say."""

import os

import numpy as np
import pytest
from tiny_model import (
    band_codec,
    choir_codec,
    critic_shapes,
    generator_shapes,
    posterior_shapes,
    random_weights,
    tiny_config,
)

from musicgan.codecs.analysis import analyse
from musicgan.codecs.bars import even_bars
from musicgan.codecs.context import Context
from musicgan.codecs.form import Form, lags
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.rules import Rules
from musicgan.compose.sampler import Sampler
from musicgan.corpus.piece import Piece
from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.model.posterior import Posterior
from musicgan.score import Key

TOLERANCE = 1e-5
N_BARS = 12


@pytest.fixture
def torch():
    """Torch, without which the played networks have nothing to be compared with."""
    if os.environ.get("CI"):
        import torch

        return torch
    return pytest.importorskip("torch")


def bars_of(codec, form=None):
    """One song's bars of 4/4; `form` says how many of them each looks back."""
    bar = 4 * codec.grid
    form = None if form is None else Form.of(np.array([form]) * bar)
    return EvenBars(np.array([0]), np.array([bar]), np.array([N_BARS]), form)


def song(codec, seed, looks_back=True):
    """A piece drawn by the sampler from a generator of random weights: six bars, and again."""
    config, rng = tiny_config(codec, looks_back=looks_back), np.random.default_rng(seed)
    voices, bar = config.layout.voices, 4 * codec.grid
    generator = Generator(random_weights(generator_shapes(config), rng), config)
    sampler = Sampler.begin(
        generator,
        config.conditions(0, (4, 4), 100, False)[None],
        np.array([5]),
        rng.standard_normal((1, config.noise)).astype(np.float32),
        bars_of(codec),
        Rules(np.tile([30, 90], (voices, 1)), np.zeros(voices, bool)),
        rng,
    )
    rows = []
    while not (drawn := sampler.step()).ended[0]:
        rows.append(drawn.rows[0])
    rows = np.stack(rows)
    first = rows[rows[:, 0].cumsum() < N_BARS // 2 * bar]
    again = first.copy()
    again[0, 0] += N_BARS // 2 * bar - first[:, 0].sum()
    rows = np.concatenate([first, again])
    lines = even_bars(N_BARS, bar)
    return config, Piece("drawn", rows, lines, Key(0, 5), (4, 4), 100.0)


@pytest.fixture(
    params=[(choir_codec, True), (choir_codec, False), (band_codec, True)],
    ids=["four voices", "without memory", "band with velocity"],
)
def drawn(request, torch):
    """(config, batch of one window, rows [T, 5], z [1, Z])"""
    from musicgan.train.songs import analyse_pieces, voice_ranges
    from musicgan.train.windows import Windows

    codec, looks_back = request.param
    config, piece = song(codec(), 3, looks_back)
    songs = analyse_pieces([piece], config, voice_ranges([piece], config.layout))
    batch = next(Windows(songs, len(piece.rows) + 1, config.layout).every(1))
    noise = np.random.default_rng(1).standard_normal((1, config.noise)).astype(np.float32)
    assert len(piece.rows) > 20
    return config, batch, piece, noise


def form_of(piece):
    """How many bars back each bar looks."""
    return lags(piece.rows, piece.bar_start_step) // piece.bar_start_step[1]


def played_logits(generator, config, piece, noise):
    """Logits of every field before each row and before the end, field by field as played."""
    bars = bars_of(config.layout, form_of(piece))
    context = Context(config.layout, np.array([piece.key.tonic]))
    conditions = config.conditions(0, piece.metre, piece.bpm, piece.key.is_minor)[None]
    state = generator.begin(conditions, noise)
    inputs = context.start(bars.place(np.zeros(1, np.int64), config.layout.max_position))
    out = []
    for row in piece.rows[:, None]:
        wait, voice, pitch, duration, _ = row.T
        place = bars.place(context.onset_step + wait, config.layout.max_position)
        state = generator.advance(state, inputs)
        moment = context.moment(wait, place)
        base = generator.moment(state, moment.columns)
        own = context.own_voice(voice, moment)
        note = context.own_pitch(pitch, own)
        fields = [
            generator.wait(state),
            generator.voice(base),
            generator.pitch(base, context.tonic, own.before),
            generator.duration(base, note.columns),
        ]
        if config.heads == 5:
            fields.append(generator.velocity(base, note.columns, duration))
        out.append(fields)
        inputs = context.hear(row, place)
    return [np.concatenate(field) for field in zip(*out, strict=True)]


def test_the_played_generator_is_the_trained_one(drawn, torch):
    from musicgan.train import networks
    from musicgan.train.rollout import played

    config, batch, piece, noise = drawn
    torch.manual_seed(0)
    trained = networks.Generator(config).eval()
    z = torch.from_numpy(noise)
    with torch.no_grad():
        hidden = trained.run(batch.fed, trained.song(batch.conditions, z), trained.begin(z))
        wanted = [logits[0, :-1].numpy() for logits in trained.heads(hidden, batch)]
    got = played_logits(Generator(played(trained), config), config, piece, noise)
    assert len(got) == len(wanted) == config.heads
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == other.shape
        assert np.ptp(other) > 0.1
        assert np.abs(one - other).max() < TOLERANCE


def test_the_played_critic_is_the_trained_one(drawn, torch):
    from musicgan.train import networks
    from musicgan.train.rollout import played

    config, batch, _, _ = drawn
    torch.manual_seed(0)
    trained = networks.Critic(config).eval()
    with torch.no_grad():
        wanted = trained(batch.heard, batch.conditions).logits[0, :-1].numpy()
    critic = Critic(played(trained), config)
    state = critic.begin(batch.conditions.numpy())
    got = []
    for inputs in batch.heard.numpy()[:, :-1].swapaxes(0, 1):
        state, logits = critic.advance(state, inputs)
        got.append(logits[0])
    assert np.ptp(wanted) > 0.01
    assert np.abs(np.array(got) - wanted).max() < TOLERANCE


def test_the_played_posterior_is_the_trained_one(drawn, torch):
    from musicgan.train import networks
    from musicgan.train.rollout import played

    config, batch, _, _ = drawn
    torch.manual_seed(0)
    trained = networks.Posterior(config).eval()
    with torch.no_grad():
        wanted = [column[0].numpy() for column in trained(batch)]
    got = Posterior(played(trained), config)(batch.heard[0].numpy())
    for one, other in zip(got, wanted, strict=True):
        assert one.shape == (config.noise,)
        assert np.ptp(other) > 0.1
        assert np.abs(one - other).max() < TOLERANCE


def test_a_windows_columns_are_those_that_are_played(drawn):
    config, batch, piece, _ = drawn
    count = len(piece.rows)
    bars = bars_of(config.layout, form_of(piece))
    onset = np.cumsum(piece.rows[:, 0])
    places = [bars.place(step, config.layout.max_position) for step in onset[:, None]]
    found = analyse(Context(config.layout, np.array([5])), piece.rows[None], places)
    assert np.array_equal(batch.heard[0, :count].numpy(), found.inputs[0])
    assert np.array_equal(batch.fed[0, 1 : count + 1].numpy(), found.inputs[0])
    for name in ("moment", "pitch", "duration", "last", "lowest", "echo"):
        assert np.array_equal(getattr(batch, name)[0, :count].numpy(), getattr(found, name)[0])


@pytest.mark.parametrize("codec", [choir_codec(), band_codec()], ids=["choir", "band"])
def test_parameters_have_the_names_and_shapes_that_are_trained(codec, torch):
    from musicgan.train import networks
    from musicgan.train.rollout import played

    config = tiny_config(codec)
    pairs = [
        (networks.Generator(config), generator_shapes(config)),
        (networks.Critic(config), critic_shapes(config)),
        (networks.Posterior(config), posterior_shapes(config)),
    ]
    for trained, shapes in pairs:
        assert {name: value.shape for name, value in played(trained).items()} == shapes


@pytest.mark.parametrize("codec", [choir_codec(), band_codec()], ids=["choir", "band"])
def test_songs_side_by_side_are_as_songs_alone(codec):
    """A batch of three gives each song what it gives it alone, to rounding."""
    config, rng = tiny_config(codec), np.random.default_rng(0)
    generator = Generator(random_weights(generator_shapes(config), rng), config)
    critic = Critic(random_weights(critic_shapes(config), rng), config)
    conditions = np.stack([config.conditions(0, m, 90, False) for m in ((4, 4), (3, 4), (7, 8))])
    noise = rng.standard_normal((3, config.noise)).astype(np.float32)
    inputs = rng.integers(0, config.layout.input_sizes, (3, len(config.layout.input_sizes)))
    state = generator.advance(generator.begin(conditions, noise), inputs)
    verdict_state, verdict = critic.advance(critic.begin(conditions), inputs)
    for b in range(3):
        one = slice(b, b + 1)
        alone = generator.advance(generator.begin(conditions[one], noise[one]), inputs[one])
        assert np.allclose(state.take(np.array([b])).hidden, alone.hidden, atol=1e-6)
        alone_state, alone_verdict = critic.advance(critic.begin(conditions[one]), inputs[one])
        assert np.allclose(verdict[one], alone_verdict, atol=1e-6)
        assert np.allclose(verdict_state.take(np.array([b])).hidden, alone_state.hidden, atol=1e-6)
