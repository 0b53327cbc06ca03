"""How long windows are."""

import pytest

from musicgan.errors import CorpusError
from musicgan.train.lengths import judged_length, shared_length


@pytest.mark.parametrize(
    ("lengths", "window"),
    [
        ([500], 128), ([129], 128), ([128], 120), ([60, 70, 80], 64), ([33], 32), ([10, 200], 128),
        ([20] * 9 + [200], 128), ([20] * 11 + [200], 16),
    ],
)  # fmt: skip
def test_the_second_phases_window_fits_half_the_music(lengths, window):
    assert shared_length([range(n) for n in lengths]) == window
    # At least one piece is longer.
    assert max(lengths) > window


@pytest.mark.parametrize(
    ("lengths", "window"),
    [([129] * 16, 128), ([129] * 15, 64), ([400], 32), ([120, 90, 33], 32), ([300, 230], 32)],
)
def test_few_held_out_songs_are_judged_by_shorter_windows(lengths, window):
    assert judged_length([range(n) for n in lengths], 128) == window


def test_held_out_music_that_is_too_short_to_judge_by():
    with pytest.raises(CorpusError, match="fewer than 2 windows of 32 notes: give more music"):
        judged_length([range(64)], 32)


def test_songs_too_short_for_any_window():
    with pytest.raises(CorpusError, match="half of the music is in pieces of 16 notes or fewer"):
        shared_length([range(12), range(15), range(16), range(17)])
