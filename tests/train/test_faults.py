"""How often songs do what pieces do, and how much likelier it should become: by hand."""

import numpy as np
import pytest

from musicgan.compose.rules import COMMONEST, RAREST, TIMES, Rules
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.notes import NOTE
from musicgan.score import Metre, Score, Track
from musicgan.train.faults import FAULTS, compared, shares, times


def bars(*figures):
    """A voice of quarters, four to the bar."""
    pitches = [pitch for figure in figures for pitch in figure]
    rows = [(4 * i, 4, pitch, 80, 0) for i, pitch in enumerate(pitches)]
    return Score(np.array(rows, NOTE), (Track(),), metres=(Metre(0, 4, 4),), ticks_per_beat=4)


def test_every_fault_is_a_rule():
    rules = Rules(np.zeros((1, 2), np.int64), np.ones(1, bool))
    assert set(FAULTS) == set(TIMES)
    assert all(getattr(rules, name) == 1 for name in FAULTS)


def test_shares_are_of_windows_and_of_whole_songs():
    described = np.zeros((3, len(DESCRIPTORS)))
    described[:, list(DESCRIPTORS).index("parallel_share")] = 0.1, 0.2, 0.3
    described[:, list(DESCRIPTORS).index("crossing_share")] = 0.4, 0.5, 0.6
    one, two = (60, 62, 64, 60), (67, 65, 64, 62)
    comes_again, does_not, short = bars(one, two, one), bars(one, two, two), bars(one)
    found = shares(described, [(comes_again, None), (does_not, None), (short, None)])
    assert found["returns"].tolist() == [1, 0]  # one bar alone cannot
    assert found["parallels"].tolist() == [0.1, 0.2, 0.3]
    assert found["crossings"].tolist() == [0.4, 0.5, 0.6]
    # Where the bar lines are others, other bars are looked at.
    lines = np.array([0, 32, 48])
    assert shares(described, [(comes_again, lines)])["returns"].tolist() == []


def test_means_and_how_surely_they_differ():
    songs = {name: np.array([0.1, 0.3]) for name in FAULTS}
    pieces = {name: np.array([0.5, 0.5, 0.5]) for name in FAULTS}
    figures = compared(songs, pieces)
    for name in FAULTS:
        assert figures[name] == pytest.approx(0.2)
        assert figures[f"{name}_of_real"] == pytest.approx(0.5)
        assert figures[f"{name}_apart"] == pytest.approx(0.3 / (0.1 / np.sqrt(2)))


def test_of_one_song_nothing_is_known():
    one, two = ({name: np.full(count, 0.5) for name in FAULTS} for count in (1, 2))
    assert set(compared(one, two).values()) == set(compared(two, one).values()) == {0.0}


def test_likelier_by_the_ratio_of_odds_within_what_rules_allow():
    assert times("crossings", 0.2, 0.2) == 1
    assert times("crossings", 0.2, 0.5) == pytest.approx(4)
    assert times("parallels", 0.5, 0.2) == pytest.approx(1 / 16)
    assert times("returns", 0.2, 1 / 3) == pytest.approx(2**2.5)
    assert times("parallels", 0.9, 0.001) == RAREST
    assert times("returns", 0.01, 0.9) == times("returns", 0.5, 1.0) == COMMONEST
