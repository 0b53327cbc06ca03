"""What training never met becomes the nearest that it has."""

from dataclasses import replace

import numpy as np
import pytest

from musicgan.compose.habits import Manner, nearest_met
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.score import Metre, Tempo

TYPICAL = {"metres": [[4, 4], [3, 4]], "bpm_range": [80.0, 120.0], "keys": [[0, 0], [7, 0]]}


@pytest.mark.parametrize(
    ("asked", "met"),
    [
        (Manner((3, 4), 100, False), Manner((3, 4), 100, False)),
        (Manner((7, 8), 100, False), Manner((4, 4), 100, False)),
        (Manner((4, 4), 60, False), Manner((4, 4), 80, False)),
        (Manner((4, 4), 300, True), Manner((4, 4), 120, False)),
    ],
)
def test_the_nearest_that_was_met(asked, met):
    assert nearest_met(TYPICAL, asked) == met


def test_a_model_that_does_not_say_what_it_met_is_asked_as_it_is():
    asked = Manner((7, 8), 300, True)
    assert nearest_met({"keys": [[0, 1]]}, asked) == asked


def test_the_song_is_written_as_asked_all_the_same(choir):
    habits = {**choir.typical, "metres": [[4, 4]], "bpm_range": [90, 90]}
    metadata = {**choir.file.metadata, "typical": habits}
    player = replace(choir, file=replace(choir.file, metadata=metadata))
    songs = [
        compose(player, Settings(2, 1, tempo_bpm=bpm, metre=(3, 4), critic=0)) for bpm in (90, 200)
    ]
    assert [song.metres for song in songs] == [(Metre(0, 3, 4),)] * 2
    assert [song.tempos for song in songs] == [(Tempo(0, 666_667),), (Tempo(0, 300_000),)]
    # The networks heard the same conditions both times.
    assert np.array_equal(songs[0].notes, songs[1].notes)
