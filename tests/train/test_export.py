"""ONNX graphs: the same figures as the played networks, and the same song to the last note."""

import subprocess
import sys

import numpy as np
import pytest
from tiny_model import band_codec, choir_codec, tiny_config, tiny_model

from musicgan.compose.player import player_of
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.errors import ModelFileError
from musicgan.midifile import read_midi
from musicgan.model.file import load_model, save_model
from musicgan.train.export import export

MODELS = {
    "choir": lambda: tiny_model(choir_codec(), single=True),
    "band, five heads": lambda: tiny_model(band_codec(), single=False),
    "choir without memory": lambda: tiny_model(
        choir_codec(), single=True, config=tiny_config(choir_codec(), looks_back=False)
    ),
}


@pytest.fixture(params=MODELS)
def exported(request, tmp_path):
    """A model file and the folder of its graphs."""
    path = tmp_path / "model.safetensors"
    save_model(MODELS[request.param](), path)
    written = export(load_model(path), tmp_path / "onnx")
    assert sorted(file.name for file in written) == [
        "begin.onnx", "example.py", "heads.onnx", "model.json", "step.onnx",
    ]  # fmt: skip
    return path, tmp_path / "onnx"


def test_the_example_plays_the_song_that_our_player_plays(exported, tmp_path):
    model, folder = exported
    song = tmp_path / "song.mid"
    command = [sys.executable, folder / "example.py", model, song, "5"]
    subprocess.run(command, check=True, timeout=120)
    wanted = compose(player_of(load_model(model), model), Settings(bars=8, seed=5, critic=0))
    found = read_midi(song).snapped(wanted.ticks_per_beat)

    def notes(score):
        return sorted(tuple(note)[:4] for note in score.notes.tolist())

    assert notes(found) == notes(wanted) and len(found)


def test_a_step_of_several_songs_has_the_figures_of_ours(exported):
    import onnxruntime

    model, folder = exported
    player = player_of(load_model(model), model)
    generator, layout = player.generator, player.generator.config.layout
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((3, generator.config.noise)).astype(np.float32)
    conditions = np.zeros((3, 4), np.int64)
    inputs = rng.integers(0, layout.input_sizes, (3, len(layout.input_sizes)))
    ours = generator.advance(generator.begin(conditions, noise), inputs)

    def run(graph, **fed):
        session = onnxruntime.InferenceSession(folder / f"{graph}.onnx")
        return session.run(None, fed)

    hidden, song = run("begin", conditions=conditions, noise=noise)
    hidden, wait = run("step", hidden=hidden, song=song, inputs=inputs)
    np.testing.assert_allclose(hidden, ours.hidden, atol=1e-5)
    np.testing.assert_allclose(wait, generator.wait(ours), atol=1e-5)


def test_a_model_of_frames_is_refused(tmp_path):
    frames = tiny_model(choir_codec(), single=True, changes={"kind": "frames"})
    with pytest.raises(ModelFileError, match="only models of note tuples"):
        export(frames, tmp_path)


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFileError, match="file: cannot be written"):
        export(tiny_model(choir_codec(), single=True), tmp_path / "file")
