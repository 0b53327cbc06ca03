"""A take holds what was sent, on the grid of the session's tempo."""

import mido
import pytest

from musicgan.errors import MidiWriteError
from musicgan.live.recorder import Recorder

ON, OFF = b"\x90\x3c\x50", b"\x80\x3c\x00"


def test_what_was_sent_is_in_the_file_at_its_tick(tmp_path):
    recorder = Recorder(start_sec=100.0, bpm=120)
    recorder.keep(99.9, b"\xc0\x05")
    recorder.keep(100.5, ON)
    recorder.keep(101.25, OFF)
    recorder.keep(102.0, ON)
    recorder.cancel_after(101.5)
    recorder.write(tmp_path / "take.mid")
    (track,) = mido.MidiFile(tmp_path / "take.mid").tracks
    assert [(m.type, m.time) for m in track] == [
        ("set_tempo", 0), ("program_change", 0), ("note_on", 480), ("note_off", 720),
        ("end_of_track", 0),
    ]  # fmt: skip
    assert track[0].tempo == 500_000
    assert [path.name for path in tmp_path.iterdir()] == ["take.mid"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(MidiWriteError, match="cannot be written"):
        Recorder(0, 120).write(tmp_path / "nowhere" / "take.mid")
