"""The judge: real and drawn windows are laid out alike, and its figures repeat."""

import math

import numpy as np
import pytest
import torch

from musicgan.codecs.bars import place
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.evaluate.distances import frechet
from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.networks import Critic
from musicgan.train.quality import SongJudge
from musicgan.train.rollout import POSITION, played
from musicgan.train.windows import Windows

from .making import codec, config_for, networks, pieces, songs_of

LENGTH = 32


@pytest.fixture(scope="module")
def setting():
    """Pieces, their config and songs."""
    some = pieces(4)
    config = config_for(some)
    return some, config, songs_of(some, config)


@pytest.fixture(scope="module")
def judge(setting):
    _, config, songs = setting
    return SongJudge(codec(), Windows(songs, LENGTH, config.layout), songs=6)


@pytest.fixture(scope="module")
def players(setting):
    """Random networks, played."""
    config = setting[1]
    generator, _ = networks(config)
    critic = PlayedCritic(played(Critic(config)), config)
    return PlayedGenerator(played(generator), config), critic


def test_real_windows_stand_where_their_first_note_does(setting, judge):
    some, config, _ = setting
    expected = []
    for piece in some:
        onset = np.cumsum(piece.rows[:, 0])
        position, _ = place(onset, piece.bar_start_step, config.layout.max_position)
        expected += position[: len(onset) - LENGTH + 1 : LENGTH].tolist()
    assert [position for _, position in judge._real_rows] == expected
    assert any(expected)


def test_a_window_that_holds_the_end_is_no_window_of_music(setting):
    _, config, songs = setting
    # As long as the song with its END row: the one full window ends with END.
    judge = SongJudge(codec(), Windows(songs[:2], len(songs[0]), config.layout), songs=4)
    assert len(songs[0]) < len(songs[1])
    assert len(judge._real_rows) == 1
    assert judge._real_rows[0][0].tolist() == songs[1].columns["rows"][: len(songs[0])].tolist()


def test_a_window_is_described_where_it_stands_in_the_bar(judge):
    # Three notes, a beat apart, that begin on the second semiquaver of a beat.
    rows = np.array([[9, 0, 60, 4, 0], [4, 0, 62, 4, 0], [4, 0, 64, 4, 0]], np.int64)
    on_beat = list(DESCRIPTORS).index("on_beat_share")
    assert judge._describe(rows, 5)[on_beat] == 0
    assert judge._describe(rows, 4)[on_beat] == 1
    assert rows[0, 0] == 9  # described without being changed


def test_songs_are_drawn_on_held_out_conditions_for_two_windows(setting, judge, players):
    _, config, songs = setting
    rows, heard = judge.draw(players[0], songs, np.random.default_rng(0))
    assert len(rows) == len(songs)
    assert heard.shape == (len(songs), 2 * LENGTH, len(config.layout.input_sizes))
    for (own, position), inputs, song in zip(rows, heard, songs, strict=True):
        assert own.shape == (2 * LENGTH, 5)
        assert position == inputs[0, POSITION]
        # As far into the bar as the held-out song begins.
        onset = song.columns["fed"][0, POSITION] + np.cumsum(own[:, 0])
        bar_step = 12 if song.conditions[1] == 1 else 16
        assert np.array_equal(inputs[:, POSITION], onset % bar_step)


def test_judging_repeats_itself_and_leaves_other_random_states_alone(judge, players):
    before = torch.get_rng_state()
    one, two = judge(*players), judge(*players)
    assert one == two
    assert torch.equal(before, torch.get_rng_state())
    assert all(math.isfinite(value) for value in one.values())
    assert {"frechet", "critic_held_out_loss", "critic_held_out_accuracy"} < set(one)


def test_random_notes_measure_worse_than_other_music_of_the_kind(setting, judge, players):
    """The control: other pieces of the same making are nearer than what a random network plays."""
    _, config, _ = setting
    others = songs_of(pieces(4, first=10), config)
    near = SongJudge(codec(), Windows(others, LENGTH, config.layout), songs=4)
    assert frechet(judge._real, near._real) < judge(*players)["frechet"]


def test_verdicts_by_hand(setting, judge, players):
    _, config, _ = setting
    weights = {name: np.zeros_like(value) for name, value in played(Critic(config)).items()}
    weights["out.bias"] = np.array([math.log(3)], np.float32)
    # A critic that says 3 to 1 "real" of everything is right of half, at ln(4/3) and ln 4.
    found = judge.verdicts(players[0], PlayedCritic(weights, config))
    assert found["critic_held_out_accuracy"] == 0.5
    expected = (math.log(4 / 3) + math.log(4)) / 2
    assert found["critic_held_out_loss"] == pytest.approx(expected, rel=1e-5)
