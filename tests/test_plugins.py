"""Packages of others: installed by pip, found by name, and proved by musicgan's own laws."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny_model import choir_codec, tiny_model

from musicgan.model.file import save_model

PLUGINS = Path(__file__).parent / "plugins"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Both packages in a folder of their own; the environment in which it is on the path."""
    folder = tmp_path_factory.mktemp("site")
    sources = tmp_path_factory.mktemp("sources")
    subprocess.run(["cp", "-r", *PLUGINS.iterdir(), sources], check=True)  # pip builds in place
    isolated = [] if find_spec("setuptools") is None else ["--no-build-isolation"]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", *isolated, "--target", folder]
    subprocess.run([*pip, *sources.iterdir()], check=True, timeout=300)
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), before]))}


def run(script, env):
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_codec_of_another_package_keeps_the_laws_and_opens_a_corpus(installed):
    music = Path(__file__).parents[1] / "midi_data" / "ryans-mammoth"
    script = f"""
from musicgan.api import Corpus
from musicgan.codecs import codec_names, get_codec
from musicgan.codecs.laws import check_codec
codec = get_codec("solfege", grid=12)
check_codec(codec)
pieces = Corpus.open({str(music)!r}, codec).pieces("train")
print("solfege" in codec_names(), len(pieces) > 3, pieces[0].rows.shape[1])
"""
    assert run(script, installed) == "True True 3\n"


def test_a_backend_of_another_package_plays_and_leaves_nothing_sounding(installed, tmp_path):
    model, out = tmp_path / "tiny.safetensors", tmp_path / "beeps.txt"
    save_model(tiny_model(choir_codec(), single=True), model)
    command = [
        sys.executable, "-m", "musicgan", "stream", "--model", model, "--backend", "beeper",
        "--port", out, "--bars", "2", "--tempo", "300", "--seed", "1",
    ]  # fmt: skip
    subprocess.run(command, env=installed, check=True, timeout=120, capture_output=True)
    sounding, played = set(), 0
    for line in out.read_text().splitlines():
        status, pitch, *velocity = (int(byte, 16) for byte in line.split())
        note = (status & 15, pitch)
        if status >> 4 == 9 and velocity[0]:
            sounding.add(note)
            played += 1
        elif status >> 4 in (8, 9):
            sounding.discard(note)
    assert played > 4 and not sounding


def test_an_unknown_backend_lists_the_new_one_too(installed):
    script = "from musicgan.live.backends.registry import backend_names; print(backend_names()[-1])"
    assert run(script, installed) == "beeper\n"
