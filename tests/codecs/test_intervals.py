"""Classes of intervals, heights and moves, looked up as they would be worked out."""

import numpy as np
import pytest

from musicgan.codecs.intervals import (
    APPROACH_BEFORE,
    APPROACHES,
    CONTRARY,
    FIFTH,
    HEIGHT,
    HEIGHT_CLASSES,
    HEIGHTS,
    INTERVALS,
    LEAP,
    MOTION_CLASSES,
    MOTIONS,
    MOVE,
    MOVE_CLASSES,
    MOVES,
    NO_INTERVAL,
    OCTAVE,
    OTHER,
    PARALLEL,
    SIMILAR,
    STILL,
    interval_class,
)


def test_interval_classes():
    above, below = np.array([60, 60, 60, 100, 0, 60]), np.array([60, 55, 67, 20, 100, -1])
    wanted = [LEAP, LEAP + 5, LEAP - 7, 2 * LEAP, 0, NO_INTERVAL]
    assert interval_class(above, below).tolist() == wanted


def test_heights_above_the_lowest_note():
    lowest, pitch = np.array([48, 48, 48, 20, -1]), np.array([60, 48, 40, 100, 60])
    assert HEIGHT_CLASSES[lowest, pitch].tolist() == [12, 0, 0, HEIGHT - 1, HEIGHT]


@pytest.mark.parametrize(
    ("interval", "stood"),
    [(0, OCTAVE), (12, OCTAVE), (-24, OCTAVE), (7, FIFTH), (-19, FIFTH), (5, OTHER), (-4, OTHER)],
)
def test_what_two_voices_stand_in(interval, stood):
    assert APPROACH_BEFORE[interval] == 1 + stood * MOVES


@pytest.mark.parametrize(
    ("own", "other", "kind"),
    [
        (2, 2, PARALLEL), (-5, -5, PARALLEL), (2, 4, SIMILAR), (-1, -2, SIMILAR),
        (2, -2, CONTRARY), (0, 3, STILL), (3, 0, STILL), (0, 0, STILL),
    ],
)  # fmt: skip
def test_how_two_voices_move(own, other, kind):
    for interval, stood in ((12, OCTAVE), (7, FIFTH), (4, OTHER)):
        approach = APPROACH_BEFORE[interval] + MOVE_CLASSES[other]
        assert MOTION_CLASSES[approach, own] == 1 + 4 * stood + kind


def test_every_class_is_within_its_number():
    assert MOVE_CLASSES[[-128, -MOVE, 0, MOVE, 127]].tolist() == [0, 0, MOVE, 2 * MOVE, 2 * MOVE]
    assert APPROACH_BEFORE.max() + MOVE_CLASSES.max() == APPROACHES - 1
    assert MOTION_CLASSES.max() == MOTIONS - 1
    assert not MOTION_CLASSES[0].any()
    assert np.unique(HEIGHT_CLASSES).tolist() == list(range(HEIGHTS))
    every = interval_class(np.arange(128), np.arange(-1, 128)[:, None])
    assert np.unique(every).tolist() == list(range(INTERVALS))
