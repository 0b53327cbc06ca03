"""How long an update takes, told once two of them were seen, and what there is time for."""

from musicgan.train.pace import PLANNING_STEPS, WARM_UP_STEPS, Pace, affordable, next_look


def test_an_update_takes_what_those_between_two_looks_took():
    pace = Pace(step=0)
    seen = [pace.each_sec(2, 8, step, now_sec=10 + 3 * step) for step in range(9)]
    assert seen == [None] * 8 + [3]
    # The next look begins anew.
    assert pace.each_sec(10, 12, 10, 50) is None
    assert pace.each_sec(10, 12, 12, 54) == 2


def test_a_resumed_run_warms_up_again():
    pace = Pace(step=100)
    assert [pace.each_sec(0, 0, step, float(step)) for step in (100, 101, 102, 103)] == [
        None, None, None, 1
    ]  # fmt: skip
    assert WARM_UP_STEPS == 2


def test_a_plan_is_looked_at_after_a_fifth_half_and_four_fifths_of_it():
    assert next_look(0, 0) == (WARM_UP_STEPS, PLANNING_STEPS)
    seen = [next_look(step, 1000) for step in (9, 200, 201, 501, 801)]
    assert seen == [(100, 200), (100, 200), (400, 500), (700, 800), (901, 1001)]
    # Not after a handful of updates; of few, once, at the end of very few.
    assert [next_look(9, few) for few in (100, 30, 12)] == [(14, 24), (16, 24), (4, 12)]
    assert next_look(25, 30) == (23, 31)


def test_a_short_run_has_time_for_a_part_of_it():
    assert [affordable(100, 5, minutes, 20) for minutes in (None, 60, 20, 10, 0.1)] == [
        100, 100, 100, 50, 5
    ]  # fmt: skip
    assert affordable(3, 5, 0.1, 20) == 3
