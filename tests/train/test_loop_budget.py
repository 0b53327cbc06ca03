"""The loop within a budget: as many updates as there is time for, planned early and kept to."""

from types import SimpleNamespace

import pytest

from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.loop import Loop
from musicgan.train.pace import PLANNING_STEPS

from .counting import Counter, Seen, interrupted


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "checkpoint.safetensors"


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
    # Half of 60 s are the first one's: 0.95 x 30 / 0.5 = 57 steps; 31.5 s are left to the other.
    assert [len(p.progress) for p in phases] == [57, 59]
    assert 57 < clock.now_sec < 60
    for phase in phases:
        # Schedules end when the time does.
        assert phase.progress[PLANNING_STEPS - 1] == 0
        assert phase.progress[-1] > 0.9
        assert phase.progress == sorted(phase.progress)
    planned = {of for name, step, of, _ in seen.steps if name == "one" and step > PLANNING_STEPS}
    assert planned == {57}


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
    assert len(phase.progress) == 8 + int((0.95 * 60 - 13) / 0.5)


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


def test_a_spent_budget_still_gives_the_first_phase_a_step(path, clock):
    phase = Counter(max_steps=100, clock=clock, step_sec=9.0)
    Loop([phase], path, {}, minutes=0.1, spent_sec=60).run()
    assert len(phase.progress) == 1


def test_what_no_time_is_left_for_is_left_out_and_said_until_there_is_more(path, clock):
    def phases():
        return [Counter(n, 4, clock=clock, step_sec=9.0) for n in ("one", "two", "three")]

    first, seen = phases(), Seen()
    Loop(first, path, {}, [seen], minutes=0.1).run()
    assert [(p.begun, len(p.progress), p.evaluated) for p in first] == [
        (1, 1, 1), (0, 0, 0), (0, 0, 0)
    ]  # fmt: skip
    assert seen.troubles == [
        "no time is left for what follows: two, three; the model does without. Give it more "
        "minutes, and --resume goes on there"
    ]
    for minutes, steps in ((0.1, [0, 0, 0]), (None, [0, 4, 4])):
        again = phases()
        loop = Loop(again, path, {}, minutes=minutes)
        loop.resume()
        assert loop.run().phase == (1 if minutes else 3)
        assert [len(p.progress) for p in again] == steps


def test_what_a_phase_begins_with_is_of_its_own_time(path, clock):
    """Its first lessons take 20 s: they come out of its 45 s, and leave the next one its own."""

    class Prepared(Counter):
        def begin(self):
            clock.now_sec += 20.0

    first = Prepared("first", 10_000, 1000, clock=clock, step_sec=0.5)
    last = Counter("last", 10_000, 1000, clock=clock, step_sec=0.5)
    first.share = 3.0
    Loop([first, last], path, {}, minutes=1).run()
    assert len(first.progress) == int((0.95 * 45 - 20) / 0.5)
    assert 0.95 * 60 < clock.now_sec <= 60


@pytest.mark.parametrize(("minutes", "steps"), [(0.2, 1), (0.5, 2), (1, 5)])
def test_a_phase_of_few_long_evaluations_ends_with_its_time(path, clock, minutes, steps):
    """Each takes 9 s, and so does that of where it begins; one more is made at the least."""

    class Slow(Counter):
        def evaluate(self):
            clock.now_sec += 9.0
            return super().evaluate()

    quick = Counter("quick", 1, clock=clock, step_sec=0.1)
    slow = Slow("slow", 5, eval_steps=1, clock=clock)
    Loop([quick, slow], path, {}, minutes=minutes).run()
    assert len(slow.progress) == steps
    assert clock.now_sec <= max(60 * minutes, 18.2)


class Speed(Seen):
    """From an update of `phase` on each takes so many seconds."""

    def __init__(self, phase, step, step_sec):
        super().__init__((phase.name, step), lambda: setattr(phase, "step_sec", step_sec))


def in_turn(clock, fewest, **settings):
    """Two phases; the first needs so many updates."""
    phases = [Counter(n, 10_000, 1000, clock=clock, step_sec=0.5, **settings) for n in "ab"]
    phases[0].fewest = fewest
    return phases


