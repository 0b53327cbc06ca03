"""A set of pieces: whole, in windows, and in part."""

import numpy as np

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.music_set import MusicSet, thinned

CODEC = EventsCodec(grid=4)


def a_set(*lengths):
    """Pieces of so many notes, each on a pitch of its own."""
    scores = []
    for pitch, notes in enumerate(lengths):
        rows = np.tile(np.array([1, 0, 60 + pitch, 1, 0]), (notes, 1))
        scores.append(CODEC.decode(rows))
    return MusicSet.of([f"piece {i}" for i in range(len(lengths))], scores, CODEC)


def test_a_piece_gives_up_to_four_windows_and_a_short_one_is_a_window():
    some = a_set(50, 128, 300, 1300)
    assert some.piece.tolist() == [0, 1, 2, 2, 3, 3, 3, 3]
    assert [len(window) for window in some.windows] == [50] + [128] * 7
    assert some.descriptors.shape == (8, len(some.descriptors[0]))
    assert some.grid == 4


def test_a_subset_has_its_pieces_in_the_order_asked_for():
    some = a_set(50, 300, 128).take(np.array([2, 1]))
    assert some.names == ["piece 2", "piece 1"]
    assert some.piece.tolist() == [0, 1, 1]
    assert [window[0, 2] for window in some.windows] == [62, 61, 61]
    assert [score.notes["pitch"][0] for score in some.window_scores] == [62, 61, 61]


def test_what_is_computed_of_a_piece_is_computed_once_for_all_subsets():
    calls = []

    def first_pitch(rows):
        calls.append(1)
        return rows[0, 2]

    whole = a_set(50, 300, 128)
    part = whole.take(np.array([2, 1]))
    assert part.over("rows", first_pitch) == [62, 61]
    assert part.over("windows", first_pitch) == [62, 61, 61]
    assert part.take(np.array([1])).over("rows", first_pitch) == [61]
    assert whole.over("rows", first_pitch) == [60, 61, 62]
    assert len(calls) == 3 + 4


def test_what_is_computed_of_a_set_is_its_own():
    whole = a_set(50, 300)
    assert whole.once(len_of) == 2
    assert whole.take(np.array([1])).once(len_of) == 1
    assert whole.memo[len_of] == 2


def len_of(some):
    return len(some.names)


def test_a_thinned_set_has_whole_pieces_and_about_as_many_windows_as_asked_for():
    some = a_set(*[600] * 10)
    rng = np.random.default_rng(0)
    assert len(thinned(some, 12, rng).windows) == 12
    assert len(thinned(some, 13, rng).windows) == 16
    assert thinned(some, 40, rng) is some
    assert {thinned(some, 4, rng).names[0] for _ in range(30)} > {"piece 0", "piece 9"}
