"""ALSA's sequencer, as an independent client hears it; and what is said where there is none.

Few machines that run tests have a sequencer in their kernel, and none can be installed: there
those that need it skip, and `scripts/alsa_guest.sh` runs them in an emulated guest that has one.
"""

import sys

import pytest

from musicgan.errors import MissingExtraError, MissingSystemError, PortError
from musicgan.live.backends import alsa, registry, sequencer
from musicgan.live.backends.alsa import AlsaBackend, port_names
from musicgan.live.backends.registry import open_backend

needs_sequencer = pytest.mark.skipif(
    not sequencer.DEVICE.exists(),
    reason="the kernel has no ALSA sequencer, also where CI is set: scripts/alsa_guest.sh has one",
)


def on(pitch):
    return bytes([0x90, pitch % 128, 90])


@pytest.fixture
def backend():
    made = AlsaBackend("tested")
    yield made
    made.cancel_after(0)
    made.close()


@pytest.fixture
def recorder(backend):
    """What `backend` sends, by the time of its own queue."""
    from .alsa_recorder import AlsaRecorder

    made = AlsaRecorder(backend._queue.queue_id)
    made.connect("tested")
    yield made
    made.close()


@pytest.fixture
def pretended(monkeypatch, tmp_path):
    """A Linux that seems to have a sequencer."""
    monkeypatch.setattr(alsa.sys, "platform", "linux")
    monkeypatch.setattr(sequencer, "DEVICE", tmp_path)


def test_without_a_sequencer_there_is_one_line_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(alsa.sys, "platform", "linux")
    monkeypatch.setattr(sequencer, "DEVICE", tmp_path / "seq")
    for cause in (AlsaBackend, port_names):
        with pytest.raises(MissingSystemError, match=r"modprobe snd-seq.*JACK server"):
            cause()


def test_without_the_package_the_extra_is_named(pretended, monkeypatch):
    monkeypatch.setitem(sys.modules, "alsa_midi", None)
    with pytest.raises(MissingExtraError, match=r"the ALSA backend .* 'musicgan\[alsa\]'"):
        AlsaBackend()


def test_other_systems_are_told_that_alsa_is_of_linux(pretended, monkeypatch):
    monkeypatch.setattr(alsa.sys, "platform", "darwin")
    with pytest.raises(MissingSystemError, match="ALSA is a part of Linux"):
        AlsaBackend()


@pytest.mark.parametrize(
    ("missing", "taken"),
    [((), "jack"), (("jack",), "alsa"), (("jack", "alsa"), "rtmidi")],
)
@pytest.mark.parametrize("error", [MissingSystemError("no"), MissingExtraError("it", "x")])
def test_auto_takes_jack_then_alsa_then_rtmidi(pretended, monkeypatch, missing, taken, error):
    def factory(name):
        if name in missing:
            raise error
        return lambda virtual, port: name

    monkeypatch.setattr(registry, "_factory", factory)
    assert open_backend("auto", "mine", None) == taken


def test_auto_goes_no_further_where_a_port_is_not_found(pretended, monkeypatch):
    def factory(name):
        raise PortError(f"{name}: port 'x' is not there")

    monkeypatch.setattr(registry, "_factory", factory)
    with pytest.raises(PortError, match="jack: port 'x' is not there"):
        open_backend("auto", "mine", "x")


@needs_sequencer
def test_messages_come_in_order_none_before_its_time_and_none_is_lost(backend, recorder):
    begin = backend.now_sec() + 0.2
    due = [begin + index * 0.002 for index in range(1000)]
    for index, at in enumerate(due):
        backend.send(at, on(index))
    recorder.wait_for(lambda: len(recorder.got) >= len(due))
    assert [message[1] for _, message in recorder.got] == [i % 128 for i in range(len(due))]
    assert all(at >= wanted - 1e-6 for (at, _), wanted in zip(recorder.got, due, strict=True))


