"""A side's files: all read, or named with the reason."""

import os
from pathlib import Path

import pytest
from midi_bytes import EOT, PEDALLED_SCALE, midi

from musicgan.errors import CorpusError, EvaluateError
from musicgan.evaluate.side import read_side, without_copies

from .making import choir, folder_of


def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path):
    folder = folder_of([choir(0), choir(1)], tmp_path / "some")
    (folder / "text.mid").write_text("no music")
    side = read_side([folder])
    assert [piece.name for piece in side.pieces] == ["00.mid", "01.mid"]
    assert list(side.unusable) == ["text.mid"]
    assert "not a MIDI file" in side.unusable["text.mid"]


def test_progress_counts_every_file(tmp_path):
    folder = folder_of([choir(0), choir(1)], tmp_path / "some")
    seen = []
    read_side([folder], lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_names_of_files_from_several_places_tell_them_apart(tmp_path):
    folder_of([choir(0)], tmp_path / "one")
    folder_of([choir(1)], tmp_path / "two" / "deep")
    side = read_side([tmp_path / "one", tmp_path / "two" / "deep" / "00.mid"])
    assert [piece.name for piece in side.pieces] == ["one/00.mid", "two/deep/00.mid"]


def test_names_that_are_no_text_are_spelled_out(tmp_path):
    (found,) = folder_of([choir(0)], tmp_path).iterdir()
    found.rename(tmp_path / os.fsdecode(b"caf\xe9\n.mid"))
    (piece,) = read_side([tmp_path]).pieces
    assert piece.name == "caf\\udce9\\n.mid" and piece.name.encode()


def test_one_music_in_two_files_counts_once(tmp_path):
    side = without_copies(read_side([folder_of([choir(0), choir(1), choir(0)], tmp_path)]))
    assert [piece.name for piece in side.pieces] == ["00.mid", "01.mid"]
    assert side.unusable == {"02.mid": "the same music as 00.mid"}


def test_some_of_the_pieces_by_name(tmp_path):
    folder = folder_of([choir(0), choir(1)], tmp_path)
    (folder / "text.mid").write_text("no music")
    side = read_side([folder]).only({"01.mid"})
    assert [piece.name for piece in side.pieces] == ["01.mid"]
    assert side.unusable == {}


def test_the_pedal_is_folded_in_where_it_is_asked_for(tmp_path):
    (tmp_path / "scale.mid").write_bytes(midi(PEDALLED_SCALE + EOT))
    keys, heard = (read_side([tmp_path], pedal=pedal).scores[0] for pedal in (False, True))
    assert set(keys.notes["duration_tick"]) == {60}
    assert set(heard.notes["duration_tick"]) == {120}


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(EvaluateError, match="does not exist: give MIDI files, or a folder"):
        read_side([tmp_path / "nowhere"])


def test_a_folder_without_midi(tmp_path: Path):
    with pytest.raises(CorpusError, match="holds no MIDI file"):
        read_side([tmp_path])
