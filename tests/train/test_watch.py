"""Watching a training: what is kept of an evaluation, and when it warns."""

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from musicgan.midifile import read_midi
from musicgan.train import watch
from musicgan.train.watch import COLLAPSED_SHARE, SATURATED, Watch

from .making import tune

PHASE = SimpleNamespace(name="adversarial")


@pytest.fixture
def seen():
    return io.StringIO()


@pytest.fixture
def watching(tmp_path, seen):
    with Watch(tmp_path / "out.safetensors", console=Console(file=seen, width=200)) as made:
        yield made


def test_an_evaluation_is_logged_said_and_heard(watching, seen):
    watching.show_samples(lambda: tune(1))
    watching.on_evaluation(PHASE, 25, {"nll": 1.5, "frechet": 12.25, "score": 12.25})
    assert seen.getvalue() == "adversarial 25: nll 1.500  frechet 12.250\n"
    (line,) = (watching.folder / "log.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert (record["phase"], record["step"]) == ("adversarial", 25)
    assert record["held_out"] == {"nll": 1.5, "frechet": 12.25, "score": 12.25}
    assert read_midi(watching.folder / "adversarial-000025.mid").notes.size == tune(1).notes.size
    assert (watching.folder / "adversarial-000025.png").read_bytes()[:4] == b"\x89PNG"


def test_a_saturated_critic_is_warned_of_once(watching, seen):
    for accuracy in (SATURATED, SATURATED + 0.01, SATURATED + 0.02):
        watching.on_evaluation(PHASE, 1, {"critic_held_out_accuracy": accuracy})
        warnings = seen.getvalue().count("warning: the critic is saturated")
        assert warnings == (accuracy > SATURATED)


def test_falling_variety_is_warned_of_against_the_first_evaluation(watching, seen):
    for share, warned in ((1.0, 0), (COLLAPSED_SHARE + 0.01, 0), (COLLAPSED_SHARE - 0.01, 1)):
        watching.on_evaluation(PHASE, 1, {"distinct": 0.5 * share})
        assert seen.getvalue().count("warning: variety falls") == warned


def test_a_fresh_run_forgets_the_last_ones_log_and_a_resumed_one_does_not(tmp_path):
    out = tmp_path / "out.safetensors"
    for fresh, lines in ((True, 1), (False, 2), (True, 1)):
        with Watch(out, fresh=fresh, console=Console(file=io.StringIO())) as made:
            made.on_evaluation(PHASE, 1, {"nll": 1.0})
        assert len((made.folder / "log.jsonl").read_text().splitlines()) == lines


def test_on_a_terminal_a_bar_moves_for_files_and_for_updates(tmp_path, seen, monkeypatch):
    monkeypatch.setattr(watch.sys, "stderr", SimpleNamespace(isatty=lambda: True))
    console = Console(file=seen, force_terminal=True, width=120)
    with Watch(tmp_path / "out.safetensors", console=console) as made:
        made.on_file(3, 7)
        made.on_step("likelihood", 20, 40, {"train_nll": 2.5})
        tasks = {task.description: task for task in made._bar.tasks}
        assert (tasks["reading"].completed, tasks["reading"].total) == (3, 7)
        assert (tasks["likelihood"].completed, tasks["likelihood"].total) == (20, 40)
    assert "train_nll 2.500" in seen.getvalue()


def test_without_tensorboard_all_else_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "_tensorboard", lambda folder: None)
    with Watch(tmp_path / "out.safetensors", console=Console(file=io.StringIO())) as made:
        made.show_samples(lambda: tune(1))
        made.on_step("likelihood", 20, 40, {"train_nll": 2.5})
        made.on_evaluation(PHASE, 25, {"nll": 1.5})
    names = sorted(path.name for path in made.folder.iterdir())
    assert names == ["adversarial-000025.mid", "adversarial-000025.png", "log.jsonl"]
