"""Home is the tonic's triad over the tonic, from the last onset on."""

import numpy as np
import pytest

from musicgan.codecs.bars import Place
from musicgan.codecs.context import Context
from musicgan.codecs.layout import Layout
from musicgan.compose.endings import PREFERENCE, ending_scores, ends_at_home
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.score import Key

LAYOUT = Layout(3, 4, max_wait=8, max_duration=12, velocity_bins=1, max_position=17, drums=(2,))


def heard(*rows, tonic=2):
    """A song in D that has heard rows of (wait, voice, pitch, duration)."""
    context = Context(LAYOUT, np.array([tonic]))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    for wait, voice, pitch, duration in rows:
        context.hear(np.array([[wait, voice, pitch, duration, 0]]), place)
    return context


@pytest.mark.parametrize(
    ("rows", "home"),
    [
        ([(0, 0, 66, 4), (0, 1, 50, 4)], True),  # D below F sharp
        ([(0, 0, 65, 4), (0, 1, 50, 4)], True),  # D below F
        ([(0, 0, 62, 4), (0, 1, 54, 4)], False),  # F sharp in the bass
        ([(0, 0, 64, 4), (0, 1, 50, 4)], False),  # E is not of the triad
        ([(0, 0, 66, 8), (0, 1, 50, 4)], True),  # the D does not hold so long
        ([(0, 1, 50, 4), (4, 0, 66, 4)], False),  # here it has ended
        ([(0, 0, 64, 4), (4, 1, 50, 8)], True),  # and here E has
        ([(0, 1, 50, 4), (2, 2, 37, 4)], True),  # a stroke of the drums after it
        ([(0, 2, 38, 4)], False),  # nothing but drums
        ([], False),
    ],
)
def test_what_is_at_home_in_d(rows, home):
    assert ends_at_home(heard(*rows)).tolist() == [home]


def test_only_songs_that_have_ended_are_preferred_or_not():
    ended, home = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert ending_scores(ended, home).tolist() == [PREFERENCE, -PREFERENCE, 0, 0]


@pytest.mark.parametrize("critic", [0, 4])
def test_of_many_candidates_one_that_ends_at_home_is_taken(choir, critic, monkeypatch):
    """Random networks seldom end at home, and more often when they may choose."""

    def at_home(candidates):
        monkeypatch.setattr("musicgan.compose.composition.CANDIDATES", candidates)
        found = 0
        for seed in range(20):
            notes = compose(choir, Settings(2, seed, key=Key(0, 0), critic=critic)).notes
            end = notes["onset_tick"] + notes["duration_tick"]
            last = notes["pitch"][end > notes["onset_tick"].max()]
            found += last.min() % 12 == 0 and set((last % 12).tolist()) <= {0, 3, 4, 7}
        return found

    assert at_home(256) > at_home(1) + 4
