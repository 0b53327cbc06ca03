"""Codecs by name: the built-in ones, and those of installed third parties."""

import importlib
import subprocess
import sys

import pytest

from musicgan.codecs import codec_names, get_codec
from musicgan.errors import CodecError

CODEC = """
class Solfege:
    name = "solfege"

    def __init__(self, grid=4):
        self.grid = grid
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a package with one codec entry point on the path, as pip would."""

    def add(name, value, source=""):
        info = tmp_path / f"{name}_plugin-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}-plugin\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[musicgan.codecs]\n{name} = {value}\n")
        (tmp_path / f"{name}_plugin.py").write_text(source)
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(str(tmp_path))
    return add


def test_the_built_in_codecs_are_known_by_name():
    assert {"events", "pianoroll"} <= set(codec_names())


@pytest.mark.parametrize("name", ["events", "pianoroll"])
def test_options_reach_the_codec(name):
    codec = get_codec(name, grid=12)
    assert (codec.name, codec.grid) == (name, 12)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(CodecError, match=r"^no codec is called 'nope'; choose one of: .*events"):
        get_codec("nope")


def test_an_unknown_option_lists_the_options():
    with pytest.raises(CodecError, match=r"codec 'pianoroll': .*'gird'; its options are: grid, "):
        get_codec("pianoroll", gird=4)


def test_a_third_party_codec_answers_to_its_name(install):
    install("solfege", "solfege_plugin:Solfege", CODEC)
    assert "solfege" in codec_names()
    assert get_codec("solfege", grid=6).grid == 6


@pytest.mark.parametrize("source", ["", "raise RuntimeError('no such sound')", "import nowhere"])
def test_an_entry_point_that_does_not_load_names_its_package(install, source):
    install("broken", "broken_plugin:Missing", source)
    sys.modules.pop("broken_plugin", None)
    with pytest.raises(CodecError, match="codec 'broken' of package 'broken-plugin' does not load"):
        get_codec("broken")


def test_a_third_party_cannot_replace_a_built_in_codec(install):
    install("events", "events_plugin:Solfege", CODEC)
    assert type(get_codec("events")).__module__ == "musicgan.codecs.events"


def test_asking_for_names_imports_no_codec():
    code = (
        "import sys, musicgan.codecs as c; c.codec_names();"
        "sys.exit(any(m in sys.modules for m in ('musicgan.codecs.events', 'torch', 'music21')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
