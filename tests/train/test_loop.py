"""The loop: phases in turn, selection, budgets, signals; with a phase that only counts."""

import os
import signal
from types import SimpleNamespace

import pytest
import torch

from musicgan.errors import CheckpointError
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.loop import PLANNING_STEPS, Interrupted, Loop
from musicgan.train.phase import Ease


class Counter:
    """A phase whose one weight counts its steps; scores are given, a step moves the clock."""

    share = 1.0
    ease = Ease()

    def __init__(
        self, name="count", max_steps=6, eval_steps=2, patience=0, scores=None, clock=None,
        step_sec=0.0,
    ):  # fmt: skip
        self.name, self.max_steps, self.eval_steps = name, max_steps, eval_steps
        self.patience, self.scores = patience, scores
        self.clock, self.step_sec, self.first_sec = clock, step_sec, []
        self.weight = torch.zeros(1)
        self.begun, self.evaluated, self.progress = 0, 0, []

    def begin(self):
        self.begun += 1

    def step(self, progress):
        if self.clock is not None:
            self.clock.now_sec += self.first_sec.pop() if self.first_sec else self.step_sec
        self.weight += 1
        self.progress.append(progress)
        return {"weight": float(self.weight)}

    def evaluate(self):
        score = self.scores[self.evaluated] if self.scores else -float(self.weight)
        self.evaluated += 1
        return {"score": score, "weight": float(self.weight)}

    def state(self):
        return {"weight": self.weight, "evaluated": self.evaluated}

    def load_state(self, state):
        self.weight.copy_(state["weight"])
        self.evaluated = state["evaluated"]

    def selected(self):
        return {"weight": self.weight}  # live, as a module's state_dict is

    def restore(self, selected):
        self.weight.copy_(selected["weight"])


class Seen:
    """An observer that remembers, and may do something at one step."""

    def __init__(self, at=None, act=lambda: None):
        self.steps, self.evaluations, self.at, self.act = [], [], at, act

    def on_step(self, phase, step, max_steps, figures):
        self.steps.append((phase, step, max_steps, figures))
        if self.at == (phase, step):
            self.act()

    def on_evaluation(self, phase, step, figures):
        self.evaluations.append((phase.name, step, figures["score"]))


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


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the phases' steps move."""
    clock = SimpleNamespace(now_sec=0.0)
    fake = SimpleNamespace(monotonic=lambda: clock.now_sec, time=lambda: clock.now_sec)
    monkeypatch.setattr("musicgan.train.loop.time", fake)
    return clock


def test_a_budget_plans_the_steps_from_their_speed(path, clock):
    seen = Seen()
    phases = [Counter(n, 10_000, 1000, clock=clock, step_sec=0.5) for n in ("one", "two")]
    Loop(phases, path, {}, [seen], minutes=1).run()
    # After 8 steps 56 s are left, half of them its own: 0.95 x 28 / 0.5 = 53 more steps.
    # Then 8 steps at 30.5 s leave 25.5 s: 48 more.
    assert [len(p.progress) for p in phases] == [61, 56]
    assert 57 < clock.now_sec < 60
    for phase in phases:
        # Schedules end when the time does.
        assert phase.progress[PLANNING_STEPS - 1] == 0
        assert phase.progress[-1] > 0.9
        assert phase.progress == sorted(phase.progress)
    planned = {of for name, step, of, _ in seen.steps if name == "one" and step > PLANNING_STEPS}
    assert planned == {61}


def test_phases_get_the_shares_they_ask_for(path, clock):
    phases = [Counter(n, 10_000, 1000, clock=clock, step_sec=0.01) for n in ("one", "two")]
    phases[0].share = 3.0
    Loop(phases, path, {}, minutes=1).run()
    one, two = (len(phase.progress) / 100 for phase in phases)
    # A twentieth is set aside for evaluations, and what nobody used of it goes to the last.
    assert one == pytest.approx(0.95 * 45, abs=0.1)
    assert two == pytest.approx(0.95 * (60 - one), abs=0.1)


def test_the_slow_first_updates_do_not_count(path, clock):
    phase = Counter(max_steps=10_000, eval_steps=1000, clock=clock, step_sec=0.5)
    phase.first_sec = [5.0, 5.0]
    Loop([phase], path, {}, minutes=1).run()
    assert len(phase.progress) == 8 + int(0.95 * 47 / 0.5)


@pytest.mark.parametrize("minutes", [1, 2, 10])
def test_updates_that_meet_new_music_do_not_end_a_run_early(path, clock, minutes):
    """Each of the first ten takes three times as long; of the time a twentieth is left."""
    phase = Counter(max_steps=100_000, eval_steps=1000, clock=clock, step_sec=0.5)
    phase.first_sec = [1.5] * 10
    Loop([phase], path, {}, minutes=minutes).run()
    assert 0.93 * 60 * minutes < clock.now_sec <= 60 * minutes
    assert phase.progress[-1] > 0.9


