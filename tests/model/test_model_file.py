"""One file a model: whole or refused in one line, and nothing in it is ever run."""

import hashlib
import json
import pickle
import re

import numpy as np
import pytest
from safetensors.numpy import save_file
from tiny_model import choir_codec, tiny_model

from musicgan.compose.player import open_player
from musicgan.errors import ModelFileError
from musicgan.model.file import FORMAT, VERSION, ModelFile, load_model, save_model


@pytest.fixture
def path(tmp_path):
    """A whole model file."""
    save_model(tiny_model(choir_codec(), single=True), tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


def refused(path, why, load=load_model):
    """Loading raises one line with the file's name and the reason."""
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert re.search(why, str(caught.value))
    assert "\n" not in str(caught.value)


def with_header(path, **header):
    """A safetensors file with this header and one small tensor."""
    save_file({"generator.x": np.zeros(3, np.float32)}, path, metadata=header)
    return path


def test_what_is_saved_is_loaded(path):
    model, loaded = tiny_model(choir_codec(), single=True), load_model(path)
    assert loaded.metadata == json.loads(json.dumps(model.metadata))
    assert loaded.weights.keys() == model.weights.keys()
    assert all(np.array_equal(loaded.weights[k], v) for k, v in model.weights.items())
    assert all(v.dtype == np.float32 for v in loaded.weights.values())
    assert loaded.digest == hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def test_the_same_model_is_the_same_bytes(path, tmp_path):
    """The library alone writes its metadata in an order that changes from call to call."""
    for _ in range(5):
        save_model(tiny_model(choir_codec(), single=True), tmp_path / "again")
        assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "again", path]


def test_parts_are_weights_without_their_prefix():
    one = np.zeros(1, np.float32)
    model = ModelFile({"generator.a.weight": one, "critic.b": one}, {})
    assert list(model.part("generator")) == ["a.weight"]
    assert list(model.part("critic")) == ["b"]
    assert model.part("posterior") == {}


def test_folders_on_the_way_are_made(tmp_path):
    save_model(tiny_model(choir_codec(), single=True), tmp_path / "a" / "b" / "m.safetensors")
    assert load_model(tmp_path / "a" / "b" / "m.safetensors").metadata["style"] == "tiny"


@pytest.mark.parametrize("where", ["file/m.safetensors", "folder"])
def test_a_path_that_cannot_be_written_is_said(tmp_path, where):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelFileError, match="the model cannot be written: "):
        save_model(tiny_model(choir_codec(), single=True), tmp_path / where)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_a_missing_file_is_said(tmp_path):
    refused(tmp_path / "none.safetensors", "there is no such model file")
    refused(tmp_path, "there is no such model file")


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 5000, -1])
def test_a_truncated_file_is_refused(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, "not a whole model file: ")


def test_any_single_wrong_byte_of_the_header_is_refused_or_harmless(path):
    data = bytearray(path.read_bytes())
    for at in range(0, 600, 7):
        broken = data.copy()
        broken[at] ^= 0x15
        path.write_bytes(broken)
        try:
            loaded = load_model(path)
        except ModelFileError as error:
            assert "\n" not in str(error)
        else:
            assert len(loaded.weights) == len(tiny_model(choir_codec(), single=True).weights)


def test_foreign_files_are_refused(tmp_path, path):
    midi = tmp_path / "song.mid"
    midi.write_bytes(b"MThd\0\0\0\6\0\1\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0")
    refused(midi, "not a whole model file: ")
    refused(with_header(path, style="something"), "a safetensors file, but not a musicgan model")


@pytest.mark.parametrize("version", ["0", str(VERSION + 1), "x"])
def test_another_version_is_named(path, version):
    with_header(path, format=FORMAT, version=version, model="{}")
    refused(path, f"model format {version}; this musicgan reads {VERSION}: update musicgan or ")


def test_a_header_without_or_with_a_broken_model_is_refused(path):
    refused(with_header(path, format=FORMAT, version=str(VERSION)), "not a whole model file: ")
    for text in ("{'a'", "[]", "null"):
        with_header(path, format=FORMAT, version=str(VERSION), model=text)
        refused(path, "not a whole model file: ")


class Trap:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self):
        return (open, (self.where, "w"))

    def __init__(self, where):
        self.where = where


def test_nothing_is_unpickled(tmp_path):
    trap = tmp_path / "sprung"
    for name in ("model.pt", "model.safetensors"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap(str(trap))))
        refused(tmp_path / name, "not a whole model file: ")
    assert not trap.exists()
    pickle.loads((tmp_path / "model.pt").read_bytes()).close()
    assert trap.exists()  # so that the trap is known to work


@pytest.mark.parametrize(
    "change",
    [
        {"config": None},
        {"config": {}},
        {"config": {"layout": {"voices": 4}, "styles": ["a"]}},
        {"voices": {}},
        {"typical": None},
        {"typical": {"parallels": "few"}},
        {"codec": {"name": "events", "options": {"gird": 4}}},
        {"codec": {"name": "events", "options": {"grid": 4000}}},
        {"codec": {"name": "events", "options": {"slots": 3}}},
    ],
    ids=json.dumps,
)
def test_a_damaged_description_is_said(path, change):
    save_model(tiny_model(choir_codec(), single=True, changes=change), path)
    refused(path, "the model's description is damaged: ", open_player)


def test_missing_or_misshapen_weights_are_said(path):
    model = tiny_model(choir_codec(), single=True)
    for name in ("generator.trunk.bias", "critic.out.weight"):
        rest = {k: v for k, v in model.weights.items() if k != name}
        save_model(ModelFile(rest, model.metadata), path)
        refused(path, f"the model's description is damaged: .*{name.split('.', 1)[1]}", open_player)
    cut = {**model.weights, "generator.embed.weight": np.zeros((9, 5), np.float32)}
    save_model(ModelFile(cut, model.metadata), path)
    refused(path, "the model's description is damaged: ", open_player)
