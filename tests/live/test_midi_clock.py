"""MIDI clock in: followed within its jitter, by what a sender sends."""

import numpy as np
import pytest

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.midi import MidiClock
from musicgan.live.messages import position_at

TPB = 480
START, CONTINUE, STOP, PULSE = b"\xfa", b"\xfb", b"\xfc", b"\xf8"


def clock(bpm=100):
    return MidiClock(ClockOptions(TPB, bpm, 4 * TPB), FakeBackend())


def pulses(clock, begin_sec, bpm, beats, jitter_sec=0.0, seed=0):
    """So many beats of pulses; when the next one would come."""
    apart = 60 / bpm / 24
    late = np.random.default_rng(seed).uniform(0, jitter_sec, beats * 24)
    for index in range(beats * 24):
        clock.hear(begin_sec + index * apart + late[index], PULSE)
        clock.poll(begin_sec + index * apart)
    return begin_sec + beats * 24 * apart


def test_it_rolls_from_the_pulse_after_a_start_which_is_tick_0():
    made = clock()
    made.hear(1.0, PULSE)
    assert not made.is_rolling and not made.poll(1.0)
    made.hear(1.5, START)
    assert not made.is_rolling
    made.hear(1.51, PULSE)
    assert made.poll(1.51) and made.is_rolling
    assert not made.poll(1.52)
    assert made.tick_at(1.51) == 0


@pytest.mark.parametrize("bpm", [20, 77.7, 133, 400])
def test_after_four_bars_with_jitter_the_tempo_is_within_a_500th_and_so_is_the_place(bpm):
    made = clock()
    made.hear(0.9, START)
    end = pulses(made, 1.0, bpm, 16, jitter_sec=min(0.006, 10 / bpm / 24))
    assert made.bpm == pytest.approx(bpm, rel=0.002)
    # Jitter makes pulses late, by half of it on average.
    assert made.tick_at(end) == pytest.approx(16 * TPB, abs=0.005 * bpm / 60 * TPB)
    assert made.due_sec(made.tick_at(end)) == pytest.approx(end)


def test_a_change_of_tempo_is_followed_within_two_beats_and_the_beats_still_meet():
    made = clock(120)
    made.hear(0.9, START)
    end = pulses(made, 1.0, 120, 8, jitter_sec=0.003)
    end = pulses(made, end, 90, 2, jitter_sec=0.003, seed=1)
    assert made.bpm == pytest.approx(90, rel=0.02)
    assert made.tick_at(end) == pytest.approx(10 * TPB, abs=0.01 * TPB)


def test_a_stop_and_a_continue_go_on_from_the_same_place():
    made = clock(120)
    made.hear(0.9, START)
    end = pulses(made, 1.0, 120, 3)
    made.hear(end, STOP)
    assert made.poll(end) and not made.is_rolling
    assert made.due_sec(5 * TPB) == float("inf")
    made.hear(7.0, CONTINUE)
    made.hear(7.5, PULSE)
    assert made.poll(7.5) and made.is_rolling
    assert made.tick_at(7.5) == 3 * TPB


def test_a_song_position_is_where_it_continues():
    made = clock(120)
    made.hear(0.0, position_at(24 * 8))
    made.hear(0.1, CONTINUE)
    pulses(made, 0.2, 120, 1)
    assert made.tick_at(0.2) == pytest.approx(8 * TPB)


def test_a_song_position_while_it_rolls_is_a_jump():
    made = clock(120)
    made.hear(0.9, START)
    end = pulses(made, 1.0, 120, 2)
    made.hear(end, position_at(0))
    assert not made.poll(end), "until the pulse that is there"
    assert made.tick_at(end) == pytest.approx(2 * TPB)
    made.hear(end + 0.01, PULSE)
    assert made.poll(end + 0.01)
    assert made.tick_at(end + 0.01) == 0


def test_a_sender_that_is_gone_has_stopped():
    made = clock(120)
    made.hear(0.9, START)
    end = pulses(made, 1.0, 120, 2)
    assert not made.poll(end + 0.5)
    assert made.poll(end + 2) and not made.is_rolling


def test_also_where_a_song_position_was_the_last_that_it_said():
    made = clock(120)
    made.hear(0.9, START)
    end = pulses(made, 1.0, 120, 2)
    made.hear(end, position_at(0))
    assert made.poll(end + 2) and not made.is_rolling


@pytest.mark.parametrize("apart_sec", [0.0, 0.0001, 0.001])
def test_pulses_that_were_held_up_and_come_in_a_burst_are_no_tempo(apart_sec):
    made = clock(120)
    made.hear(0.9, START)
    apart = 60 / 120 / 24
    for index in range(6 * 24):
        at_sec = 1.0 + index * apart
        if 3.0 <= at_sec < 3.4:  # nothing came; then all of it did
            at_sec = 3.4 + (at_sec - 3.0) / apart * apart_sec
        made.hear(at_sec, PULSE)
        assert 20 <= made.bpm <= 400
    end = 1.0 + 6 * 24 * apart
    assert made.bpm == pytest.approx(120, rel=0.1)
    assert made.tick_at(end) == pytest.approx(6 * TPB, abs=TPB / 10)


def test_the_tempo_is_the_sender_s_alone():
    assert not clock().set_tempo(90, 0.0)
