"""What is said when a training goes wrong, and when nothing is."""

from musicgan.train.alarms import (
    BY_HEART,
    COLLAPSE,
    COLLAPSED_SHARE,
    COPYING,
    DIVERGING,
    MEMORISING,
    MUCH_COPIED,
    SATURATED,
    SATURATION,
    WORSE,
    Alarms,
    is_by_heart,
)


def raised(*evaluations, phase="likelihood", history=()):
    """The alarms of evaluations, (figures, training loss) each, in turn."""
    alarms = Alarms(history)
    return [alarms.evaluated(phase, figures, loss) for figures, loss in evaluations]


def test_a_training_that_goes_well_raises_nothing():
    good = [({"nll": 3.0 - n / 10, "distinct": 0.9, "critic_held_out_accuracy": 0.9}, 3.0 - n / 9)
            for n in range(9)]  # fmt: skip
    assert raised(*good) == [[]] * 9


def test_a_saturated_critic_and_falling_variety_each_once():
    saturated, poor = {"critic_held_out_accuracy": SATURATED + 0.01}, 0.5 * COLLAPSED_SHARE - 0.01
    found = raised(
        ({"distinct": 0.5}, None), (saturated, None), ({"distinct": poor} | saturated, None),
        ({"distinct": poor}, None),
    )  # fmt: skip
    assert found == [[], [SATURATION], [COLLAPSE], []]


def test_a_likelihood_that_gets_lost_is_diverging():
    assert raised(({"nll": 2.0}, 2.0), ({"nll": 2.0 * WORSE - 0.01}, 2.0)) == [[], []]
    assert raised(({"nll": 2.0}, 2.0), ({"nll": 2.0 * WORSE + 0.01}, 2.0)) == [[], [DIVERGING]]


def test_held_out_music_that_gets_stranger_while_training_gets_on_is_memorising():
    rising = [({"nll": 2 + n / 100}, 2 - n / 10) for n in range(BY_HEART + 1)]
    assert raised(*rising)[-1] == [MEMORISING]
    assert raised(*rising[:-1])[-1] == []
    # Both get worse: that is something else.
    assert raised(*[(figures, 2.0) for figures, _ in rising])[-1] == []


def test_each_phase_is_measured_by_itself():
    alarms = Alarms()
    alarms.evaluated("likelihood", {"nll": 1.0}, 1.0)
    assert alarms.evaluated("adversarial", {"nll": 3.0}, 3.0) == []


def test_copies_are_measured_against_what_real_pieces_share():
    def figures(own, real):
        return {"copied": own, "copied_by_real": real}

    assert is_by_heart(figures(MUCH_COPIED + 0.01, 0.0))
    assert not is_by_heart(figures(MUCH_COPIED - 0.01, 0.0))
    assert is_by_heart(figures(0.81, 0.4)) and not is_by_heart(figures(0.79, 0.4))
    assert raised((figures(0.5, 0.01), None), phase="guidance") == [[COPYING]]


def test_a_resumed_run_says_nothing_twice():
    history = [{"phase": "adversarial", "distinct": 0.5, "critic_held_out_accuracy": 1.0}]
    [found] = raised(
        ({"distinct": 0.1, "critic_held_out_accuracy": 1.0}, None),
        phase="adversarial", history=history,
    )  # fmt: skip
    assert found == [COLLAPSE]
