"""`musicgan models`: what there is, what one is, and away with it."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner
from tiny_model import choir_codec, tiny_model

from musicgan.cli import main
from musicgan.compose.styles import bundled_styles
from musicgan.model.file import load_model, save_model
from musicgan.train.lock import alone_in

METRICS = {"likelihood": {"nll": 1.5}, "adversarial": {"nll": 1.625}}


def run(*words, **kind):
    return CliRunner().invoke(main, ["models", *map(str, words)], **kind)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """An own style with everything a trained model says of itself."""
    monkeypatch.setenv("MUSICGAN_STYLES", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    changes = {
        "music": {"pieces": 31, "held_out": 4},
        "metrics": METRICS,
        "options": {"hidden": 16, "grid": None, "style": "mine"},
        "steps": {"likelihood": 700},
        "licence": "CC0",
    }
    path = tmp_path / "mine.safetensors"
    save_model(tiny_model(choir_codec(), single=True, changes=changes), path)
    return path


def test_all_models_are_listed_with_what_tells_them_apart(mine):
    found = run()
    assert found.exit_code == 0, found.output
    for style in bundled_styles():
        assert f" {style} " in found.output
    [line] = [line for line in found.output.splitlines() if " mine " in line]
    size = f"{mine.stat().st_size / 1e6:.1f} MB"
    assert all(said in line for said in (size, "31 pieces", "CC0", "1.625"))
    assert found.output.splitlines()[-1] == f"your own: {mine.parent}"


def test_one_model_says_what_it_is(mine):
    by_name, by_file = run("show", "mine"), run("show", mine)
    assert by_name.output == by_file.output
    for said in (
        "31 pieces", "soprano (40-80), alto (40-80)", "4 steps a beat, 1 velocities",
        "1.625 nats a note", "likelihood 700", "hidden 16",
    ):  # fmt: skip
        assert said in by_name.output
    assert json.loads(run("show", "mine", "--json").output)["metrics"] == METRICS


def test_models_that_cannot_be_told_of_hide_no_other_and_are_refused_in_one_line(mine):
    model = load_model(mine)
    odd = {
        "uncounted": {"music": {"held_out": 1}},
        "unmeasured": {"metrics": {"likelihood": {"nll": None}}},
        "unsized": {"config": {}},
        "mute": {"codec": {}},
        "deep": {"music": json.loads("[" * 900 + "]" * 900)},
    }
    for name, changes in odd.items():
        metadata = {**model.metadata, **changes}
        save_model(replace(model, metadata=metadata), mine.with_name(f"{name}.safetensors"))
    found = run()
    assert found.exit_code == 0, found.output
    assert " mine " in found.output
    assert not {"uncounted", "unmeasured", "deep"} & set(found.output.split())
    for command, name in (("show", "uncounted"), ("show", "unmeasured"), ("show", "mute"),
                          ("export", "unsized")):  # fmt: skip
        out = ("--out", mine.with_name("out")) if command == "export" else ()
        refused = run(command, name, *out)
        assert refused.exit_code == 1
        assert re.fullmatch("Error: .*description is damaged.*\n", refused.stderr)


@pytest.mark.parametrize("style", bundled_styles())
def test_every_bundled_model_can_be_shown(style):
    found = run("show", style)
    assert found.exit_code == 0, found.output
    assert "nats a note" in found.output and "licence" in found.output


def test_an_own_model_is_removed_when_that_is_confirmed(mine):
    assert run("remove", "mine", input="n\n").exit_code == 1
    assert mine.exists()
    gone = run("remove", "mine", "--yes")
    assert (gone.exit_code, gone.output) == (0, f"deleted {mine}\n")
    assert not mine.exists()
    unknown = run("remove", "mine")
    assert unknown.exit_code == 1
    assert "style 'mine': there are none yet" in unknown.output


def test_a_bundled_model_stays(mine):
    found = run("remove", "chorale", "--yes")
    assert found.exit_code == 1
    assert "style 'chorale' comes with musicgan" in found.output


def test_a_model_is_exported_with_an_example(mine, tmp_path):
    found = run("export", "mine", "--out", tmp_path / "graphs")
    assert found.exit_code == 0, found.output
    assert (tmp_path / "graphs" / "step.onnx").is_file()
    example = f"python {tmp_path / 'graphs' / 'example.py'} {mine} song.mid"
    assert found.output.splitlines()[-1] == f"play a song by it: {example}"


def test_an_unfinished_training_is_removed_when_that_is_confirmed_and_nobody_is_at_it(mine):
    mine.unlink()
    training = mine.with_name(mine.name + ".run")
    with alone_in(training):
        (training / "checkpoint.safetensors").write_bytes(b"hours of work")
        busy = run("remove", "mine", "--yes")
    assert busy.exit_code == 1
    assert "another run is at work there" in busy.output
    assert run("remove", "mine", input="n\n").exit_code == 1
    assert training.exists()
    assert run("remove", "mine", input="y\n").exit_code == 0
    assert not training.exists()
