"""The JACK transport as a clock, with and without a timebase master."""

import numpy as np
import pytest

from musicgan.errors import PortError
from musicgan.live.backends.fake import FakeBackend
from musicgan.live.backends.jack import JackBackend, Transport
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.jack import JackClock

RATE = 48_000


class Server(JackBackend):
    """A backend whose transport a test tells."""

    def __init__(self):
        self.rate = RATE
        self.now = Transport(False, 0, 0, None, None)
        self.is_held = False

    def transport(self):
        return self.now

    def hold_transport(self):
        self.is_held = True

    def start_frame(self, after_sec):
        return self.now.at_frame + 3 * 1024

    def start_transport(self, frame):
        self.is_held = self.now.at_frame >= frame - 1024
        return not self.is_held


def clock(bpm=120):
    server = Server()
    return JackClock(ClockOptions(480, bpm, 1920), server), server


def at(made, server, frame, at_frame, bpm=None, beat=None, tick_beat=0.0):
    """Where the transport is now; what `poll` says to that."""
    server.now = Transport(True, frame, at_frame, bpm, beat, tick_beat=tick_beat)
    return made.poll(at_frame / RATE)


def test_without_a_master_the_tempo_is_our_own_from_frame_0_on():
    made, server = clock(bpm=90)
    assert at(made, server, RATE, 5 * RATE)
    assert made.tick_at(5.0) == pytest.approx(1.5 * 480)
    assert made.due_sec(3 * 480) == pytest.approx(6.0)
    assert made.set_tempo(60, 5.0)
    at(made, server, RATE + 256, 5 * RATE + 256)
    assert made.bpm == 60


def test_a_master_s_tempo_is_taken_and_its_beats_where_it_has_changed_on_the_way():
    made, server = clock(bpm=90)
    at(made, server, RATE, 5 * RATE, 120, 7.0)
    assert made.bpm == 120
    # Its beats move along: it is 5 beats further than two a second from the start would be.
    assert at(made, server, RATE + 4800, 5 * RATE + 4800, 120, 7.2)
    assert made.tick_at(5.1) == pytest.approx(7.2 * 480)
    assert not at(made, server, RATE + 9600, 5 * RATE + 9600, 120, 7.4)
    assert not made.set_tempo(60, 5.0)


def test_a_master_that_stands_still_while_the_transport_rolls_is_not_believed():
    made, server = clock()
    at(made, server, RATE, 5 * RATE, 120, 0.0)
    assert not at(made, server, RATE + 4800, 5 * RATE + 4800, 120, 0.0)
    assert made.tick_at(5.1) == pytest.approx(2.2 * 480)


def test_whole_ticks_of_a_master_do_not_blur_the_frame():
    made, server = clock()
    at(made, server, RATE, 5 * RATE, 120, 2.0)
    assert not at(made, server, RATE + 100, 5 * RATE + 100, 120, 2.004)
    assert made.tick_at(5 + 100 / RATE) == pytest.approx((RATE + 100) / RATE * 2 * 480)


@pytest.mark.parametrize("ticks", [24, 48, 96, 1920])
def test_a_master_of_few_ticks_a_beat_does_not_seem_to_jump(ticks):
    made, server = clock()
    told = []
    for index in range(2000):
        frame = RATE + 256 * index
        beat = np.floor(frame / RATE * 127 / 60 * ticks) / ticks
        told.append(at(made, server, frame, 5 * RATE + 256 * index, 127, beat, 1 / ticks))
    assert told[0] and not any(told[1:])


def test_a_jump_is_told_also_across_the_32_bits_that_the_server_counts_in():
    made, server = clock()
    at(made, server, 2**32 - 100, 5 * RATE)
    assert not at(made, server, 156, 5 * RATE + 256)
    assert at(made, server, 0, 5 * RATE + 512)


def test_another_backend_counts_other_frames():
    with pytest.raises(PortError, match="the clock 'jack' needs --backend jack"):
        JackClock(ClockOptions(480, 120, 1920), FakeBackend())


def starting(made, server, frame, at_frame):
    """It is asked for; what `poll` says to that."""
    server.now = Transport(False, frame, at_frame, None, None, is_starting=True)
    return made.poll(at_frame / RATE)


def test_a_start_is_known_before_it_comes_and_until_then_it_stands_where_it_will_begin():
    made, server = clock()
    made.begin(0.0)
    assert server.is_held
    made.poll(0.0)
    assert starting(made, server, RATE, 5 * RATE)
    begin = 5 + 3 * 1024 / RATE
    assert made.is_rolling and server.is_held, "until its music is queued"
    assert made.tick_at(5.0) == made.tick_at(begin) == pytest.approx(2 * 480)
    assert made.due_sec(3 * 480) == pytest.approx(begin + 0.5)
    assert not starting(made, server, RATE, 5 * RATE + 1024)
    assert not server.is_held
    assert not at(made, server, RATE + 1024, 5 * RATE + 4 * 1024)
    assert server.is_held, "until the next start"
    assert made.due_sec(3 * 480) == pytest.approx(begin + 0.5)


def test_where_somebody_else_is_not_ready_the_start_is_taken_back():
    made, server = clock()
    made.begin(0.0)
    made.poll(0.0)
    assert starting(made, server, 0, 5 * RATE)
    assert not starting(made, server, 0, 5 * RATE + 256)
    assert starting(made, server, 0, 5 * RATE + 3 * 1024)
    assert not made.is_rolling
    assert at(made, server, 256, 6 * RATE)


def test_music_that_took_too_long_to_queue_is_waited_for():
    made, server = clock()
    made.begin(0.0)
    made.poll(0.0)
    assert starting(made, server, RATE, 5 * RATE)
    assert starting(made, server, RATE, 5 * RATE + 2 * 1024), "queue it anew"
    assert made.is_rolling and server.is_held
    begin = 5 + 5 * 1024 / RATE
    assert made.tick_at(5.0) == made.tick_at(begin) == pytest.approx(2 * 480)
    assert not starting(made, server, RATE, 5 * RATE + 3 * 1024)
    assert not server.is_held
    assert not at(made, server, RATE + 1024, 5 * RATE + 6 * 1024)
    assert made.due_sec(3 * 480) == pytest.approx(begin + 0.5)


def test_without_music_nobody_is_made_to_wait():
    made, server = clock()
    made.poll(0.0)
    assert not starting(made, server, 0, 5 * RATE)
    assert not server.is_held and not made.is_rolling
