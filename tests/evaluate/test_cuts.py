"""Windows keep their notes and what was on the beat."""

import numpy as np

from musicgan.evaluate.cuts import windows


def test_windows_follow_each_other_and_the_rest_is_left_out():
    rows = np.array([(3, 0, 60 + i, 1, 0) for i in range(11)])
    cut = windows(rows, grid=4, length=4)
    assert [window[:, 2].tolist() for window in cut] == [[60, 61, 62, 63], [64, 65, 66, 67]]
    # Onsets 3 and 15 steps in stand 3 steps after a beat; later waits stay.
    assert [window[:, 0].tolist() for window in cut] == [[3, 3, 3, 3], [3, 3, 3, 3]]
    assert windows(rows, grid=5, length=4)[1][0, 0] == 0
    assert rows[4, 0] == 3


def test_a_song_too_short_gives_no_window():
    assert windows(np.zeros((3, 5), np.int64), grid=4, length=4) == []


def test_of_many_windows_a_few_are_kept_from_the_first_to_the_last():
    rows = np.zeros((70, 5), np.int64)
    rows[:, 2] = np.arange(70) // 10

    def kept(most):
        return [window[0, 2] for window in windows(rows, 4, 10, most)]

    assert kept(None) == kept(7) == kept(8) == [0, 1, 2, 3, 4, 5, 6]
    assert kept(4) == [0, 2, 4, 6]
    assert kept(1) == [0]
