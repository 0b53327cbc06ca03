"""`musicgan generate` with a tiny model, for the tests of the command."""

import pytest
from click.testing import CliRunner
from tiny_model import choir_codec, tiny_model

from musicgan.cli import main
from musicgan.model.file import save_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The file of a tiny choir of random weights."""
    path = tmp_path_factory.mktemp("models") / "choir.safetensors"
    save_model(tiny_model(choir_codec(), single=True), path)
    return path


@pytest.fixture
def generate(model, tmp_path):
    """Runs `musicgan generate --model MODEL --out TMP/song.mid ...` and returns its result."""

    def run(*arguments, out="song.mid"):
        words = ["generate", "--model", str(model), "--out", str(tmp_path / out)]
        return CliRunner().invoke(main, [*words, *(str(word) for word in arguments)])

    return run
