"""How long an update takes, told once two of them were seen."""

from musicgan.train.pace import WARM_UP_STEPS, Pace


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
