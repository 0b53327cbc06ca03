"""How far beside the grid music is played, in milliseconds."""

import numpy as np
import pytest

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.measures import MEASURES
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.timing import late_ms, mean_off_ms, shared_timing
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Score, Tempo, Track

from .making import choir

NAMED = {measure.name: measure for measure in MEASURES}


def played(seed, spread_ms, mean_ms=0.0, us_per_beat=500_000):
    """A choir whose singers are early and late by so much; 480 ticks a beat."""
    score, rng = choir(seed), np.random.default_rng(seed)
    notes = score.notes.copy()
    late_tick = rng.normal(mean_ms, spread_ms, len(notes)) * 480_000 / us_per_beat
    notes["onset_tick"] = np.maximum(0, notes["onset_tick"] + 480 + np.rint(late_tick))
    return Score(sort_notes(notes), score.tracks, (Tempo(0, us_per_beat),))


def of(*scores):
    names = [str(number) for number in range(len(scores))]
    return MusicSet.of(names, scores, EventsCodec(4, [("a", 52, False)] * 4))


@pytest.mark.parametrize(("us_per_beat", "late"), [(500_000, [25, -12.5]), (1_000_000, [50, -25])])
def test_early_and_late_by_hand(us_per_beat, late):
    """At 120 beats a minute a tick of 480 is 25 / 24 ms."""
    notes = np.array([(24, 480, 60, 80, 0), (468, 480, 62, 80, 0)], NOTE)
    score = Score(notes, (Track(),), (Tempo(0, us_per_beat),))
    assert late_ms(score, 4).tolist() == pytest.approx(late)


def test_on_the_grid_nothing_is_off_it():
    assert mean_off_ms([late_ms(choir(seed), 4) for seed in range(3)]) == 0
    assert mean_off_ms([np.zeros(0)]) is None
    assert late_ms(Score(choir(0).notes[:0]), 4).size == 0


def test_the_mean_distance_is_that_of_the_players():
    """Of a normal distribution of 10 ms it is 8 ms."""
    found = NAMED["off_grid_ms"].of(of(played(0, 10), played(1, 10)), of(choir(0)), None)
    assert found == pytest.approx(8.0, abs=1.0)
    slow = NAMED["off_grid_ms"].of(of(played(2, 10, us_per_beat=800_000)), of(choir(0)), None)
    assert slow == pytest.approx(8.0, abs=1.0)


def test_alike_is_alike_and_late_is_not_early():
    timing, real = NAMED["timing_overlap"].of, of(*(played(seed, 10) for seed in range(4)))
    alike = of(*(played(seed, 10) for seed in range(4, 8)))
    late = of(*(played(seed, 10, 40) for seed in range(4)))
    assert timing(alike, real, None) > 0.9
    assert timing(late, real, None) < 0.1
    assert timing(of(choir(0)), real, None) < 0.3
    assert timing(real, real, None) == pytest.approx(1)
    assert shared_timing([np.zeros(0)], [np.zeros(3)]) is None


def test_a_part_of_a_set_has_the_timing_of_its_pieces():
    whole = of(played(0, 10), choir(1), played(2, 5))
    part = whole.take(np.array([2, 1]))
    assert [late.tolist() for late in part.late_ms] == [
        whole.late_ms[2].tolist(), whole.late_ms[1].tolist()
    ]  # fmt: skip
