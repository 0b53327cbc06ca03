"""JACK to the frame, as an independent client hears it."""

import time

import numpy as np
import pytest

from musicgan.errors import PortError
from musicgan.live.backends.jack import JackBackend, port_names
from musicgan.live.backends.registry import open_backend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.jack import JackClock

RATE = 48_000


def on(pitch):
    return bytes([0x90, pitch % 128, 90])


def test_every_message_comes_at_its_frame_in_order_and_none_is_lost(recorder):
    backend = JackBackend("exact")
    recorder.connect("exact:out")
    begin = backend.now_sec() + 0.2
    due = begin + np.cumsum(np.random.default_rng(0).uniform(0, 0.004, 1000))
    for index, at in enumerate(due):
        backend.send(at, on(index))
    recorder.wait_for(lambda: len(recorder.got) >= len(due))
    backend.close()
    assert [message[1] for _, message in recorder.got] == [i % 128 for i in range(len(due))]
    error = np.array([at for at, _ in recorder.got]) - np.round(due * RATE)
    assert (error == error[0]).all()
    assert abs(error[0]) <= 256
    assert backend.lost == 0


def test_what_is_cancelled_does_not_come_and_what_is_late_comes_at_once(recorder):
    backend = JackBackend("cancel")
    recorder.connect("cancel:out")
    now = backend.now_sec()
    for ahead in (-1.0, 0.1, 0.2, 0.3, 5.0):
        backend.send(now + ahead, on(round(60 + 10 * ahead)))
    backend.cancel_after(now + 0.25)
    backend.send(now + 0.4, on(99))
    recorder.wait_for(lambda: recorder.got and recorder.got[-1][1] == on(99))
    backend.close()
    assert [message[1] for _, message in recorder.got] == [50, 61, 62, 99]
    frames = [frame for frame, _ in recorder.got]
    # It does not wait for what was cancelled.
    assert frames[3] - frames[1] == pytest.approx(0.3 * RATE, abs=1)


def test_the_time_is_never_behind_the_period_that_is_being_sent(recorder):
    """On a busy machine JACK's own estimate is, by up to a third of a second."""
    backend = JackBackend("timed")
    for _ in range(300):
        at_frame = backend.transport().at_frame
        assert round(backend.now_sec() * RATE) >= at_frame
        time.sleep(0.001)
    backend.close()


def test_a_server_that_dies_is_one_line(jackd):
    backend = JackBackend("orphan")
    backend.now_sec()
    jackd.kill()
    jackd.wait()
    with pytest.raises(PortError, match="the JACK server is gone"):
        for _ in range(200):
            backend.now_sec()
            time.sleep(0.01)
    backend.close()


def test_without_a_server_there_is_one_line(jackd):
    jackd.kill()
    jackd.wait()
    with pytest.raises(PortError, match="no JACK server is running"):
        JackBackend("nobody")


def test_ports_are_listed_by_what_they_do(recorder):
    into, out_of = port_names()
    assert into == ["recorder:in"]
    assert out_of == []


def test_a_port_is_found_by_a_part_of_its_name(recorder):
    backend = open_backend("auto", "matched", "RECORD")
    assert isinstance(backend, JackBackend)
    backend.send(backend.now_sec(), on(60))
    recorder.wait_for(lambda: recorder.got)
    backend.close()
    with pytest.raises(
        PortError, match=r"port 'nothing' is not there; choose one of: '.*recorder:in'"
    ):
        JackBackend("unmatched", "nothing")


def test_what_is_sent_as_soon_as_a_port_is_connected_is_heard(recorder):
    """A connection takes a period or two; what was played meanwhile went nowhere."""
    for turn in range(30):
        backend = JackBackend("prompt", "recorder:in")
        backend.send_now(on(turn))
        recorder.wait_for(lambda turn=turn: len(recorder.got) > turn)
        backend.close()
    assert [message[1] for _, message in recorder.got] == list(range(30))


def test_what_is_heard_comes_with_the_frame_at_which_it_was_played(jackd):
    sender, listener = JackBackend("sender"), JackBackend("listener")
    listener.listen("sender:out")
    begin = sender.now_sec() + 0.2
    due = begin + np.cumsum(np.random.default_rng(1).uniform(0, 0.004, 300))
    for index, at in enumerate(due):
        sender.send(at, on(index) if index % 7 else bytes([0xF8]))
    heard = []
    until = time.monotonic() + 10
    while len(heard) < len(due) and time.monotonic() < until:
        heard += listener.heard()
        time.sleep(0.01)
    sender.close()
    listener.close()
    assert [m for _, m in heard] == [on(i) if i % 7 else b"\xf8" for i in range(len(due))]
    error = np.array([at for at, _ in heard]) * RATE - np.round(due * RATE)
    assert error == pytest.approx(np.full(len(due), error[0]), abs=0.01)


def test_what_is_sent_now_does_not_wait_for_what_is_queued(recorder):
    backend = JackBackend("now")
    recorder.connect("now:out")
    time.sleep(0.2)  # a connection takes a period or two
    backend.send(backend.now_sec() + 0.5, on(60))
    backend.send_now(on(61))
    recorder.wait_for(lambda: len(recorder.got) == 2)
    backend.close()
    assert [message[1] for _, message in recorder.got] == [61, 60]
    assert recorder.got[1][0] - recorder.got[0][0] > 0.3 * RATE


def eventually(clock, backend, condition):
    """Poll until it holds; how often a jump was told."""
    until, jumps = time.monotonic() + 10, clock.poll(backend.now_sec())
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)
        jumps += clock.poll(backend.now_sec())
    return jumps


def test_the_transport_is_followed_to_the_frame_when_it_rolls_is_located_and_stops(recorder):
    backend = JackBackend("led")
    clock = JackClock(ClockOptions(480, 120, 1920), backend)
    server = recorder.client
    assert eventually(clock, backend, lambda: not clock.is_rolling) == 0
    server.transport_frame = RATE
    server.transport_start()
    assert eventually(clock, backend, lambda: clock.is_rolling) == 1
    # Two beats a second; ticks and seconds are those of the server's frames.
    place = backend.transport()
    clock.poll(backend.now_sec())
    assert clock.tick_at(place.at_frame / RATE) == pytest.approx(place.frame / RATE * 960, abs=0.01)
    assert clock.due_sec(clock.tick_at(5.0)) == pytest.approx(5.0)
    assert clock.poll(backend.now_sec()) is False
    before = clock.tick_at(backend.now_sec())
    server.transport_frame = 10 * RATE

    def moved():
        return clock.is_rolling and clock.tick_at(backend.now_sec()) > before + 4000

    assert eventually(clock, backend, moved) >= 1
    server.transport_stop()
    assert eventually(clock, backend, lambda: not clock.is_rolling) == 1
    assert clock.due_sec(0) == float("inf")
    backend.close()
