"""Bars as they are composed hold the notes of the whole song."""

import pytest
from tiny_model import four_voices

from musicgan.codecs.stream import Sounded
from musicgan.compose.bars import LiveSong, at_once
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.score import Metre


@pytest.mark.parametrize("critic", [0, 2])
def test_bar_by_bar_it_is_the_same_song(choir, critic):
    settings = Settings(bars=6, seed=3, critic=critic)
    song = compose(choir, settings)
    live = LiveSong(choir, settings)
    bars = list(live.bars())
    assert live.next() is None
    assert [bar.number for bar in bars] == [0, 1, 2, 3, 4, 5]
    assert [bar.start_step for bar in bars] == [0, 16, 32, 48, 64, 80]
    assert [bar.from_step for bar in bars] == [0, 16, 32, 48, 64, 80]
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


def test_a_bar_comes_when_the_next_has_begun(choir, monkeypatch):
    """What has been composed is not held back: a note beyond the bar, and it is out."""
    drawn, wait = [], choir.generator.wait
    monkeypatch.setattr(choir.generator, "wait", lambda trunk: drawn.append(1) or wait(trunk))
    first = LiveSong(choir, Settings(critic=0, seed=1)).next()
    assert len(first.notes) > 1
    assert len(drawn) == len(first.notes) + 1


def test_bars_of_a_rest_are_empty(choir):
    song = LiveSong(choir, Settings(bars=1), four_voices((20, 40, 60, 0), (50, 4, 55, 1)))
    bars = [song.next() for _ in range(4)]
    assert [bar.start_step for bar in bars] == [0, 16, 32, 48]
    assert [len(bar.notes) for bar in bars[:3]] == [0, 1, 0]
    assert bars[1].notes == (Sounded(20, 38, 60, 80, 0),)  # cut, to leave room to go on


def test_an_upbeat_is_the_end_of_a_bar(choir):
    upbeat = (Metre(0, 1, 4), Metre(4, 4, 4))
    rows = [(0, 4, 62, 0), *((4 + 16 * bar, 16, 60, 0) for bar in range(3))]
    song = LiveSong(choir, Settings(bars=2), four_voices(*rows, metres=upbeat))
    bars = list(song.bars())
    assert [bar.start_step for bar in bars] == [-12, 4, 20, 36, 52, 68]
    assert [note.onset_step for note in bars[0].notes] == [0]


def test_struck_twice_at_once_the_longer_and_louder_stays():
    struck = [Sounded(0, 2, 60, 90, 0), Sounded(0, 3, 60, 80, 0), Sounded(0, 1, 60, 70, 1)]
    assert at_once(struck) == (Sounded(0, 3, 60, 90, 0), Sounded(0, 1, 60, 70, 1))
