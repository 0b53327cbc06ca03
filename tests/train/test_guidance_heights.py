"""Voices are held to their heights where that brings songs nearer to the pieces."""

import numpy as np
import pytest

from musicgan.compose.player import with_rules
from musicgan.train.guidance import STRENGTHS, TESSITURA, GuidancePhase

from .guiding import LENGTH, habits, measure, measured, player_for
from .making import pieces


@pytest.fixture(scope="module")
def some():
    return pieces(6)


@pytest.fixture(scope="module")
def player(some):
    return player_for(some)


@pytest.mark.parametrize("helps", [True, False])
def test_voices_are_held_to_their_heights_where_that_brings_songs_nearer(
    some, player, monkeypatch, helps
):
    """By more than chance: songs that are no better, nor worse, go on as they are."""
    asked, heights = [], np.ones((2, 128), np.float32)

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.tessitura)
        rng = np.random.default_rng(0)
        for piece in pieces:
            rows = piece.rows.copy()
            if asked[-1] == 0 or not helps:
                rows[:4, 2] = rng.permutation(rows[:4, 2])
            yield player.codec.decode(rows)

    measure(monkeypatch, songs_like)
    phase = GuidancePhase(
        lambda: with_rules(player, heights=heights), some[:4], some, LENGTH, 0, songs=8
    )
    measured(phase)
    kept = TESSITURA if helps else 0.0
    assert asked == [0.0, TESSITURA] + [kept] * (len(STRENGTHS) - 1)
    assert phase.habits == habits(tessitura=kept)


def test_heights_that_say_nothing_or_are_asked_for_are_not_tried(some, player, monkeypatch):
    asked = []

    def songs_like(player, pieces, **rest):
        asked.append(player.rules.tessitura)
        return (player.codec.decode(piece.rows) for piece in pieces)

    measure(monkeypatch, songs_like)
    same, known = np.zeros((2, 128), np.float32), np.ones((2, 128), np.float32)
    for heights, rules, kept in ((None, {}, 0), (same, {}, 0), (known, {"tessitura": 0.25}, 0.25)):
        asked.clear()
        held = with_rules(player, heights=heights)
        phase = GuidancePhase(lambda held=held: held, some[:4], some, LENGTH, 0, 8, rules=rules)
        measured(phase)
        assert asked == [kept] * len(STRENGTHS)
        assert phase.habits == habits(tessitura=kept)
