"""What is reported of a measure: its value, what real music scores in its place, how sure."""

import numpy as np
import pytest

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.measure import Measure, mean_of
from musicgan.evaluate.measures import HEADLINES, MEASURES
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.results import Result, evaluate_sets

CODEC = EventsCodec(grid=4)


def a_set(pieces, mean=60, seed=0):
    """One window a piece, of one pitch each: normal around `mean`, 4 semitones wide."""
    rng = np.random.default_rng(seed)
    rows = np.tile(np.array([1, 0, 60, 1, 0]), (16, 1))
    scores = []
    for _ in range(pieces):
        rows[:, 2] = np.clip(round(rng.normal(mean, 4)), 0, 127)
        scores.append(CODEC.decode(rows))
    return MusicSet.of([str(i) for i in range(pieces)], scores, CODEC)


def pitches(some):
    return np.array([float(rows[0, 2]) for rows in some.rows])


MEAN = Measure("mean", "mean", lambda some, real, training: pitches(some).mean(), most=127)
GAP = Measure(
    "gap", "gap", lambda some, real, training: abs(pitches(some).mean() - pitches(real).mean()),
    "lower", "real", most=np.inf,
)  # fmt: skip
COUNT = Measure(
    "count", "count", lambda some, real, training: len(some.windows), compares="real", most=np.inf
)
NOTHING = Measure("nothing", "nothing", lambda some, real, training: None)


def only(measure, *sets, **options):
    [result] = evaluate_sets(*sets, measures=[measure], **options)
    return result


def test_a_share_is_that_of_the_whole_sets():
    some, real = a_set(60, 60), a_set(80, 62, seed=1)
    result = only(MEAN, some, real)
    assert result.value == pitches(some).mean()
    assert result.real == pitches(real).mean()


@pytest.mark.parametrize("generated", [50, 200])
def test_the_spread_is_how_a_real_set_of_that_size_would_differ(generated):
    """From the real set of 200, both being drawn by chance."""
    result = only(MEAN, a_set(generated), a_set(200, seed=1), draws=200)
    assert result.sd == pytest.approx(4 * np.sqrt(1 / generated + 1 / 200), rel=0.15)
    low, high = result.spread
    assert high - low == pytest.approx(2 * 1.645 * result.sd, rel=0.2)


def test_training_pieces_drawn_from_few_vary_as_if_drawn_from_many():
    mean = Measure("mean", "mean", MEAN.of, compares="real", most=127)
    for generated in (20, 100):
        result = only(mean, a_set(generated), a_set(50, seed=1), a_set(200, seed=2), draws=200)
        assert result.sd == pytest.approx(4 / np.sqrt(generated), rel=0.15)


def test_the_interval_is_what_new_sets_of_that_size_would_vary_by():
    result = only(MEAN, a_set(200), a_set(200, seed=1), draws=200)
    low, high = result.interval
    assert high - low == pytest.approx(2 * 1.645 * 4 / np.sqrt(200), rel=0.15)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    hits = 0
    for seed in range(40):
        low, high = only(MEAN, a_set(40, seed=seed), a_set(4, seed=99)).interval
        hits += low <= 60 <= high
    assert 31 <= hits <= 40


def test_music_like_the_real_set_is_at_the_floor_and_other_music_is_not():
    real = a_set(80, seed=1)
    assert only(MEAN, a_set(80, seed=2), real).at_floor
    assert not only(MEAN, a_set(80, 66, seed=2), real).at_floor
    assert not only(MEAN, a_set(80, 54, seed=2), real).at_floor
    assert only(GAP, a_set(80, seed=2), real).at_floor
    assert not only(GAP, a_set(80, 66, seed=2), real).at_floor


def test_training_pieces_are_the_real_music_in_the_generated_sets_place():
    real, training = a_set(60, 60, seed=1), a_set(80, 66, seed=3)
    result = only(GAP, a_set(60, 60, seed=2), real, training)
    assert result.real == pytest.approx(6, abs=1.5)
    assert result.value < 2


@pytest.mark.parametrize("training", [None, 40], ids=["no training pieces", "40"])
@pytest.mark.parametrize("generated", [10, 60])
def test_real_music_is_measured_in_sets_of_the_generated_sets_size(generated, training):
    known = None if training is None else a_set(training, seed=3)
    result = only(COUNT, a_set(generated, seed=2), a_set(40, seed=1), known)
    assert result.value == result.real == min(generated, 20)


def test_the_same_seed_gives_the_same_figures():
    some, real = a_set(30), a_set(30, seed=1)
    assert only(GAP, some, real, seed=3) == only(GAP, some, real, seed=3)
    assert only(GAP, some, real, seed=3) != only(GAP, some, real, seed=4)


def test_where_there_is_nothing_to_measure_nothing_is_said():
    result = only(NOTHING, a_set(8), a_set(8, seed=1))
    assert result == Result(NOTHING, None, None, None, None, None)
    assert result.at_floor is None
    assert result.separation is None
    assert mean_of([]) is mean_of([np.nan]) is None


def test_no_interval_leaves_what_a_measure_can_be():
    share = Measure("share", "share", lambda some, real, _: (pitches(some) < 66).mean())
    result = only(share, a_set(12), a_set(12, seed=1))
    assert 0 <= result.interval[0] <= result.interval[1] <= 1
    assert 0 <= result.spread[0] <= result.spread[1] <= 1


def test_progress_tells_each_title():
    titles = []
    evaluate_sets(a_set(6), a_set(6, seed=1), measures=[MEAN, GAP], progress=titles.append)
    assert titles == ["mean", "gap"]


def test_every_measure_bears_tiny_sets():
    """Three pieces a side: a number or nothing, never an error."""
    for result in evaluate_sets(a_set(3), a_set(3, seed=1), a_set(3, seed=2), draws=3):
        assert result.value is None or np.isfinite(result.value), result.measure.name


def test_measures_have_names_of_their_own_and_say_what_they_are():
    names = [measure.name for measure in MEASURES]
    assert len(set(names)) == len(names)
    assert all(measure.note and measure.title for measure in MEASURES)
    assert all(measure.headline for measure in HEADLINES)
    assert not any(measure.headline for measure in MEASURES[len(HEADLINES) :])
