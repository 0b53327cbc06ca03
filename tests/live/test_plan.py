"""Bars in ticks and voices on channels."""

from dataclasses import replace

import pytest

from musicgan.codecs.stream import Sounded
from musicgan.compose.bars import Bar
from musicgan.live.plan import PlannedBar, PlannedNote, plan_bar, ticks_per_beat
from musicgan.midifile.write import usual_channels


@pytest.mark.parametrize(("grid", "ticks"), [(4, 480), (12, 480), (7, 3360), (1, 480)])
def test_a_step_is_a_whole_number_of_ticks(grid, ticks):
    assert ticks_per_beat(grid) == ticks


def test_a_bar_in_ticks():
    bar = Bar(1, 16, 16, (Sounded(18, 3, 60, 90, 1),), 16)
    assert plan_bar(bar, 4, (0, 5)) == PlannedBar(
        1, 1920, 1920, (PlannedNote(2160, 2520, 1, 5, 60, 90),), 1920
    )


def test_late_and_early_notes_are_so_but_not_before_their_bar():
    """Steps of 120 ticks in 8 parts of 15."""
    notes = [(16, -4, 60), (18, 3, 61), (19, -2, 62), (19, 1, 63)]
    sounded = tuple(Sounded(step, 2, pitch, 90, 0, late) for step, late, pitch in notes)
    planned = plan_bar(Bar(1, 16, 16, sounded, 16), 4, (0,), fine=8)
    assert [(n.on_tick, n.off_tick) for n in planned.notes] == [
        (1920, 2160), (2205, 2400), (2250, 2520), (2295, 2520)
    ]  # fmt: skip


def test_notes_are_in_order_of_onset_when_one_is_early_and_one_late():
    sounded = (Sounded(1, 2, 60, 90, 0, 3), Sounded(1, 2, 64, 90, 0, -4))
    planned = plan_bar(Bar(0, 0, 16, sounded, 0), 4, (0,), fine=8)
    assert [(n.on_tick, n.pitch) for n in planned.notes] == [(60, 64), (165, 60)]


def test_the_rest_of_a_bar_follows_what_stands_of_it():
    def note(tick, pitch):
        return PlannedNote(tick, tick + 100, 0, 0, pitch, 80)

    whole = PlannedBar(1, 1920, 1920, (note(1920, 60), note(2880, 61), note(3000, 62)), 1920)
    rest = PlannedBar(1, 1920, 1920, (note(2880, 70),), 2880)
    assert whole.followed_by(rest) == replace(whole, notes=(note(1920, 60), note(2880, 70)))
    assert rest.moved(2) == PlannedBar(3, 5760, 1920, (note(6720, 70),), 6720)


def test_drums_are_on_channel_10_and_nothing_else_is():
    assert usual_channels([False, True, False]) == (0, 9, 1)
    many = usual_channels([False] * 20)
    assert 9 not in many and many[9] == 10 and many[15:17] == (0, 1)
