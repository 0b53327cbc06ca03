"""`musicgan data FOLDER` tells what is in a folder."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from musicgan.cli import main
from musicgan.midifile import write_midi
from musicgan.notes import NOTE
from musicgan.score import Score, Track


def run(*arguments):
    return CliRunner().invoke(main, ["data", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    """Four tunes, a copy of one, and a file that is no MIDI."""
    root = tmp_path / "music"
    root.mkdir()
    for seed in (0, 1, 2, 3, 3):
        pitch = np.random.default_rng(seed).integers(50, 80, 64).tolist()
        notes = np.array([(i * 240, 240, p, 70, 0) for i, p in enumerate(pitch)], NOTE)
        write_midi(Score(notes), root / f"{len(list(root.iterdir()))} [tune].mid")
    (root / "text.mid").write_text("not music")
    return root


def test_the_summary_names_what_matters(folder):
    result = run(folder, "--workers", 0)
    assert result.exit_code == 0
    lines = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    assert lines["files"] == "6, of which 1 cannot be used"
    assert lines["music"] == "0.0 hours, 320 notes"
    assert lines["notes a file"] == "64"
    assert lines["tracks"] == "1 in 5 files"
    assert lines["exact copies"] == "1, such as 3 [tune].mid = 4 [tune].mid"
    assert lines["near copies"] == "none"
    assert lines["split"].startswith("2 train, 1 valid, 1 test")
    assert "cannot be used: text.mid: " in result.stdout


def test_json_holds_the_summary_and_every_file(folder, tmp_path):
    target = tmp_path / "report.json"
    assert run(folder, "--workers", 0, "--json", target).exit_code == 0
    report = json.loads(target.read_text())
    assert report["summary"]["notes"] == 320
    assert sum(report["summary"]["split"].values()) == 4
    assert len(report["files"]) == 6
    assert report["files"][-1]["error"]
    assert "sketch" not in report["files"][0]


@pytest.mark.parametrize("name", ["nowhere/report.json", "file/report.json"])
def test_json_that_cannot_be_written_is_one_line_after_the_table(folder, tmp_path, name):
    (tmp_path / "file").touch()
    result = run(folder, "--workers", 0, "--json", tmp_path / name)
    assert result.exit_code == 1
    assert "music: 0.0 hours, 320 notes\n" in result.stdout
    assert result.stderr.startswith(f"Error: Could not open file '{tmp_path / name}': ")
    assert result.stderr.count("\n") == 1


def test_drums_have_no_key_and_no_chords(tmp_path):
    beats = np.array([(i * 240, 60, 36, 90, 0) for i in range(32)], NOTE)
    write_midi(Score(beats, tracks=(Track(is_drum=True),)), tmp_path / "beat.mid")
    lines = run(tmp_path, "--workers", 0).stdout
    assert "keys: none: all drums\n" in lines and "drums: in 1 files\n" in lines
    assert "notes at once" not in lines


def test_a_cache_that_cannot_be_written_is_one_line(folder, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path / "file"))
    result = run(folder, "--workers", 0)
    assert result.exit_code == 0
    assert result.stderr.startswith(f"Warning: cache folder {tmp_path / 'file'} cannot be written")
    assert result.stderr.count("\n") == 1


def test_json_on_standard_output_is_nothing_but_json(folder):
    result = run(folder, "--workers", 0, "--json", "-")
    assert json.loads(result.stdout)["summary"]["files"] == 6


def test_too_few_pieces_is_said_and_is_no_error(folder):
    for path in list(folder.iterdir())[1:]:
        path.unlink()
    result = run(folder, "--workers", 0)
    assert result.exit_code == 0
    assert "split: too few different pieces" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere"], 1, "Error: nowhere does not exist: give a folder of MIDI files\n"),
        (["--workers", "-1", "nowhere"], 2, "-1 is not in the range x>=0"),
        ([], 2, "Missing argument 'FOLDER'"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, code, words):
    result = run(*arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_help_shows_examples():
    result = run("--help")
    assert result.exit_code == 0
    assert "musicgan data midi_data" in result.stdout


def test_pieces_too_short_to_learn_from_are_counted_and_not_promised(tmp_path):
    for seed in range(12):
        notes = np.zeros(3 + seed % 2, NOTE)
        notes["onset_tick"] = np.arange(len(notes)) * 480
        notes["duration_tick"], notes["velocity"] = 240, 80
        notes["pitch"] = 40 + 3 * seed + np.arange(len(notes))
        write_midi(Score(notes), tmp_path / f"{seed}.mid")
    result = run(tmp_path, "--workers", 0)
    assert result.exit_code == 0
    assert re.search(r"too short: \d+, of under 16 notes: left out", result.stdout)
    assert "split: too few different pieces" in result.stdout


def test_names_that_forge_lines_or_speak_to_the_terminal_are_spelled_out(folder):
    (folder / "a\nfiles: 9.mid").write_text("no")
    (folder / "b\x1b]0;title\x07.mid").write_text("no")
    said = run(folder, "--workers", 0).stdout
    assert "a\\nfiles: 9.mid" in said and "b\\x1b]0;title\\x07.mid" in said
    assert "\x1b" not in said
    assert len([line for line in said.splitlines() if line.startswith("files: ")]) == 1
