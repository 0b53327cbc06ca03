"""The loop: phases in turn, selection, signals, resuming; with a phase that only counts."""

import os
import signal

import pytest
import torch

from musicgan.errors import CheckpointError
from musicgan.train.checkpoint import load_checkpoint
from musicgan.train.loop import Interrupted, Loop

from .counting import Counter, Seen, interrupted


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "checkpoint.safetensors"


def test_phases_run_in_turn_and_observers_see_it(path):
    one, two, seen = Counter("one", 3), Counter("two", 2), Seen()
    progress = Loop([one, two], path, {}, [seen]).run()
    assert (one.begun, two.begun) == (1, 1)
    assert [s[:3] for s in seen.steps] == [
        ("one", 1, 3), ("one", 2, 3), ("one", 3, 3), ("two", 1, 2), ("two", 2, 2)
    ]  # fmt: skip
    assert seen.steps[1][3] == {"weight": 2}
    # The last step is always evaluated, once; and where a later phase starts.
    assert seen.evaluations == [("one", 2, -2), ("one", 3, -3), ("two", 0, 0), ("two", 2, -2)]
    steps = [(record["phase"], record["step"]) for record in progress.history]
    assert steps == [("one", 2), ("one", 3), ("two", 0), ("two", 2)]
    assert one.progress == [0, 1 / 3, 2 / 3]


def test_the_best_evaluation_is_what_stays(path):
    phase = Counter(max_steps=8, scores=[3, 1, 2, 1.5])
    Loop([phase], path, {}).run()
    assert phase.weight.item() == 4  # the second evaluation's, though four steps followed


def test_a_phase_ends_when_its_patience_does(path):
    phase = Counter(max_steps=100, patience=2, scores=[5, 4, 6, 3, 7, 8])
    Loop([phase], path, {}).run()
    assert len(phase.progress) == 12
    assert phase.weight.item() == 8


def test_patience_starts_anew_with_each_phase(path):
    phases = [Counter(n, max_steps=8, patience=2, scores=[1, 2, 3, 4]) for n in ("a", "b")]
    Loop(phases, path, {}).run()
    # The second one's first score is that of its start.
    assert [len(p.progress) for p in phases] == [6, 4]


def test_a_later_phase_that_makes_things_worse_is_undone(path):
    first, worse = Counter("first", max_steps=2), Counter("worse", max_steps=6, scores=[1, 2, 3, 4])
    worse.weight += 7
    progress = Loop([first, worse], path, {}).run()
    assert worse.weight.item() == 7
    assert progress.history[1] == {"phase": "worse", "step": 0, "score": 1, "weight": 7}


def test_a_score_that_is_no_number_is_never_the_best(path):
    phase = Counter(max_steps=6, scores=[float("nan"), 2.0, float("nan")])
    Loop([phase], path, {}).run()
    assert phase.weight.item() == 4


def test_a_phase_of_no_steps_is_passed_over(path):
    none, after = Counter("none", max_steps=0), Counter("after", max_steps=2)
    Loop([none, after], path, {}).run()
    assert (none.progress, len(after.progress)) == ([], 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops(path, number):
    before = signal.getsignal(number)
    phase = Counter(max_steps=6)
    seen = Seen(("count", 3), lambda: os.kill(os.getpid(), number))
    with pytest.raises(Interrupted, match="checkpoint"):
        Loop([phase], path, {}, [seen]).run()
    assert len(phase.progress) == 3
    assert load_checkpoint(path)["progress"]["step"] == 3
    assert signal.getsignal(number) is before


def test_a_second_signal_stops_at_once(path):
    def twice():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Loop([Counter()], path, {}, [Seen(("count", 3), twice)]).run()
    assert signal.getsignal(signal.SIGINT) is before


def phases_of_two():
    return [Counter("one", 5, scores=[2, 1, 3]), Counter("two", 7, scores=[9, 4, 6, 5, 7])]


@pytest.mark.parametrize(
    "at", [("one", 1), ("one", 2), ("one", 5), ("two", 1), ("two", 4), ("two", 7)]
)
def test_resuming_goes_on_where_it_stopped(path, at):
    whole, halves = phases_of_two(), phases_of_two()
    expected = Loop(whole, path, {"options": "a"}).run()
    path.unlink()
    interrupted(path, halves, at)
    again, seen = phases_of_two(), Seen()
    loop = Loop(again, path, {"options": "a"}, [seen])
    loop.resume()
    found = loop.run()
    assert [p.weight.item() for p in again] == [p.weight.item() for p in whole] == [4, 2]
    assert found.history == expected.history
    name, step = at
    assert len(seen.steps) == (12 - step if name == "one" else 7 - step)
    assert [p.begun + q.begun for p, q in zip(halves, again, strict=True)] == [1, 1]


def test_a_run_stopped_between_phases_begins_the_next_one_once(path):
    halves = phases_of_two()
    loop = Loop(halves, path, {})
    loop._run_phase(halves[0])
    again = phases_of_two()
    loop = Loop(again, path, {})
    loop.resume()
    loop.run()
    assert [p.begun for p in again] == [0, 1]
    assert [p.weight.item() for p in again] == [4, 2]


def test_a_finished_run_resumes_to_its_end_without_a_step(path):
    Loop(phases_of_two(), path, {}).run()
    again, seen = phases_of_two(), Seen()
    loop = Loop(again, path, {}, [seen])
    loop.resume()
    loop.run()
    assert seen.steps == []
    assert [p.weight.item() for p in again] == [4, 2]


@pytest.mark.parametrize("key", ["collection", "options"])
def test_another_run_may_not_resume_it(path, key):
    identity = {"collection": "a", "options": "b"}
    Loop([Counter()], path, identity).run()
    loop = Loop([Counter()], path, {**identity, key: "other"})
    with pytest.raises(CheckpointError, match=f"made with another {key}; resume with the same"):
        loop.resume()


def test_resuming_from_nothing(path):
    with pytest.raises(CheckpointError, match="there is no checkpoint to resume from"):
        Loop([Counter()], path, {}).resume()


def test_a_checkpoint_is_written_every_minute(path, monkeypatch):
    monkeypatch.setattr("musicgan.train.loop.CHECKPOINT_SEC", 0.0)
    steps = []
    seen = Seen()
    seen.on_step = lambda *args: steps.append(
        load_checkpoint(path)["progress"]["step"] if path.exists() else None
    )
    Loop([Counter(max_steps=3)], path, {}, [seen]).run()
    assert steps == [None, 1, 2]


def test_random_numbers_of_a_device_go_on_where_they_were(path, monkeypatch):
    """With a device that only keeps its random state."""
    device = {"rng": torch.tensor([1], dtype=torch.uint8)}
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [device["rng"]])
    monkeypatch.setattr(
        torch.cuda, "set_rng_state_all", lambda states: device.update(rng=states[0])
    )
    loop = Loop([Counter(max_steps=4)], path, {})
    loop._stop = True  # as ctrl-C leaves it
    with pytest.raises(Interrupted):
        loop.run()
    device["rng"] = torch.tensor([9], dtype=torch.uint8)
    Loop([Counter(max_steps=4)], path, {}).resume()
    assert device["rng"].tolist() == [1]
