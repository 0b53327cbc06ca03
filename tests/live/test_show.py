"""What the two processes are sent, and what is refused before anything is played."""

from pathlib import Path

import pytest

from musicgan.compose.settings import Settings
from musicgan.errors import MidiWriteError, ModelFileError
from musicgan.live.show import play, prepared
from musicgan.model.file import load_model, save_model


def test_tempo_channels_and_programs_are_the_models(choir_file):
    composer, port, metre = prepared(choir_file, Settings(), None)
    assert composer.channels == (0, 1, 2, 3)
    assert [channel for channel, _ in port.programs] == [0, 1, 2, 3]
    assert port.bpm == load_model(choir_file).metadata["typical"]["bpm"]
    assert metre == (4, 4)
    assert prepared(choir_file, Settings(tempo_bpm=70), None)[1].bpm == 70


def test_where_no_take_can_be_written_nothing_is_played(choir_file, tmp_path):
    def opened():
        raise AssertionError("a port was opened")

    with pytest.raises(MidiWriteError, match="does not exist; create it first"):
        play(opened, choir_file, Settings(), tmp_path / "nowhere" / "take.mid")


def test_a_frame_model_is_refused(choir_file, tmp_path):
    file = load_model(choir_file)
    file.metadata["kind"] = "frames"
    save_model(file, tmp_path / "frames.safetensors")
    with pytest.raises(ModelFileError, match="only models of note tuples"):
        prepared(Path(tmp_path / "frames.safetensors"), Settings(), None)
