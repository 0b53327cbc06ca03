"""A song taken back: what stands, what is composed anew, and how far back it goes."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from tiny_model import four_voices

from musicgan.compose.bars import KEPT_BARS, LiveSong
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering

SAME = Steering()
BAR = 16


def greedy(**settings):
    """Settings that leave nothing to chance: the likeliest is drawn."""
    return Settings(top_p=0.01, **settings)


def some(song, count):
    """The next `count` bars."""
    return [song.next() for _ in range(count)]


def notes_of(bars):
    return [note for bar in bars for note in bar.notes]


@pytest.mark.parametrize("from_step", [4 * BAR, 4 * BAR + 1, 4 * BAR + 7, 5 * BAR - 1, 7 * BAR])
@pytest.mark.parametrize("critic", [0, 3])
def test_the_next_bar_holds_the_notes_from_there_on(choir, critic, from_step):
    song = LiveSong(choir, Settings(bars=12, seed=2, critic=critic))
    some(song, 7)
    song.rewind(from_step, SAME)
    bars = list(song.bars())
    number = from_step // BAR
    assert [bar.number for bar in bars] == list(range(number, 12))
    assert [bar.start_step for bar in bars] == [BAR * n for n in range(number, 12)]
    assert [bar.from_step for bar in bars] == [from_step, *range((number + 1) * BAR, 12 * BAR, BAR)]
    for bar in bars:
        assert all(bar.from_step <= n.onset_step < bar.start_step + BAR for n in bar.notes)
    assert len(notes_of(bars)) > 10


@pytest.mark.parametrize("back", [0, 1, 9, 16, 40, 200])
@pytest.mark.parametrize("critic", [0, 3])
def test_what_stands_is_remembered(choir, critic, back):
    """Where nothing is left to chance, it goes on as if it had never been taken back."""
    settings = greedy(bars=24, seed=5, critic=critic)
    plain, taken = LiveSong(choir, settings), LiveSong(choir, settings)
    expected = notes_of(plain.bars())
    some(taken, 17)
    from_step = 17 * BAR - back
    taken.rewind(from_step, SAME)
    assert notes_of(taken.bars()) == [n for n in expected if n.onset_step >= from_step]


def test_what_is_composed_anew_is_something_else_and_the_same_for_the_same_turns(choir):
    def turned():
        song = LiveSong(choir, Settings(bars=8, seed=1))
        before = some(song, 4)
        song.rewind(2 * BAR, SAME)
        return notes_of(before[2:]), notes_of(some(song, 2)), notes_of(song.bars())

    first, second, rest = turned()
    assert first != second
    assert turned() == (first, second, rest)


def test_single_voices_stay_single_across_the_seam(choir):
    rng = np.random.default_rng(0)
    for seed in range(20):
        song = LiveSong(choir, Settings(bars=8, seed=seed))
        played = notes_of(some(song, 5))
        for _ in range(4):
            from_step = int(rng.integers(0, 5 * BAR))
            song.rewind(from_step, SAME)
            played = [note for note in played if note.onset_step < from_step]
            played += notes_of(some(song, 2))
        played += notes_of(song.bars())
        assert max(note.onset_step + note.duration_step for note in played) <= 8 * BAR
        for voice in range(4):
            own = [note for note in played if note.voice == voice]
            for one, other in pairwise(own):
                assert one.onset_step + one.duration_step <= other.onset_step


def test_sixteen_bars_and_no_more_than_a_few_above_can_be_taken_back(choir):
    song = LiveSong(choir, Settings(bars=60))
    some(song, 40)
    song.rewind((40 - KEPT_BARS) * BAR, SAME)
    assert song.next().from_step == (40 - KEPT_BARS) * BAR
    song.rewind(-1000, SAME)
    earliest = song.next()
    assert 40 - KEPT_BARS - 3 <= earliest.number <= 40 - KEPT_BARS


def test_a_song_can_be_taken_back_to_its_beginning(choir):
    song = LiveSong(choir, greedy(bars=6))
    bars = list(song.bars())
    song.rewind(0, SAME)
    assert list(song.bars()) == bars
    song.rewind(-5, SAME)
    assert list(song.bars()) == bars


def test_a_step_not_yet_reached_is_the_next_bar(choir):
    song = LiveSong(choir, Settings(bars=6))
    some(song, 2)
    song.rewind(1000, SAME)
    assert (song.next().from_step, song.next().number) == (2 * BAR, 3)


def test_a_song_that_is_over_can_be_taken_back_and_ends_again(choir):
    song = LiveSong(choir, Settings(bars=3))
    list(song.bars())
    song.rewind(3 * BAR, SAME)
    assert song.next() is None
    song.rewind(2 * BAR + 5, SAME)
    bar = song.next()
    assert (bar.number, bar.from_step) == (2, 2 * BAR + 5)
    assert all(note.onset_step + note.duration_step <= 3 * BAR for note in bar.notes)
    assert song.next() is None


def test_a_primer_is_not_composed_and_not_taken_back(choir):
    primer = four_voices((0, 16, 60, 0), (16, 8, 62, 0), (24, 8, 64, 0), (24, 8, 48, 3))
    song = LiveSong(choir, Settings(bars=4), primer)
    song.rewind(0, SAME)
    bars = some(song, 3)
    given = [(note.onset_step, note.pitch) for note in notes_of(bars)]
    assert given[:4] == [(0, 60), (16, 62), (24, 64), (24, 48)]
    song.rewind(0, SAME)
    bar = song.next()
    assert (bar.number, bar.from_step) == (1, 25)
    assert song.next().number == 2


def test_a_rewound_song_of_chords_and_drums_keeps_its_order(band):
    song = LiveSong(band, Settings(bars=8, seed=3))
    some(song, 4)
    song.rewind(100, SAME)
    found = [(n.onset_step, n.voice, n.pitch) for n in notes_of(song.bars())]
    assert found == sorted(found)
    assert found[0][0] >= 100


def test_memory_stays_flat(choir):
    """Bars long past are let go, however often a knob is turned."""
    song = LiveSong(choir, Settings(bars=1000, critic=2))

    def play(count):
        for bar in some(song, count):
            song.rewind(bar.start_step + BAR // 2, SAME)
            song.rewind(bar.start_step + BAR // 2, Steering(density=0.1))
            song.next()

    tracemalloc.start()
    play(20)
    before, _ = tracemalloc.get_traced_memory()
    play(20)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A bar that is kept holds some 30 kB.
    assert after < before + 100_000
