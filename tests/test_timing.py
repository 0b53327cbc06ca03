"""Tick, beat, second, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.timing import bar_length_step, bpm_to_us, rescale_tick, tick_to_sec, us_to_bpm


@pytest.mark.parametrize(("bpm", "us"), [(120, 500_000), (60, 1_000_000), (96, 625_000)])
def test_a_tempo_is_microseconds_a_beat(bpm, us):
    assert bpm_to_us(bpm) == us
    assert us_to_bpm(us) == bpm


def test_ticks_go_to_the_nearest_and_halves_up():
    ticks = np.array([0, 59, 60, 61, 119, 120, 179, 180])
    assert rescale_tick(ticks, 480, 4).tolist() == [0, 0, 1, 1, 1, 1, 1, 2]


@given(st.integers(0, 1 << 40), st.sampled_from([1, 4, 6, 12]), st.sampled_from([24, 96, 480]))
def test_a_grid_point_stays_itself_at_any_distance(step, grid, ticks_per_beat):
    fine = rescale_tick(np.array([step]), grid, ticks_per_beat)
    if ticks_per_beat % grid == 0:
        assert fine[0] == step * (ticks_per_beat // grid)
    assert rescale_tick(fine, ticks_per_beat, grid).tolist() == [step]


@pytest.mark.parametrize(
    ("numerator", "denominator", "grid", "step"),
    [(4, 4, 4, 16), (3, 4, 4, 12), (6, 8, 4, 12), (2, 2, 12, 48), (5, 4, 6, 30), (1, 64, 4, 1)],
)
def test_a_bar_has_as_many_steps_as_its_metre_says(numerator, denominator, grid, step):
    assert bar_length_step(numerator, denominator, grid) == step


def test_seconds_run_through_the_tempo_map():
    # A beat at 60 bpm takes 1 s, two beats at 120 take 1 s, and then a beat takes 2 s.
    tempos = [(0, 1_000_000), (480, 500_000), (1440, 2_000_000)]
    ticks = np.array([0, 240, 480, 960, 1440, 1920])
    assert tick_to_sec(ticks, tempos, 480) == pytest.approx([0, 0.5, 1, 1.5, 2, 4])


def test_before_the_first_tempo_it_is_120():
    assert tick_to_sec(np.array([480, 960]), [], 480) == pytest.approx([0.5, 1])
    assert tick_to_sec(np.array([480, 960]), [(480, 1_000_000)], 480) == pytest.approx([0.5, 1.5])


def test_of_two_tempos_at_one_tick_the_last_holds():
    assert tick_to_sec(np.array([4]), [(0, 1_000_000), (0, 250_000)], 4) == pytest.approx([0.25])
