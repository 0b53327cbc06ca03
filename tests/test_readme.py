"""The README's commands: the two lines of a newcomer, and every example, as they stand there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from musicgan.cli import main
from musicgan.midifile import read_midi

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
EXAMPLES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("musicgan ")]
NOT_THERE = "my-style"  # a model that its reader trains
SONGS = [line for line in EXAMPLES if " generate " in line and NOT_THERE not in line]


def test_the_first_two_blocks_are_one_line_each():
    assert [block.count("\n") for block in BLOCKS[:2]] == [1, 1]
    assert "musicgan generate --out song.mid" in BLOCKS[0]
    assert "pytest" in BLOCKS[1]
    for block in BLOCKS[:2]:
        assert block.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert "sudo" not in block


def test_ci_runs_the_second_block():
    """Its way of finding the line is the one tested here, run on the same file."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [finder] = re.findall(r"line=\$\((.*)\)", script)
    found = subprocess.run(["bash", "-c", finder], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout == BLOCKS[1]


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_a_legal_call(line):
    _, name, *arguments = shlex.split(line)
    command = main.get_command(click.Context(main), name)
    assert command is not None
    context = command.make_context(name, list(arguments))
    if isinstance(command, click.Group) and arguments:
        inner = command.get_command(context, arguments[0])
        assert inner is not None
        context = inner.make_context(arguments[0], arguments[1:], parent=context)
    assert context.params or isinstance(command, click.Group)


@pytest.mark.parametrize("line", SONGS)
def test_every_song_example_writes_its_songs(line, tmp_path):
    """As it stands, only shorter: of an option given twice the last counts."""
    (tmp_path / "midi_data").symlink_to(ROOT / "midi_data")
    arguments = shlex.split(line)[1:]
    command = [sys.executable, "-m", "musicgan", *arguments, "--bars", "4"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    songs = [path for path in tmp_path.glob("*.mid") if len(read_midi(path)) > 8]
    count = int(arguments[arguments.index("--count") + 1]) if "--count" in arguments else 1
    assert len(songs) == count


def test_pictures_and_files_it_names_exist():
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    named = re.findall(r"`((?:docs|scripts|tests|midi_data)/[\w./-]*)`", README)
    assert [name for name in linked + named if not (ROOT / name).exists()] == []


def test_the_python_example_writes_its_song(tmp_path):
    [example] = [block for block in BLOCKS if block.startswith("import musicgan")]
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True, timeout=120)
    assert len(read_midi(tmp_path / "reel.mid")) > 16
