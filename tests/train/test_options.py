"""What a run can be told, and what it makes of what it was not told."""

import numpy as np
import pytest

from musicgan.corpus.piece import Piece
from musicgan.errors import DeviceError
from musicgan.score import Key
from musicgan.train.critic_trainer import AdversarialOptions
from musicgan.train.likelihood import LikelihoodOptions
from musicgan.train.options import (
    FEWEST_STEPS,
    NARROW,
    SHORT_MINUTES,
    WIDE,
    Options,
    best_of,
    choose_device,
    for_few,
    likelihood_steps,
    songs_to_judge,
    typical,
    within,
)


def test_a_short_run_gets_a_narrow_network():
    assert Options(minutes=SHORT_MINUTES - 1).width == NARROW
    assert Options(minutes=SHORT_MINUTES).width == Options().width == WIDE
    assert Options(minutes=1, hidden=40).width == 40


def test_the_schedule_is_so_many_passes_over_the_music():
    options = Options(likelihood=LikelihoodOptions(batch=10), likelihood_epochs=20)
    assert likelihood_steps(options, rows=1_000_000, window=100) == 20_000
    assert likelihood_steps(options, rows=1000, window=100) == FEWEST_STEPS
    assert likelihood_steps(Options(likelihood_steps=7), rows=1000, window=100) == 7


def test_the_device_asked_for_is_the_device():
    assert choose_device("cpu").type == "cpu"
    assert choose_device(None).type in ("cpu", "cuda")


@pytest.mark.parametrize("name", ["gramophone", "cuda:99", ""])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(DeviceError, match=f"device {name!r} cannot be used here: choose of cpu"):
        choose_device(name)


def test_typical_habits_of_a_collection():
    def piece(metre, bpm, key, states_tempo=True):
        return Piece(
            "made", np.zeros((1, 5), np.int64), np.arange(2), key, metre, bpm, states_tempo
        )

    d_major, a_minor = Key(0, 2), Key(0, 9, True)
    some = [
        piece((3, 4), 90, d_major), piece((3, 4), 100.06, d_major), piece((4, 4), 200, a_minor),
        piece((3, 4), 120, d_major, False), piece((3, 4), 120, d_major, False),
    ]  # fmt: skip
    assert typical(some) == {
        "metre": [3, 4],
        "metres": [[3, 4], [4, 4]],
        "bpm": 100.1,
        "bpm_range": [90, 200],
        "keys": [[2, 0]] * 4 + [[9, 1]],
    }
    assert typical(some[3:])["bpm"] == 120
    # One that states its tempo among many that do not says nothing of them.
    assert typical([some[1], *[some[3]] * 9])["bpm"] == 100.1
    assert typical([some[1], *[some[3]] * 10])["bpm"] == 120


def test_a_run_of_seconds_has_no_time_for_all_first_lessons():
    usual = AdversarialOptions(critic_warmup=60)
    lessons = [within(usual, minutes).critic_warmup for minutes in (None, 60, 5, 2, 0.5, 0.01)]
    assert lessons == [60, 60, 60, 24, 6, 2]


def test_a_run_of_seconds_is_judged_by_fewer_songs():
    assert [songs_to_judge(minutes) for minutes in (None, 60, 5, 2, 0.1)] == [128, 128, 128, 51, 24]


def test_the_best_of_each_phase_is_reported():
    history = [
        {"phase": "a", "step": 1, "score": 3.0}, {"phase": "a", "step": 2, "score": 1.23456},
        {"phase": "a", "step": 3, "score": 2.0}, {"phase": "b", "step": 1, "score": 9.0},
    ]  # fmt: skip
    assert best_of(history) == {
        "a": {"phase": "a", "step": 2, "score": 1.2346},
        "b": {"phase": "b", "step": 1, "score": 9.0},
    }


def test_the_critic_of_few_pieces_learns_slowly():
    usual = Options()
    assert for_few(usual, 150) == usual
    few = for_few(usual, 78)
    assert few.adversarial.critic_rate == usual.adversarial.critic_rate / 4
    assert few.adversarial.rate == usual.adversarial.rate / 2
    assert (few.critic_dropout, few.dropout) == (0.6, usual.dropout)
    assert for_few(Options(critic_dropout=0.7), 78).critic_dropout == 0.7


def test_the_critic_learns_as_slowly_as_asked():
    quick, slow = Options(slow_critic=False), Options(slow_critic=True)
    assert for_few(quick, 78) == quick
    assert for_few(slow, 1000).adversarial.critic_rate == slow.adversarial.critic_rate / 4


@pytest.mark.parametrize(("bpm", "usual"), [(1150, 400), (5, 20), (100, 100)])
def test_the_usual_tempo_is_one_that_can_be_asked_for(bpm, usual):
    rows = np.zeros((1, 5), np.int64)
    made = Piece("made", rows, np.arange(2), Key(0, 2), (4, 4), bpm, states_tempo=True)
    assert typical([made])["bpm"] == usual
