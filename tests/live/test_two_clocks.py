"""A second clock is followed through drift, through readings that come late, and when it is set."""

import random

import pytest

from musicgan.live.clocks.two_clocks import TwoClocks, read_together

POLL_SEC = 0.01


class World:
    """True time; each reading of a clock takes some, now and then much."""

    def __init__(self, delay_sec):
        self.true_sec, self.delay_sec = 0.0, delay_sec
        self.set_ahead_sec = 700.0

    def ours(self):
        self.true_sec += self.delay_sec()
        return 30 + 1.0002 * self.true_sec

    def theirs(self):
        self.true_sec += self.delay_sec()
        return self.set_ahead_sec + self.true_sec

    def error_sec(self, clocks):
        ours = 30 + 1.0002 * self.true_sec
        return abs(clocks.ours_sec(self.set_ahead_sec + self.true_sec) - ours)


def test_late_readings_and_drift_leave_less_than_a_fifth_of_a_millisecond():
    chance = random.Random(3)
    world = World(lambda: 0.005 * chance.random() if chance.random() < 0.1 else 1e-6)
    clocks = TwoClocks(world.ours, world.theirs)
    errors = []
    for turn in range(2000):
        world.true_sec += POLL_SEC
        clocks.measure()
        if turn > 300:
            errors.append(world.error_sec(clocks))
    assert max(errors) < 0.0002


def test_a_clock_that_was_set_is_believed_at_once():
    world = World(lambda: 1e-6)
    clocks = TwoClocks(world.ours, world.theirs)
    world.set_ahead_sec += 60
    clocks.measure()
    assert world.error_sec(clocks) < 0.0001


def test_of_several_readings_the_narrowest_counts():
    outer = iter([0.0, 1.0, 2.0, 2.25, 5.0, 6.0])
    inner = iter([10.0, 20.0, 30.0])
    got = read_together(lambda: next(outer), lambda: next(inner))
    assert got == pytest.approx((0.25, 2.125, 20.0))
