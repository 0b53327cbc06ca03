"""Bars in ticks and voices on channels."""

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
        1, 1920, 1920, (PlannedNote(2160, 2520, 5, 60, 90),)
    )
    assert plan_bar(bar, 4, (0, 5)).end_tick == 3840


def test_drums_are_on_channel_10_and_nothing_else_is():
    assert usual_channels([False, True, False]) == (0, 9, 1)
    many = usual_channels([False] * 20)
    assert 9 not in many and many[9] == 10 and many[15:17] == (0, 1)
