"""Backends by name, and what is said where there is none."""

from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from musicgan.cli import main
from musicgan.errors import MissingExtraError, PortError
from musicgan.live.backends import registry, rtmidi, sequencer
from musicgan.live.backends.fake import FakeBackend
from musicgan.live.backends.registry import backend_names, open_backend


@pytest.fixture
def no_midi(monkeypatch, tmp_path):
    """A Linux without ALSA's sequencer and without a JACK server."""
    monkeypatch.setattr(sequencer, "DEVICE", tmp_path / "seq")
    monkeypatch.setattr(rtmidi.sys, "platform", "linux")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-no-such-server")


def test_without_any_midi_system_there_is_one_line_with_what_to_do(no_midi):
    with pytest.raises(PortError, match=r"modprobe snd-seq.*JACK server"):
        open_backend("auto", "musicgan", None)
    result = CliRunner().invoke(main, ["ports"])
    assert result.exit_code == 0
    assert "modprobe snd-seq" in result.output
    assert "RtMidi:" in result.output and "JACK:" in result.output


def test_windows_is_told_of_loopmidi(monkeypatch):
    monkeypatch.setattr(rtmidi.sys, "platform", "win32")
    with pytest.raises(PortError, match=r"loopMIDI.*--port"):
        rtmidi.RtMidiBackend("musicgan", None)


def test_auto_takes_rtmidi_where_the_optional_parts_are_missing(monkeypatch):
    def factory(name):
        if name in ("jack", "alsa"):
            raise MissingExtraError(f"the {name} backend", name)
        return lambda virtual, port: (name, virtual, port)

    monkeypatch.setattr(registry, "_factory", factory)
    assert open_backend("auto", "mine", None) == ("rtmidi", "mine", None)
    with pytest.raises(MissingExtraError, match=r"musicgan\[jack\]"):
        open_backend("jack", "mine", None)


@pytest.mark.parametrize("messages", [[], [bytes([0xC0, 52]), bytes([0x90, 60, 64])]])
def test_the_file_backend_leaves_a_file_where_something_was_sent(tmp_path, messages):
    backend = open_backend("file", "unused", str(tmp_path / "take.mid"))
    for message in messages:
        backend.send_now(message)
    backend.close()
    assert [path.name for path in tmp_path.iterdir()] == (["take.mid"] if messages else [])


def test_a_third_partys_backend_is_found_by_its_entry_point(monkeypatch):
    here = EntryPoint("theirs", "musicgan.live.backends.fake:FakeBackend", registry.GROUP)

    def points(group, name=None):
        return [here] if group == registry.GROUP and name in (None, "theirs") else []

    monkeypatch.setattr(registry, "entry_points", points)
    assert backend_names() == ["auto", "jack", "alsa", "rtmidi", "file", "theirs"]
    assert isinstance(open_backend("theirs", True, 0.0), FakeBackend)
    with pytest.raises(
        PortError, match="'x': choose one of auto, jack, alsa, rtmidi, file, theirs"
    ):
        open_backend("x", "musicgan", None)


class Ends:
    """RtMidi's ends, and what was asked of the input in which order."""

    def __init__(self):
        self.asked, self.ports = [], []

    def __getattr__(self, name):
        return lambda *given: self.asked.append((name, *given))


def test_the_pulses_of_a_midi_clock_are_asked_of_rtmidi_before_its_input_is_opened(monkeypatch):
    end = Ends()
    monkeypatch.setattr(rtmidi, "_open", lambda kind, client: end)
    rtmidi.RtMidiBackend("musicgan").listen(None)
    asked = [entry for entry in end.asked if entry[0] != "close_port"]
    sysex, time, sensing = asked[1][1:]
    assert asked[1][0] == "ignore_types" and (sysex, time, sensing) == (True, False, True)
    assert asked[2] == ("open_virtual_port", "musicgan")