def test_a_plan_of_few_updates_is_looked_at_again_before_it_ends(path, clock):
    """By the first eight there is time for four more; those take no time, and so there is more."""
    phase = Counter(max_steps=10_000, eval_steps=1000, clock=clock, step_sec=0.1)
    phase.first_sec = [2.0] * 8
    Loop([phase], path, {}, minutes=0.4).run()
    assert len(phase.progress) > 50
    assert 0.93 * 24 < clock.now_sec <= 24


def test_resumed_before_the_second_look_it_still_keeps_to_the_time(path, clock):
    interrupted(
        path, [Counter(max_steps=10_000, clock=clock, step_sec=0.5)], ("count", 12), minutes=2
    )
    assert clock.now_sec == 6
    again = Counter(max_steps=10_000, eval_steps=1000, clock=clock, step_sec=2.0)
    loop = Loop([again], path, {"options": "a"}, minutes=2)
    loop.resume()
    loop.run()
    assert 0.93 * 120 < clock.now_sec <= 120


def test_a_checkpoint_of_before_the_second_look_keeps_its_plan(path, clock):
    interrupted(
        path, [Counter(max_steps=1000, clock=clock, step_sec=0.5)], ("count", 12), minutes=1
    )
    state = load_checkpoint(path)
    planned = state["progress"]["planned"]
    for name in ("is_sure", "until_sec"):
        del state["progress"][name]
    save_checkpoint(state, path)
    again = Counter(max_steps=1000, clock=clock, step_sec=7.0)
    loop = Loop([again], path, {"options": "a"}, minutes=1)
    loop.resume()
    loop.run()
    assert len(again.progress) == planned - 12


@pytest.mark.parametrize("max_steps", [3, PLANNING_STEPS, 12])
def test_a_budget_never_takes_a_phase_beyond_its_steps(path, max_steps):
    phase = Counter(max_steps=max_steps)
    Loop([phase], path, {}, minutes=5).run()
    assert len(phase.progress) == max_steps


def test_a_spent_budget_still_gives_every_phase_a_few_steps(path, clock):
    phases = [Counter(n, 100, clock=clock, step_sec=9.0) for n in ("one", "two")]
    Loop(phases, path, {}, minutes=0.1).run()
    assert [len(p.progress) for p in phases] == [PLANNING_STEPS + 1] * 2


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


def interrupted(path, phases, at, minutes=None):
    """Run until the step `at`, as a signal would have it."""
    loop = Loop(phases, path, {"options": "a"}, minutes=minutes)
    loop.observers = [Seen(at, lambda: setattr(loop, "_stop", True))]
    with pytest.raises(Interrupted):
        loop.run()


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


def test_what_was_spent_before_the_first_step_is_part_of_the_budget(path, clock):
    phase = Counter(max_steps=10_000, clock=clock, step_sec=0.5)
    Loop([phase], path, {}, minutes=1, spent_sec=20).run()
    assert len(phase.progress) == 8 + int(0.95 * 36 / 0.5)


def test_long_evaluations_are_part_of_the_plan_of_later_phases(path, clock):
    """Each takes as long as twenty steps: half the time of a phase that has one every 20."""

    class Slow(Counter):
        def evaluate(self):
            clock.now_sec += 10.0
            return super().evaluate()

    first = Slow("first", max_steps=1, clock=clock, step_sec=0.5)
    second = Slow("second", max_steps=10_000, eval_steps=20, clock=clock, step_sec=0.5)
    Loop([first, second], path, {}, minutes=10).run()
    assert 0.95 * 600 < clock.now_sec <= 600
    assert len(second.progress) > 500


def test_a_plan_made_before_an_interruption_is_kept(path, clock):
    phase = Counter(max_steps=1000, clock=clock, step_sec=0.5)
    interrupted(path, [phase], ("count", 30), minutes=1)
    assert load_checkpoint(path)["progress"]["planned"] == 8 + int(0.95 * 56 / 0.5)
    again = Counter(max_steps=1000, clock=clock, step_sec=7.0)
    loop = Loop([again], path, {"options": "a"}, minutes=1)
    loop.resume()
    loop.run()
    assert len(again.progress) == 8 + 106 - 30


def test_a_run_begun_with_a_budget_resumes_without_one(path):
    interrupted(path, [Counter(max_steps=30)], ("count", 3), minutes=5)
    again = Counter(max_steps=30)
    loop = Loop([again], path, {"options": "a"})
    loop.resume()
    loop.run()
    assert len(again.progress) == 27


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
