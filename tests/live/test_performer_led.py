"""A performer that others lead, and that leads others."""

import numpy as np
import pytest

from musicgan.live.pulses import Pulses

from .performing import TPB, bar, led, move, ons, play, quarters, sounding


def test_it_waits_for_a_clock_that_others_lead_and_begins_on_a_bar_line():
    perform, backend, clock = led()
    perform.add(quarters(0, 60))
    play(perform, backend, 3.0)
    assert backend.sent == []
    move(perform, clock, True, 2.5)  # at beat 1 now
    play(perform, backend, 6.9)
    assert ons(backend) == [(4.5 + beat / 2, 60 + beat) for beat in range(4)]


def test_when_the_clock_stops_it_is_silent_and_goes_on_with_the_next_bar_when_it_starts():
    perform, backend, clock = led()
    move(perform, clock, True, 0.0)  # the line of tick 0 is past
    for number in range(3):
        perform.add(quarters(number, 60 + 10 * number))
    perform.add(bar(3, (12, 16, 40)))
    play(perform, backend, 2.8)
    move(perform, clock, False, 0.0)
    assert not sounding(backend)
    assert max(at for at, _ in backend.sent) <= backend.time_sec
    play(perform, backend, 5.0)
    move(perform, clock, True, 4.9)
    play(perform, backend, 10.0)
    after = [pitch for at, pitch in ons(backend) if at > 5]
    assert after == [70, 71, 72, 73, 80, 81, 82, 83, 40]  # the bar that was cut short is over
    assert next(at for at, _ in ons(backend) if at > 5) == pytest.approx(6.9)
    assert perform.sender.counts.underruns == 0


def test_clock_out_starts_with_the_music_and_stops_with_it():
    perform, backend, clock = led()
    perform.pulses = Pulses(TPB)
    move(perform, clock, True, 0.0)
    perform.add(quarters(0, 60))
    play(perform, backend, 1.99)
    system = [(at, message) for at, message in backend.sent if message[0] >= 0xF0 and at <= 1.99]
    at = pytest.approx(1 / 48)  # the pulse after the one that is past; the place in sixteenths
    assert system[:3] == [(at, b"\xf2\0\0"), (at, b"\xfb"), (at, b"\xf8")]
    pulses = [at for at, message in system if message == b"\xf8"]
    assert np.diff(pulses) == pytest.approx(1 / 48)
    perform.stop()
    assert backend.sent[-3][1] == b"\xfc"
    assert max(at for at, _ in backend.sent) <= backend.time_sec


def test_the_clock_that_goes_out_goes_on_while_the_music_rests():
    def told(rests):
        perform, backend, clock = led(handed_over_sec=0.02)
        perform.pulses = Pulses(TPB)
        move(perform, clock, True, 0.0)
        perform.add(quarters(0, 60))
        perform.add(quarters(1, 60))
        play(perform, backend, 2.3)
        if rests:
            perform.rest()
        play(perform, backend, 4.0)
        return [at for at, message in backend.sent if message == b"\xf8"]

    assert np.diff(told(rests=False)) == pytest.approx(1 / 48)
    assert told(rests=True) == told(rests=False)
