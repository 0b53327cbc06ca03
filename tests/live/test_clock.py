"""Ticks and seconds agree, also across changes of tempo; clocks by name."""

from importlib.metadata import EntryPoint

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.errors import PortError
from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions, registry
from musicgan.live.clocks.internal import LEAD_SEC, InternalClock
from musicgan.live.clocks.registry import clock_names, open_clock

bpms = st.floats(20, 400)


def options(bpm):
    return ClockOptions(ticks_per_beat=480, bpm=bpm, bar_tick=1920)


def begun(bpm, start_sec):
    """A clock whose tick 0 is at `start_sec`."""
    clock = InternalClock(options(bpm))
    clock.begin(start_sec - LEAD_SEC)
    return clock


def test_at_120_a_beat_lasts_half_a_second():
    clock = begun(120, start_sec=10)
    assert clock.tick_at(10) == 0
    assert clock.tick_at(11) == 960
    assert clock.due_sec(-480) == 9.5


@given(st.lists(st.tuples(bpms, st.floats(0.01, 100)), min_size=1, max_size=6), st.floats(0, 99))
def test_a_change_of_tempo_leaves_the_present_where_it_is(changes, later):
    clock, now = begun(100, start_sec=3), 3.0
    for bpm, sec in changes:
        now += sec
        before = clock.tick_at(now)
        assert clock.set_tempo(bpm, now)
        assert clock.bpm == bpm
        assert clock.tick_at(now) == pytest.approx(before)
        assert clock.due_sec(clock.tick_at(now + later)) == pytest.approx(now + later)


@pytest.mark.parametrize(("asked", "got"), [(1, 20), (20, 20), (400, 400), (1000, 400)])
def test_tempos_beyond_what_can_be_played_are_the_nearest(asked, got):
    assert InternalClock(options(asked)).bpm == got


def test_nothing_is_due_before_it_has_begun_and_that_it_has_is_told_once():
    clock = InternalClock(options(120))
    assert clock.set_tempo(90, 1.0) and clock.bpm == 90
    assert not clock.is_rolling and clock.due_sec(0) == float("inf")
    assert not clock.poll(2.0)
    clock.begin(3.0)
    assert clock.is_rolling and clock.due_sec(0) == 3.0 + LEAD_SEC
    assert [clock.poll(3.01), clock.poll(3.02)] == [True, False]


def test_a_third_partys_clock_is_found_by_its_entry_point(monkeypatch):
    module = "musicgan.live.clocks.internal:InternalClock"
    here = EntryPoint("theirs", module, registry.GROUP)

    def points(group, name=None):
        return [here] if group == registry.GROUP and name in (None, "theirs") else []

    monkeypatch.setattr(registry, "entry_points", points)
    assert clock_names() == ["internal", "midi", "jack", "link", "theirs"]
    for name in ("internal", "theirs"):
        clock = open_clock(name, options(77), FakeBackend())
        assert isinstance(clock, InternalClock) and clock.bpm == 77
    with pytest.raises(
        PortError, match="clock 'x': choose one of internal, midi, jack, link, theirs"
    ):
        open_clock("x", options(77), FakeBackend())
