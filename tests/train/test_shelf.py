"""Songs that are made when they are wanted: the same ones, within a bound of memory."""

from itertools import pairwise

import numpy as np
import pytest

from musicgan.train import shelf as module
from musicgan.train.shelf import TURN_UPDATES, Songs, fetched, lengths_of, some_of
from musicgan.train.songs import PIECES_AT_ONCE, analyse_pieces, voice_ranges
from musicgan.train.windows import Windows

from .making import config_for, pieces

SOME = pieces(9)
CONFIG = config_for(SOME)
RANGES = voice_ranges(SOME, CONFIG.layout)
WHOLE = analyse_pieces(SOME, CONFIG, RANGES)
LENGTHS = np.array([len(piece.rows) for piece in SOME])
TIGHT = 7 * int(LENGTHS.max())
"""Room for three or four songs on the shelf and as many beside it."""


def lazy(most_notes=10**9):
    return Songs(SOME, CONFIG, RANGES, LENGTHS, most_notes)


def assert_same(one, other):
    assert one.columns.keys() == other.columns.keys()
    for name, value in one.columns.items():
        assert np.array_equal(value, other.columns[name]), name
    assert (one.tonic, one.bpm) == (other.tonic, other.bpm)
    assert np.array_equal(one.shifts, other.shifts) and np.array_equal(one.bar, other.bar)


def test_of_a_long_piece_the_opening_is_learned(monkeypatch):
    """Up to so many notes, and to the end of the bar in which the last of them begins."""
    for place in ("songs", "shelf"):
        monkeypatch.setattr(f"musicgan.train.{place}.LONGEST", 20)
    longest = int(LENGTHS.argmax())
    assert LENGTHS[longest] > 20
    song, whole = lazy()[longest], WHOLE[longest]
    assert len(song) == lazy().lengths[longest] == 21
    assert np.array_equal(song.columns["rows"][:20], whole.columns["rows"][:20])
    assert song.columns["rows"][20, 0] == CONFIG.layout.end
    bars = SOME[longest].bar_start_step
    assert song.onset_step[20] == bars[bars > song.onset_step[19]].min()
    assert song.bars == song.bar[19] + 1 < whole.bars


@pytest.fixture
def made(monkeypatch):
    """How many pieces each call has analysed."""
    counts = []
    usual = module.analyse_pieces

    def counting(pieces, *rest):
        counts.append(len(pieces))
        return usual(pieces, *rest)

    monkeypatch.setattr(module, "analyse_pieces", counting)
    return counts


@pytest.mark.parametrize("most_notes", [1, 200, 10**9])
def test_they_are_the_songs_in_any_order_with_any_room(most_notes):
    some = lazy(most_notes)
    for wanted in ([3, 1, 3], [8], [0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3]):
        for at, song in zip(wanted, some.fetch(wanted), strict=True):
            assert_same(song, WHOLE[at])
    assert_same(some[-1], WHOLE[-1])
    assert len(some[2:5]) == 3
    with pytest.raises(IndexError):
        some[9]


def test_lengths_are_known_without_making_any(made):
    some = lazy()
    assert lengths_of(some).tolist() == lengths_of(WHOLE).tolist()
    Windows(some, 32, CONFIG.layout)
    assert made == []


def test_with_room_all_are_made_in_groups_and_once(made):
    some = lazy()
    for at in (4, 0, 8):
        some.fetch([at])
    assert made == [min(PIECES_AT_ONCE, len(SOME))]


def test_without_room_only_what_is_wanted_is_made_and_little_is_kept(made):
    some = lazy(most_notes=2 * int(LENGTHS.max()))
    (first,) = some.shelf(0)
    others = [at for at in range(9) if at != first]
    some.fetch(others[:4])
    some.fetch(others[:1])
    assert made == [5, 1]  # with the first four comes the one on the shelf
    assert some._notes <= some._most_notes
    some.fetch(others[:1])
    assert made == [5, 1]


def test_with_room_all_are_drawn_from_at_any_time():
    assert [lazy().shelf(update).tolist() for update in (0, 1000)] == [list(range(9))] * 2


def test_without_room_songs_have_their_turns(made):
    """Of those that have room one makes way every few updates."""
    some = lazy(TIGHT)
    shelves = [some.shelf(TURN_UPDATES * turn) for turn in range(9)]
    assert all(LENGTHS[shelf].sum() + len(shelf) <= TIGHT / 2 for shelf in shelves)
    for before, after in pairwise(shelves):
        assert after[: len(before) - 1].tolist() == before[1:].tolist()[: len(after)]
    assert set(np.concatenate(shelves)) == set(range(9))
    assert some.shelf(9 * TURN_UPDATES).tolist() == shelves[0].tolist()
    assert lazy(TIGHT).shelf(3 * TURN_UPDATES).tolist() == shelves[3].tolist()


def test_without_room_a_batch_makes_none_but_those_whose_turn_begins(made):
    some = lazy(TIGHT)
    windows, rng = Windows(some, 32, CONFIG.layout), np.random.default_rng(0)
    for update in range(3 * TURN_UPDATES):
        windows.draw(8, rng, update)
        windows.draw_inside(8, rng, update=update)
    turns = [some.shelf(turn * TURN_UPDATES) for turn in range(3)]
    assert sum(made) == len(np.unique(np.concatenate(turns)))


def test_windows_are_of_songs_whose_turn_it_is_long_ones_more_often():
    some = lazy(TIGHT)
    windows = Windows(some, 32, CONFIG.layout)
    shelf, drawn = some.shelf(TURN_UPDATES), []
    windows._collate = lambda parts, _: drawn.extend(song for song, *_ in parts)
    windows.draw(2000, np.random.default_rng(0), TURN_UPDATES)
    times = [sum(song is some[int(at)] for song in drawn) for at in shelf]
    assert sum(times) == 2000
    assert np.array(times) / 2000 == pytest.approx(LENGTHS[shelf] / LENGTHS[shelf].sum(), abs=0.04)


def test_windows_of_lazy_songs_are_those_of_all():
    drawn = []
    for some in (WHOLE, lazy()):
        windows, rng = Windows(some, 32, CONFIG.layout), np.random.default_rng(3)
        drawn.append([windows.draw(4, rng), windows.draw_inside(3, rng), *windows.every(8)])
    for other in drawn[1:]:
        for a, b in zip(drawn[0], other, strict=True):
            assert np.array_equal(a.rows, b.rows) and np.array_equal(a.heard, b.heard)


def test_some_are_spread_evenly():
    assert some_of(range(5), 5) == range(5)
    assert some_of(range(101), 3) == [0, 50, 100]
    assert [song.tonic for song in fetched(WHOLE, [2, 0])] == [WHOLE[2].tonic, WHOLE[0].tonic]
