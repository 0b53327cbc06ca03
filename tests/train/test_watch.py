"""Watching a training: what is kept of an evaluation, and when it warns."""

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from musicgan.errors import CheckpointError
from musicgan.midifile import read_midi
from musicgan.train import watch
from musicgan.train.alarms import COLLAPSED_SHARE, SATURATED
from musicgan.train.look import Samples
from musicgan.train.options import Options
from musicgan.train.watch import Watch

from .making import codec, tune

PHASE = SimpleNamespace(name="adversarial")


class Played:
    """A run that always plays the same song, to be seen beside two others."""

    options = Options(style="tests")
    codec = codec()

    def summary(self):
        return "two pieces"

    def samples(self, count, bars):
        return Samples([tune(1)] * count, [0.25] * len(tune(1)))

    def held_out(self, most):
        return [tune(2), tune(3)]


@pytest.fixture
def seen():
    return io.StringIO()


@pytest.fixture
def watching(tmp_path, seen):
    with Watch(tmp_path / "out.safetensors", Console(file=seen, width=80)) as made:
        made.begin(Played())
        yield made


def test_an_evaluation_is_logged_said_and_heard(watching, seen):
    watching.on_evaluation(PHASE, 25, {"nll": 1.5, "frechet": 12.25, "score": 12.25})
    assert seen.getvalue() == "adversarial 25: nll 1.500  frechet 12.250\n"
    (line,) = (watching.folder / "log.jsonl").read_text().splitlines()
    record = json.loads(line)
    assert (record["phase"], record["step"]) == ("adversarial", 25)
    assert record["held_out"] == {"nll": 1.5, "frechet": 12.25, "score": 12.25}
    assert read_midi(watching.folder / "adversarial-000025.mid").notes.size == tune(1).notes.size
    assert (watching.folder / "adversarial-000025.png").read_bytes()[:4] == b"\x89PNG"


def test_of_habits_that_are_tried_what_is_changed_is_said(watching, seen):
    tried = {"candidates": 4, "returns_times": 1.0, "parallels_times": 0.125, "frechet": 7.5}
    tried["tessitura"] = 0.0
    watching.on_evaluation(PHASE, 1, tried)
    said = "adversarial 1: candidates 4  parallels_times 0.125  frechet 7.500\n"
    assert seen.getvalue() == said


def test_a_saturated_critic_is_warned_of_once(watching, seen):
    for accuracy in (SATURATED, SATURATED + 0.01, SATURATED + 0.02):
        watching.on_evaluation(PHASE, 1, {"critic_held_out_accuracy": accuracy})
        warnings = seen.getvalue().count("warning: the critic is saturated")
        assert warnings == (accuracy > SATURATED)


def test_falling_variety_is_warned_of_against_the_first_evaluation(watching, seen):
    for share, warned in ((1.0, 0), (COLLAPSED_SHARE + 0.01, 0), (COLLAPSED_SHARE - 0.01, 1)):
        watching.on_evaluation(PHASE, 1, {"distinct": 0.5 * share})
        assert seen.getvalue().count("warning: variety falls") == warned


def test_variety_is_measured_against_the_first_evaluation_of_a_run_that_is_resumed(tmp_path, seen):
    with Watch(tmp_path / "out.safetensors", Console(file=seen)) as made:
        made.begin(Played(), [{"phase": "likelihood"}, {"distinct": 0.5}, {"distinct": 0.4}])
        made.on_evaluation(PHASE, 75, {"distinct": 0.5 * COLLAPSED_SHARE - 0.01})
    assert "warning: variety falls" in seen.getvalue()


def test_a_warning_is_one_line_however_narrow_the_console(watching, seen):
    watching.say("warning: " + "very " * 40 + "long")
    assert seen.getvalue().count("\n") == 1


def test_a_fresh_run_forgets_what_the_last_one_left_and_a_resumed_one_does_not(tmp_path):
    out, others = tmp_path / "out.safetensors", {"checkpoint.safetensors", "my notes-1.mid"}
    for step, history, steps in ((1, None, [1]), (2, [{"phase": ""}], [1, 2]), (3, None, [3])):
        with Watch(out, Console(file=io.StringIO())) as made:
            made.begin(Played(), history)
            for name in others:
                (made.folder / name).touch()
            made.on_evaluation(PHASE, step, {"nll": 1.0})
        records = map(json.loads, (made.folder / "log.jsonl").read_text().splitlines())
        assert [record["step"] for record in records] == steps
        names = {path.name for path in made.folder.iterdir()}
        events = {name for name in names if name.startswith("events.out.tfevents.")}
        assert len(events) == len(steps)
        samples = {f"adversarial-00000{step}.{kind}" for step in steps for kind in ("mid", "png")}
        assert names - events == samples | others | {"log.jsonl", "report.html", "report.json"}


def test_a_run_that_never_begins_leaves_nothing(tmp_path):
    with Watch(tmp_path / "out.safetensors", Console(file=io.StringIO())):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "out.safetensors.run").write_text("in the way")
    watching = Watch(tmp_path / "out.safetensors", Console(file=io.StringIO()))
    with pytest.raises(CheckpointError, match=r"out\.safetensors\.run: cannot be written"):
        watching.begin(Played())


def test_on_a_terminal_a_bar_moves_for_files_and_for_updates(tmp_path, seen, monkeypatch):
    monkeypatch.setattr(watch.sys, "stderr", SimpleNamespace(isatty=lambda: True))
    console = Console(file=seen, force_terminal=True, width=120)
    with Watch(tmp_path / "out.safetensors", console=console) as made:
        made.on_file(3, 7)
        made.begin(Played())
        made.on_step("likelihood", 20, 40, {"train_nll": 2.5})
        tasks = {task.description: task for task in made._bar.tasks}
        assert (tasks["reading"].completed, tasks["reading"].total) == (3, 7)
        assert (tasks["likelihood"].completed, tasks["likelihood"].total) == (20, 40)
    assert "train_nll 2.500" in seen.getvalue()


def test_without_tensorboard_all_else_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "_tensorboard", lambda folder: None)
    with Watch(tmp_path / "out.safetensors", console=Console(file=io.StringIO())) as made:
        made.begin(Played())
        made.on_step("likelihood", 20, 40, {"train_nll": 2.5})
        made.on_evaluation(PHASE, 25, {"nll": 1.5})
    names = sorted(path.name for path in made.folder.iterdir())
    assert names == [
        "adversarial-000025.mid", "adversarial-000025.png", "log.jsonl", "report.html",
        "report.json",
    ]  # fmt: skip


def test_a_full_disk_is_one_warning_and_the_training_goes_on(watching, seen, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("musicgan.train.log_file.LogFile._write", full)
    for step in (20, 40):
        watching.on_step("adversarial", step, 100, {"loss": 1.0})
        watching.on_evaluation(PHASE, step, {"nll": 1.0})
    assert seen.getvalue().count("logs and samples cannot be written") == 1
    assert "No space left on device" in seen.getvalue().replace("\n", " ")


def test_a_trouble_is_said_and_written_down(watching, seen):
    watching.on_trouble("out of memory: going on with 1/2 of the batch")
    assert seen.getvalue() == "warning: out of memory: going on with 1/2 of the batch\n"
    (line,) = (watching.folder / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["trouble"].startswith("out of memory")
