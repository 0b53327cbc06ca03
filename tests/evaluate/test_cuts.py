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
