"""Sides made comparable: grid, voices and windows from the real ones, the same for all."""

import numpy as np
import pytest

from musicgan.errors import EvaluateError
from musicgan.evaluate.compare import compare
from musicgan.evaluate.side import Side, hear
from musicgan.notes import NOTE
from musicgan.score import Score, Track

from .making import choir, one_track


def side(*scores):
    return Side([hear(f"{i}", score) for i, score in enumerate(scores)], {})


REAL = side(*(choir(seed) for seed in range(3)))


def test_windows_come_from_all_pieces_with_their_names():
    found = compare(side(choir(7), choir(8, beats=80)), REAL)
    assert found.length == 128
    assert found.generated.names == ["0", "1"]
    assert [len(window) for window in found.generated.windows] == [128, 128, 128]
    assert found.generated.piece.tolist() == [0, 1, 1]
    assert found.generated.codec == found.real.codec
    assert len(found.real.codec.slots) == 4
    assert found.training is None
    assert list(found.sides) == ["generated", "real"]


def test_another_resolution_is_the_same_music():
    fine = choir(7)
    notes = fine.notes.copy()
    notes["onset_tick"] *= 2
    notes["duration_tick"] *= 2
    twice = Score(notes, fine.tracks, ticks_per_beat=960)
    found = compare(side(fine, twice), REAL)
    assert np.array_equal(found.generated.rows[0], found.generated.rows[1])


def test_one_merged_track_is_compared_with_the_real_tracks_merged():
    music = [choir(seed) for seed in range(7, 9)]
    merged = compare(side(*map(one_track, music)), REAL)
    asked = compare(side(*music), REAL, merge=True)
    assert merged.is_merged
    assert asked.is_merged
    for one, other in zip(merged.generated.rows, asked.generated.rows, strict=True):
        assert np.array_equal(one, other)
    assert all((rows[:, 1] == 0).all() for rows in merged.real.rows)


def test_short_pieces_shorten_the_windows_of_every_side():
    found = compare(side(choir(7, beats=10), choir(8, beats=10)), REAL)
    assert found.length == 40
    assert {len(window) for window in found.real.windows} == {40}
    assert "Windows have 40 notes" in found.remarks[0]


def test_pieces_of_a_few_notes_are_left_out_by_name():
    found = compare(side(choir(7), choir(8), choir(9, beats=3)), REAL)
    assert found.generated.names == ["0", "1"]
    assert found.unusable["generated"] == {"2": "only 12 notes that count, of 16 needed"}


def test_one_piece_is_too_few():
    with pytest.raises(EvaluateError, match=r"1 generated pieces can be used.*give at least 2"):
        compare(side(choir(7)), REAL)


def test_drums_that_the_real_pieces_lack_are_left_out_and_said():
    tune = choir(7)
    drum = np.array([(0, 100, 36, 90, 4)], NOTE)
    beaten = Score(np.concatenate([drum, tune.notes]), (*tune.tracks, Track("kit", 0, True)))
    found = compare(side(beaten, choir(8)), REAL)
    assert len(found.generated.rows[0]) == len(tune)
    assert any(remark.startswith("Drums in the generated pieces") for remark in found.remarks)


def test_a_free_performance_is_said():
    tune = choir(7)
    notes = tune.notes.copy()
    notes["onset_tick"] += 37
    found = compare(side(tune.with_notes(notes), tune.with_notes(notes)), REAL)
    assert any("100% of the generated notes begin off the grid" in r for r in found.remarks)


def test_the_same_music_on_two_sides_is_found_exactly_and_in_another_key():
    training = side(choir(20), choir(21, beats=80))
    found = compare(side(choir(20), choir(21, beats=80).transposed(3)), REAL, training)
    exact, near = found.same
    assert (exact.name, exact.other_side, exact.other, exact.is_exact) == (
        "0",
        "training",
        "0",
        True,
    )
    assert (near.name, near.other, near.is_exact) == ("1", "1", False)
    assert near.likeness == 1.0


def test_copies_among_the_real_count_once_and_among_the_generated_as_often_as_they_are():
    found = compare(side(choir(7), choir(7)), side(choir(0), choir(1), choir(0)))
    assert found.generated.names == ["0", "1"]
    assert found.real.names == ["0", "1"]
    assert found.unusable["real"] == {"2": "the same music as 0"}