@pytest.mark.parametrize(
    ("fewest", "steps"), [(50, (57, 59)), (70, (70, 47)), (76, (76, 41)), (77, (114, 0))]
)
def test_a_budget_of_few_updates_is_all_the_first_phases(path, clock, fewest, steps):
    """A minute, a twentieth left out, affords 114 of half a second: half of them are its own.

    It may have up to two thirds, and all of them where it needs more.
    """
    phases, seen = in_turn(clock, fewest), Seen()
    Loop(phases, path, {}, [seen], minutes=1).run()
    assert tuple(len(phase.progress) for phase in phases) == steps
    assert [line.split(":")[1][:3] for line in seen.troubles] == ([] if steps[1] else [" b;"])
    assert 0.93 * 60 < clock.now_sec <= 60
    assert phases[0].progress[-1] > 0.9


def test_updates_that_are_slow_from_the_first_may_take_all_of_it_too(path, clock):
    phases = in_turn(clock, 300)
    phases[0].step_sec = 7.0  # eight of them are more than half of the minute
    Loop(phases, path, {}, minutes=1).run()
    assert [len(phase.progress) for phase in phases] == [8, 0]


def test_what_such_a_phase_does_not_need_is_the_others(path, clock):
    """It is at its best with its first evaluation, or has but so many updates."""
    best = in_turn(clock, 300, patience=2, scores=[1.0, 2.0, 3.0, *[4.0] * 9])
    for phase in best:
        phase.eval_steps = 10
    best[1].patience = 0
    few = in_turn(clock, 300)
    few[0].max_steps = 70
    for phases, steps in ((best, 30), (few, 70)):
        clock.now_sec = 0.0
        path.unlink(missing_ok=True)
        Loop(phases, path, {}, minutes=1).run()
        assert len(phases[0].progress) == steps
        assert len(phases[1].progress) == pytest.approx(0.9 * (119 - steps), abs=5)


def test_nor_what_is_left_where_it_was_quicker_than_planned(path, clock):
    """Other work on the machine ends after the last look at the plan."""
    phases = in_turn(clock, 300)
    Loop(phases, path, {}, [Speed(phases[0], 95, 0.25)], minutes=1).run()
    assert len(phases[0].progress) == 114
    assert len(phases[1].progress) == pytest.approx(0.95 * (60 - 95 / 2 - 19 / 4) / 0.5, abs=2)


def test_what_was_left_out_for_it_is_done_with_more_minutes(path, clock):
    Loop(in_turn(clock, 300), path, {}, minutes=1).run()

    def resumed(minutes):
        again = in_turn(clock, 300)
        loop = Loop(again, path, {}, minutes=minutes)
        loop.resume()
        loop.run()
        return [len(phase.progress) for phase in again]

    assert resumed(1) == [0, 0]
    first, second = resumed(3)
    assert first == 0 and second > 100


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


@pytest.mark.parametrize("step_sec", [0.48, 0.53])
def test_a_plan_that_would_hardly_miss_its_minutes_is_kept(path, clock, step_sec):
    """So an uninterrupted run on a machine that is about as fast is the resumed run, too."""
    phase = Counter(max_steps=1000, eval_steps=1000, clock=clock, step_sec=0.5)
    Loop([phase], path, {}, [Speed(phase, 30, step_sec)], minutes=1).run()
    assert len(phase.progress) == 8 + 106


@pytest.mark.parametrize("at", [300, 500, 700])
@pytest.mark.parametrize("step_sec", [0.25, 0.5, 0.75, 1.0])
def test_the_minutes_are_kept_on_a_machine_that_changes_its_speed(path, clock, at, step_sec):
    """Ten minutes afford 1,140 updates of half a second; the twentieth left out makes up."""
    phase = Counter(max_steps=10_000, eval_steps=1000, clock=clock, step_sec=0.5)
    Loop([phase], path, {}, [Speed(phase, at, step_sec)], minutes=10).run()
    assert 0.9 * 600 < clock.now_sec <= 600
    assert phase.progress[-1] > 0.9


def test_a_run_begun_with_a_budget_resumes_without_one(path):
    interrupted(path, [Counter(max_steps=30)], ("count", 3), minutes=5)
    again = Counter(max_steps=30)
    loop = Loop([again], path, {"options": "a"})
    loop.resume()
    loop.run()
    assert len(again.progress) == 27
