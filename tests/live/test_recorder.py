"""A take holds what was sent, on the grid of the session's tempo."""

import mido
import pytest

from musicgan.errors import MidiWriteError
from musicgan.live.recorder import Recorder

ON, OFF = b"\x90\x3c\x50", b"\x80\x3c\x00"


def test_what_was_sent_is_in_the_file_at_its_tick(tmp_path):
    recorder = Recorder(120)
    recorder.start_sec = 100.0
    recorder.keep(99.9, b"\xc0\x05")
    recorder.keep(100.1, b"\xf8")
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
        Recorder(120).write(tmp_path / "nowhere" / "take.mid")


def test_a_change_of_tempo_is_in_the_file_and_notes_stay_on_their_beats(tmp_path):
    recorder = Recorder(120)
    recorder.start_sec = 10.0
    recorder.keep(10.5, ON)  # beat 1
    recorder.tempo(11.0, 120.1)  # a clock's jitter
    recorder.tempo(11.0, 60)  # beat 2
    recorder.keep(12.0, OFF)  # beat 3
    recorder.tempo(13.0, 240)  # beat 4
    recorder.keep(13.5, ON)  # beat 6
    recorder.write(tmp_path / "take.mid")
    (track,) = mido.MidiFile(tmp_path / "take.mid").tracks
    assert [(m.type, m.time / 480, getattr(m, "tempo", None)) for m in track][:-1] == [
        ("set_tempo", 0, 500_000), ("note_on", 1, None), ("set_tempo", 1, 1_000_000),
        ("note_off", 1, None), ("set_tempo", 1, 250_000), ("note_on", 2, None),
    ]  # fmt: skip


def test_what_was_queued_and_cancelled_is_not_kept_though_something_was_sent_since(tmp_path):
    recorder = Recorder(120)
    recorder.start_sec = 0.0
    recorder.keep(1.0, ON)
    recorder.keep(2.0, OFF)
    recorder.keep(0.5, b"\x90\x40\x50")  # sent at once, past the queue
    recorder.cancel_after(0.7)
    recorder.write(tmp_path / "take.mid")
    (track,) = mido.MidiFile(tmp_path / "take.mid").tracks
    assert [m.note for m in track if m.type == "note_on"] == [0x40]
