"""How much the critic should say is settled by measuring songs against the pieces held out."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from musicgan.compose.player import player_of
from musicgan.compose.voice_leading import RAREST
from musicgan.evaluate.descriptors import descriptor_matrix
from musicgan.model.file import ModelFile
from musicgan.train import guidance
from musicgan.train.guidance import SONGS, STRENGTHS, GuidancePhase, songs_for
from musicgan.train.networks import Critic
from musicgan.train.rollout import played

from .making import codec, config_for, networks, pieces

LENGTH = 32


@pytest.fixture(autouse=True)
def few_songs(monkeypatch):
    monkeypatch.setattr(guidance, "SONGS", 8)


@pytest.fixture(scope="module")
def some():
    return pieces(6)


@pytest.fixture(scope="module")
def player(some):
    """Random networks that play."""
    config = config_for(some)
    weights = {f"generator.{k}": v for k, v in played(networks(config)[0]).items()}
    weights |= {f"critic.{k}": v for k, v in played(Critic(config)).items()}
    meta = {
        "kind": "events",
        "codec": {"name": "events", "options": dict(codec().options())},
        "config": config.to_json(),
        "voices": {"ranges": [[40, 80]] * 2, "single": [True, True]},
        "typical": {"metre": [4, 4], "bpm": 100, "keys": [[0, 0]]},
    }
    return player_of(ModelFile(weights, meta), Path("in memory"))


def measured(phase):
    """As the loop runs a phase after the first: figures of each candidate; the best is kept."""
    phase.begin()
    best = {}
    for step in range(phase.max_steps + 1):
        if step:
            phase.step(step / phase.max_steps)
        figures = phase.evaluate()
        best[figures["score"]] = phase.selected()
    phase.restore(best[min(best)])
    return best


@pytest.mark.parametrize("good", STRENGTHS)
def test_the_strength_whose_songs_are_nearest_to_the_music_is_kept(some, player, good, monkeypatch):
    def songs_like(player, pieces, *, critic, **rest):
        """The pieces themselves for one strength, all their pitches shuffled for the others."""
        rng = np.random.default_rng(critic)
        for piece in pieces:
            rows = piece.rows.copy()
            if critic != good:
                rng.shuffle(rows[:, 2])
            yield player.codec.decode(rows)

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    phase = GuidancePhase(lambda: player, some, some, LENGTH, seed=0)
    assert phase.habits == {"critic": 0, "parallels": 1.0}  # until it is known
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.habits == {"critic": good, "parallels": 1.0}


def test_candidates_that_bring_nothing_are_not_weighed(some, player, monkeypatch):
    def songs_like(player, pieces, **rest):
        return (player.codec.decode(piece.rows) for piece in pieces)

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.chosen == 0


@pytest.mark.parametrize(("own", "times"), [(0.4, 0.25**2), (0.05, 4), (0.9, RAREST)])
@pytest.mark.parametrize("helps", [True, False])
def test_parallels_are_put_right_unless_it_does_harm(some, player, monkeypatch, own, times, helps):
    """A tenth of the pieces' moves are parallel; what is done about the songs' own makes no other
    difference or spoils all."""
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.parallels)
        rng = np.random.default_rng(0)
        for piece in pieces:
            rows, some = piece.rows.copy(), slice(4 if helps or asked[-1] == 1 else None)
            rows[some, 2] = rng.permutation(rows[some, 2])
            yield player.codec.decode(rows)

    measure(monkeypatch, songs_like, [own, 0.1])
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    measured(phase)
    assert asked == pytest.approx([1.0] * len(STRENGTHS) + [times])
    assert phase.habits == {"critic": 0, "parallels": round(times, 4) if helps else 1.0}


def renamed(given):
    return {{"candidates": "critic"}.get(name, name): value for name, value in given.items()}


def test_what_is_asked_for_is_the_habit_and_what_is_left_open_is_tried(some, player, monkeypatch):
    asked = []

    def songs_like(player, pieces, *, critic, **rest):
        asked.append((critic, player.rules.parallels))
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like, [0.4, 0.1])
    cases = [
        ({"candidates": 3}, [(3, 1.0), (3, 1 / 16)], {"critic": 3, "parallels": 1 / 16}),
        (
            {"parallels": 0.3},
            [(strength, 0.3) for strength in STRENGTHS],
            {"critic": 0, "parallels": 0.3},
        ),
        ({"candidates": 0, "parallels": 0.3}, [(0, 0.3)], {"critic": 0, "parallels": 0.3}),
    ]
    for given, tried, habits in cases:
        asked.clear()
        phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0, **given)
        assert phase.habits == {"critic": 0, "parallels": 1.0, **renamed(given)}
        measured(phase)
        assert asked == tried
        assert phase.habits == habits


def test_where_there_are_none_they_are_left_alone(some, player, monkeypatch):
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.parallels)
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like, [0.0, 0.4])
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    measured(phase)
    assert asked == [1.0] * len(STRENGTHS)
    assert phase.habits == {"critic": 0, "parallels": 1.0}


def measure(monkeypatch, songs_like, shares):
    """Let the phase measure `songs_like`; parallels of songs and of pieces are always `shares`."""
    coming = cycle(shares)

    def described(scores):
        found = descriptor_matrix(scores)
        found[:, guidance.PARALLELS] = next(coming)
        return found

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    monkeypatch.setattr(guidance, "descriptor_matrix", described)


def test_it_says_how_much_is_copied(some, player, monkeypatch):
    """Songs that are pieces of the training set in another key, and pieces that it has not."""

    def songs_like(player, pieces, **rest):
        for piece in pieces:
            yield player.codec.decode(piece.rows + np.array([0, 0, 3, 0, 0]))

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    learned = GuidancePhase(lambda: player, some[:3], some[:3], LENGTH, seed=0).evaluate()
    assert (learned["copied"], learned["copied_by_real"]) == (1, 1)
    assert (learned["long_copied"], learned["long_copied_by_real"]) == (1, 1)
    new = GuidancePhase(lambda: player, some[:3], some[3:], LENGTH, seed=0).evaluate()
    assert new["copied"] == pytest.approx(new["copied_by_real"]) and new["copied"] < 0.2
    assert new["long_copied"] <= new["copied"]


def test_songs_are_composed_and_the_figures_repeat(some, player, monkeypatch):
    one, other = (
        measured(GuidancePhase(lambda: player, some, some, LENGTH, seed=0)) for _ in range(2)
    )
    assert one == other
    assert all(np.isfinite(score) and score > 0 for score in one)


def test_it_goes_on_where_it_was_interrupted(some, player, monkeypatch):
    phase, later = (GuidancePhase(lambda: player, some, some, LENGTH, seed=0) for _ in range(2))
    phase.step(0.3)
    later.load_state(phase.state())
    assert later.evaluate() == phase.evaluate()
    phase.restore({"candidates": 4, "times": 0.5})
    later.load_state(phase.state())
    assert later.habits == {"critic": 4, "parallels": 0.5}


def test_a_checkpoint_of_before_parallels_were_measured_is_gone_on_with(some, player):
    phase = GuidancePhase(lambda: player, some, some, LENGTH, seed=0)
    phase.load_state({"at": len(STRENGTHS), "chosen": None})
    assert phase.evaluate() == {"score": float("inf")}
    phase.restore({"candidates": 2})
    assert phase.habits == {"critic": 2, "parallels": 1.0}


def test_what_was_chosen_is_how_the_model_plays(player):
    habit = replace(player.file, metadata={**player.file.metadata})
    habit.metadata["typical"] = {**player.typical, "critic": 2, "parallels": 0.3}
    plays = player_of(habit, Path("in memory"))
    assert plays.critic_habit == 2 and plays.rules.parallels == 0.3
    assert player.rules.parallels == 1  # as models of before have it


def test_without_a_window_nothing_is_known(some, player):
    phase = GuidancePhase(lambda: player, some[:1], some, length=10_000, seed=0)
    assert phase.evaluate()["score"] == float("inf")


def test_a_short_run_measures_fewer_songs(monkeypatch):
    monkeypatch.setattr(guidance, "SONGS", SONGS)
    assert songs_for(None) == songs_for(60) == SONGS
    assert [songs_for(minutes) for minutes in (10, 5, 1)] == [24, 12, 6]
