"""How much the critic should say is settled by measuring songs against the pieces held out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicgan.compose.player import player_of
from musicgan.compose.rules import RAREST
from musicgan.train import guidance
from musicgan.train.guidance import SONGS, STRENGTHS, GuidancePhase, songs_for

from .guiding import LENGTH, habits, measure, measured, player_for
from .making import pieces

FOUND = {"returns": 2, "parallels": 0.3, "crossings": 0.2}


@pytest.fixture(autouse=True)
def few_songs(monkeypatch):
    monkeypatch.setattr(guidance, "SONGS", 4)


@pytest.fixture(scope="module")
def some():
    return pieces(6)


@pytest.fixture(scope="module")
def player(some):
    return player_for(some)


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

    measure(monkeypatch, songs_like)
    phase = GuidancePhase(lambda: player, some, some, LENGTH, seed=0)
    assert phase.habits == habits()  # until it is known
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.habits == habits(critic=good)


def test_candidates_that_bring_nothing_are_not_weighed(some, player, monkeypatch):
    def songs_like(player, pieces, **rest):
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like)
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    assert len(measured(phase)) == len(STRENGTHS)
    assert phase.chosen == 0


@pytest.mark.parametrize(
    ("fault", "own", "times"),
    [
        ("parallels", 0.4, 1 / 36),
        ("parallels", 1 / 19, 4),
        ("parallels", 0.9, RAREST),
        ("crossings", 0.4, 1 / 6),
        ("crossings", 1 / 19, 2),
        ("returns", 1 / 19, 2**2.5),
    ],
)
@pytest.mark.parametrize("helps", [True, False])
def test_faults_are_put_right_unless_it_does_harm(
    some, player, monkeypatch, fault, own, times, helps
):
    """A tenth of what pieces do is one; what is done about the songs' own makes no other
    difference or spoils all."""
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(getattr(player.rules, fault))
        rng = np.random.default_rng(0)
        for piece in pieces:
            rows, some = piece.rows.copy(), slice(4 if helps or asked[-1] == 1 else None)
            rows[some, 2] = rng.permutation(rows[some, 2])
            yield player.codec.decode(rows)

    measure(monkeypatch, songs_like, **{fault: [own, 0.1]})
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    measured(phase)
    kept = times if helps else 1.0
    assert asked == pytest.approx([1.0, times] + [kept] * (len(STRENGTHS) - 1))
    assert phase.habits == habits(**{fault: round(kept, 4)})


@pytest.mark.parametrize("helps", [True, False])
def test_the_second_fault_is_put_right_on_top_of_the_first_if_that_was(
    some, player, monkeypatch, helps
):
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append((player.rules.parallels, player.rules.crossings))
        for piece in pieces:
            rows = piece.rows.copy()
            if asked[-1][0] != 1 and not helps:
                rows[:, 2] = np.random.default_rng(0).permutation(rows[:, 2])
            yield player.codec.decode(rows)

    measure(monkeypatch, songs_like, parallels=[0.5, 1 / 3], crossings=[0.4, 1 / 4])
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    measured(phase)
    first = 0.25 if helps else 1.0
    assert asked[0] == (1, 1)
    tried = np.array([(0.25, 1), *[(first, 0.5)] * len(STRENGTHS)])
    assert np.array(asked[1:]) == pytest.approx(tried)
    assert phase.habits == habits(parallels=first, crossings=0.5)


def test_what_may_be_chance_is_left_alone(some, player, monkeypatch):
    """Twice as many, but in one of two songs alone."""
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.crossings)
        return (player.codec.decode(piece.rows) for piece in pieces)

    scattered = [np.array([0.0, 0.4]), np.array([0.0, 0.2])]
    measure(monkeypatch, songs_like, crossings=scattered)
    measured(GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0))
    assert asked == [1.0] * len(STRENGTHS)


def test_what_is_asked_for_is_the_habit_and_what_is_left_open_is_tried(some, player, monkeypatch):
    asked = []

    def songs_like(player, pieces, *, critic, **rest):
        asked.append((critic, player.rules.parallels, player.rules.crossings))
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like, parallels=[0.5, 0.2], crossings=[0.5, 0.2])
    both, nothing = {"parallels": 0.3, "crossings": 0.5}, {"parallels": None, "crossings": None}
    cases = [
        (3, nothing, [(3, 1.0, 1.0), (3, 1 / 16, 1.0), (3, 1 / 16, 0.25)], (3, 1 / 16, 0.25)),
        (None, both, [(strength, 0.3, 0.5) for strength in STRENGTHS], (0, 0.3, 0.5)),
        (0, both, [(0, 0.3, 0.5)], (0, 0.3, 0.5)),
        (0, {"crossings": 0.5}, [(0, 1.0, 0.5), (0, 1 / 16, 0.5)], (0, 1 / 16, 0.5)),
    ]
    for candidates, rules, tried, settled in cases:
        asked.clear()
        phase = GuidancePhase(
            lambda: player, some[:4], some, LENGTH, seed=0, candidates=candidates, rules=rules
        )
        given = {name: value for name, value in rules.items() if value is not None}
        assert phase.habits == habits(critic=candidates or 0, **given)
        measured(phase)
        assert np.array(asked) == pytest.approx(np.array(tried))
        assert phase.habits == habits(settled[0], 1.0, *settled[1:])


def test_where_there_are_none_they_are_left_alone(some, player, monkeypatch):
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.parallels)
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like, parallels=[0.0, 0.4])
    phase = GuidancePhase(lambda: player, some[:4], some, LENGTH, seed=0)
    measured(phase)
    assert asked == [1.0] * len(STRENGTHS)
    assert phase.habits == habits()


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
    phase.restore({"candidates": 4, "returns_times": 3, "parallels_times": 0.5, "tessitura": 0.5})
    later.load_state(phase.state())
    assert later.habits == habits(4, 3, 0.5, tessitura=0.5)


@pytest.mark.parametrize("best", [{}, {"best": None}, {"best": {"score": 1.0, "parallels": 0.1}}])
def test_a_checkpoint_of_before_these_faults_were_measured_is_gone_on_with(some, player, best):
    phase = GuidancePhase(lambda: player, some, some, LENGTH, seed=0)
    phase.load_state({"at": len(STRENGTHS), "chosen": None, **best})
    assert phase.evaluate() == {"score": float("inf")}
    phase.restore({"candidates": 2})
    assert phase.habits == habits(2)


def test_what_was_chosen_is_how_the_model_plays(player):
    habit = replace(player.file, metadata={**player.file.metadata})
    habit.metadata["typical"] = {**player.typical, "critic": 2, **FOUND}
    plays = player_of(habit, Path("in memory"))
    assert plays.critic_habit == 2
    assert {name: getattr(plays.rules, name) for name in FOUND} == FOUND
    assert {getattr(player.rules, name) for name in FOUND} == {1}  # as models of before have it


def test_without_a_window_nothing_is_known(some, player):
    phase = GuidancePhase(lambda: player, some[:1], some, length=10_000, seed=0)
    assert phase.evaluate()["score"] == float("inf")


def test_a_short_run_measures_fewer_songs(monkeypatch):
    monkeypatch.setattr(guidance, "SONGS", SONGS)
    assert songs_for(None) == songs_for(60) == SONGS
    assert [songs_for(minutes) for minutes in (10, 5, 1)] == [24, 12, 6]