@needs_sequencer
def test_what_is_late_comes_at_once_and_what_is_cancelled_never(backend, recorder):
    now = backend.now_sec()
    for ahead in (-1.0, 0.1, 0.2, 0.3, 5.0):
        backend.send(now + ahead, on(round(60 + 10 * ahead)))
    backend.cancel_after(now + 0.2)
    backend.send(now + 0.4, on(99))
    recorder.wait_for(lambda: recorder.got and recorder.got[-1][1] == on(99))
    assert [message[1] for _, message in recorder.got] == [50, 61, 62, 99]


@needs_sequencer
def test_what_is_sent_now_comes_before_what_is_queued(backend, recorder):
    backend.send(backend.now_sec() + 0.1, on(61))
    backend.send_now(on(60))
    recorder.wait_for(lambda: len(recorder.got) >= 2)
    assert [message for _, message in recorder.got] == [on(60), on(61)]


@needs_sequencer
def test_messages_of_every_length_come_as_they_are(backend, recorder):
    messages = [b"\xfa", b"\xf8", b"\xfb", b"\xfc", b"\xf2\x10\x02", b"\xc3\x05", b"\xb0\x7b\x00"]
    for message in messages:
        backend.send(backend.now_sec(), message)
    recorder.wait_for(lambda: len(recorder.got) >= len(messages))
    assert [message for _, message in recorder.got] == messages


@needs_sequencer
def test_a_full_queue_is_one_line_and_can_be_emptied(backend, recorder):
    later = backend.now_sec() + 60
    with pytest.raises(PortError, match="over 2000 messages wait to be sent"):
        for index in range(5000):
            backend.send(later, on(index))
    assert index >= 2000
    backend.cancel_after(backend.now_sec())
    backend.send(backend.now_sec(), on(99))
    recorder.wait_for(lambda: recorder.got)
    assert [message for _, message in recorder.got] == [on(99)]


@needs_sequencer
def test_what_comes_in_is_heard_with_the_time_it_came(backend, recorder):
    backend.listen(None)
    assert backend.heard() == []
    sender = AlsaBackend("sender", "tested:in")
    begin = backend.now_sec()
    for message in (b"\xfa", b"\xf8", on(60)):
        sender.send(sender.now_sec() + 0.01, message)
    heard = []
    recorder.wait_for(lambda: len(heard.extend(backend.heard()) or heard) >= 3)
    sender.close()
    assert [message for _, message in heard] == [b"\xfa", b"\xf8", on(60)]
    times = [begin, *(at for at, _ in heard), backend.now_sec()]
    assert times == sorted(times)


@needs_sequencer
def test_an_input_is_connected_to_a_port_found_by_a_part_of_its_name(backend):
    sender = AlsaBackend("sender")
    backend.listen("SENDER")
    sender.send(sender.now_sec(), on(60))
    sender.close()
    assert [message for _, message in backend.heard()] == [on(60)]
    with pytest.raises(PortError, match=r"port 'nothing' is not there; .*Midi Through"):
        backend.listen("nothing")
    with pytest.raises(PortError, match="port 'nothing' is not there"):
        AlsaBackend("other", "nothing")


@needs_sequencer
def test_ports_are_listed_by_what_they_do(backend, recorder):
    into, out_of = port_names()
    assert any(name.startswith("recorder:in ") for name in into)
    assert any(name.startswith("tested:tested ") for name in out_of)
    assert not any(name.startswith("tested:") for name in into)


@needs_sequencer
def test_closing_lets_what_is_due_leave_and_frees_the_queue_and_the_client(recorder):
    before = recorder.client.get_system_info()
    other = AlsaBackend("closing")
    recorder.connect("closing")
    other.send(other.now_sec() + 0.05, on(60))
    other.send(other.now_sec() + 60, on(61))
    other.close()
    after = recorder.client.get_system_info()
    assert [message for _, message in recorder.got] == [on(60)]
    assert (after.cur_clients, after.cur_queues) == (before.cur_clients, before.cur_queues)


@needs_sequencer
def test_time_only_runs_forwards(backend):
    times = [backend.now_sec() for _ in range(2000)]
    assert times == sorted(times)
    assert times[-1] > times[0]
