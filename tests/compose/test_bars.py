"""Bars as they are composed hold the notes of the whole song."""

import pytest

from musicgan.codecs.stream import Sounded
from musicgan.compose.bars import LiveSong, cut_bars
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose


@pytest.mark.parametrize("critic", [0, 2])
def test_bar_by_bar_it_is_the_same_song(choir, critic):
    settings = Settings(bars=6, seed=3, critic=critic)
    song = compose(choir, settings)
    bars = list(LiveSong(choir, settings).bars())
    assert [bar.number for bar in bars] == [0, 1, 2, 3, 4, 5]
    assert [bar.start_step for bar in bars] == [0, 16, 32, 48, 64, 80]
    found = [
        (note.onset_step, note.pitch, note.velocity, note.voice)
        for bar in bars
        for note in bar.notes
    ]
    expected = song.notes[["onset_tick", "pitch", "velocity", "track"]].tolist()
    assert sorted(found) == sorted(expected)
    for bar in bars:
        end = bar.start_step + bar.length_step
        assert all(bar.start_step <= note.onset_step < end for note in bar.notes)


def test_a_bar_comes_when_the_next_has_begun():
    """What has been composed is not held back: 2 notes drawn, 1 bar out."""
    drawn = []

    def notes():
        for onset in (0, 4, 9):
            drawn.append(onset)
            yield Sounded(onset, 2, 60, 80, 0)

    first = next(cut_bars(notes(), 0, 4, 3))
    assert (first.number, len(first.notes), drawn) == (0, 1, [0, 4])


def test_empty_bars_and_an_upbeat():
    bars = list(cut_bars([Sounded(0, 2, 60, 80, 0), Sounded(9, 1, 62, 80, 0)], -3, 4, 5))
    assert [(bar.start_step, len(bar.notes)) for bar in bars] == [
        (-3, 1), (1, 0), (5, 0), (9, 1), (13, 0),
    ]  # fmt: skip


def test_struck_twice_at_once_the_longer_and_louder_stays():
    (bar,) = cut_bars([Sounded(0, 2, 60, 90, 0), Sounded(0, 3, 60, 80, 0)], 0, 4, 1)
    assert bar.notes == (Sounded(0, 3, 60, 90, 0),)
