"""Ticks and seconds agree, also across changes of tempo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.live.clock import InternalClock

bpms = st.floats(20, 400)


def test_at_120_a_beat_lasts_half_a_second():
    clock = InternalClock(480, 120, start_sec=10)
    assert clock.tick_at(10) == 0
    assert clock.tick_at(11) == 960
    assert clock.due_sec(-480) == 9.5


@given(st.lists(st.tuples(bpms, st.floats(0.01, 100)), min_size=1, max_size=6), st.floats(0, 99))
def test_a_change_of_tempo_leaves_the_present_where_it_is(changes, later):
    clock, now = InternalClock(480, 100, start_sec=3), 3.0
    for bpm, sec in changes:
        now += sec
        before = clock.tick_at(now)
        clock.set_tempo(bpm, now)
        assert clock.bpm == bpm
        assert clock.tick_at(now) == pytest.approx(before)
        assert clock.due_sec(clock.tick_at(now + later)) == pytest.approx(now + later)


@pytest.mark.parametrize(("asked", "got"), [(1, 20), (20, 20), (400, 400), (1000, 400)])
def test_tempos_beyond_what_can_be_played_are_the_nearest(asked, got):
    assert InternalClock(480, asked, 0).bpm == got
