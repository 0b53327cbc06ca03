"""How much the critic should say is settled by measuring songs against the pieces held out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicgan.compose.player import player_of
from musicgan.model.file import ModelFile
from musicgan.train import guidance
from musicgan.train.guidance import SONGS, STRENGTHS, GuidancePhase, songs_for
from musicgan.train.networks import Critic
from musicgan.train.rollout import played

from .making import codec, config_for, networks, pieces

LENGTH = 32


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
    assert phase.chosen is None
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.chosen == good


def test_candidates_that_bring_nothing_are_not_weighed(some, player, monkeypatch):
    def songs_like(player, pieces, **rest):
        return (player.codec.decode(piece.rows) for piece in pieces)

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.chosen == 0


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
    monkeypatch.setattr(guidance, "SONGS", 6)
    one, other = (
        measured(GuidancePhase(lambda: player, some, some, LENGTH, seed=0)) for _ in range(2)
    )
    assert one == other
    assert all(np.isfinite(score) and score > 0 for score in one)


def test_it_goes_on_where_it_was_interrupted(some, player, monkeypatch):
    monkeypatch.setattr(guidance, "SONGS", 6)
    phase, later = (GuidancePhase(lambda: player, some, some, LENGTH, seed=0) for _ in range(2))
    phase.step(0.3)
    later.load_state(phase.state())
    assert later.evaluate() == phase.evaluate()
    phase.restore({"candidates": 4})
    later.load_state(phase.state())
    assert later.chosen == 4


def test_what_was_chosen_is_how_the_model_plays(player):
    habit = replace(player.file, metadata={**player.file.metadata})
    habit.metadata["typical"] = {**player.typical, "critic": 2}
    assert player_of(habit, Path("in memory")).critic_habit == 2


def test_without_a_window_nothing_is_known(some, player):
    phase = GuidancePhase(lambda: player, some[:1], some, length=10_000, seed=0)
    assert phase.evaluate()["score"] == float("inf")


def test_a_short_run_measures_fewer_songs():
    assert songs_for(None) == songs_for(60) == SONGS
    assert [songs_for(minutes) for minutes in (10, 5, 1)] == [24, 12, 6]
