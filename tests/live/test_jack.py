"""JACK to the frame, as an independent client hears it."""

import time

import numpy as np
import pytest

from musicgan.errors import PortError
from musicgan.live.backends.jack import JackBackend, port_names
from musicgan.live.backends.registry import open_backend

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
