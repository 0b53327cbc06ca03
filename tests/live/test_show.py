"""What the two processes are sent, and what is refused before anything is played."""

from pathlib import Path

import pytest

from musicgan.compose.settings import Settings
from musicgan.errors import MidiWriteError, ModelFileError, PortError
from musicgan.live.show import StreamOptions, play, prepared
from musicgan.model.file import load_model, save_model


def test_tempo_channels_and_programs_are_the_models(choir_file):
    composer, port, metre = prepared(choir_file, Settings(), StreamOptions())
    assert composer.channels == (0, 1, 2, 3)
    assert [channel for channel, _ in port.programs] == [0, 1, 2, 3]
    assert port.bpm == load_model(choir_file).metadata["typical"]["bpm"]
    assert metre == (4, 4)
    assert prepared(choir_file, Settings(tempo_bpm=70), StreamOptions())[1].bpm == 70


def test_where_no_take_can_be_written_nothing_is_played(choir_file, tmp_path):
    options = StreamOptions(record=tmp_path / "nowhere" / "take.mid")
    with pytest.raises(MidiWriteError, match="does not exist; create it first"):
        play(None, choir_file, Settings(), options)


def test_a_frame_model_is_refused(choir_file, tmp_path):
    file = load_model(choir_file)
    file.metadata["kind"] = "frames"
    save_model(file, tmp_path / "frames.safetensors")
    with pytest.raises(ModelFileError, match="only models of note tuples"):
        prepared(Path(tmp_path / "frames.safetensors"), Settings(), StreamOptions())


def test_a_channel_map_is_one_channel_a_voice_or_one_for_all(choir_file):
    def channels(*asked):
        return list(prepared(choir_file, Settings(), StreamOptions(channels=asked))[0].channels)

    assert channels(3, 3, 9, 0) == [3, 3, 9, 0]
    assert channels(5) == [5, 5, 5, 5]
    with pytest.raises(PortError, match=r"2 channels for 4 voices \(.*\): one each, or one"):
        channels(1, 2)


def test_knobs_stand_where_the_settings_have_them(choir_file):
    knobs = prepared(choir_file, Settings(temperature=1.2, critic=3), StreamOptions())[1].knobs
    assert knobs == {"temperature": 1.2, "critic": 3}
