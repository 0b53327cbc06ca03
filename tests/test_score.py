"""The normal form of a score and what transposing keeps."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.notes import NOTE, sort_notes, to_columns
from musicgan.score import Key, Metre, Score, Tempo, Track, pitch_name

PIANO = Track("piano")
DRUMS = Track("drums", 0, True)

notes = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.integers(0, 2000),
        st.integers(58, 62) | st.integers(0, 127),
        st.integers(1, 127),
        st.integers(0, 1),
    ),
    max_size=30,
)


def score_of(*rows, tracks=(PIANO, DRUMS), ticks_per_beat=480, **maps):
    """A score of (onset, duration, pitch, velocity, track)."""
    return Score(np.array(list(rows), NOTE), tracks, ticks_per_beat=ticks_per_beat, **maps)


def snapped(*rows):
    """The notes of rows snapped to sixteenths, as tuples."""
    return score_of(*rows).snapped(4).notes.tolist()


def test_onsets_and_ends_go_to_the_nearest_step():
    # Steps are 120 ticks: 50 is nearest 0 and its end 290 nearest 2, halves go up.
    assert snapped((50, 240, 60, 80, 0)) == [(0, 2, 60, 80, 0)]
    assert snapped((60, 240, 60, 80, 0)) == [(1, 2, 60, 80, 0)]


def test_a_note_lasts_at_least_a_step():
    assert snapped((120, 3, 60, 80, 0)) == [(1, 1, 60, 80, 0)]
    assert snapped((120, 0, 60, 80, 0)) == [(1, 1, 60, 80, 0)]


def test_a_later_onset_ends_the_note_before_it():
    rows = ((0, 480, 60, 80, 0), (240, 480, 60, 90, 0))
    assert snapped(*rows) == [(0, 2, 60, 80, 0), (2, 4, 60, 90, 0)]


def test_of_two_notes_at_once_the_longer_stays_with_the_greater_velocity():
    rows = ((0, 480, 60, 40, 0), (10, 120, 60, 90, 0))
    assert snapped(*rows) == [(0, 4, 60, 90, 0)]


def test_other_pitches_and_tracks_sound_on():
    rows = ((0, 480, 60, 80, 0), (120, 480, 60, 80, 1), (120, 480, 61, 80, 0))
    assert [note[1] for note in snapped(*rows)] == [4, 4, 4]


def test_notes_are_sorted_by_onset_track_and_pitch():
    rows = ((120, 120, 50, 80, 1), (120, 120, 64, 80, 0), (120, 120, 60, 80, 0), (0, 9, 99, 80, 1))
    assert [note[2] for note in snapped(*rows)] == [99, 60, 64, 50]


def test_maps_move_along_and_the_last_event_of_a_step_wins():
    score = score_of(
        tempos=(Tempo(0, 500_000), Tempo(110, 400_000), Tempo(130, 300_000)),
        metres=(Metre(0, 3, 4), Metre(1450, 4, 4)),
        keys=(Key(50, 0), Key(55, 2)),
    ).snapped(4)
    assert score.tempos == (Tempo(0, 500_000), Tempo(1, 300_000))
    assert score.metres == (Metre(0, 3, 4), Metre(12, 4, 4))
    assert score.keys == (Key(0, 2),)
    assert score.ticks_per_beat == 4


@given(notes, st.sampled_from([1, 4, 6, 12]))
def test_snapping_is_idempotent_on_the_grid_and_leaves_one_note_a_pitch(rows, grid):
    once = score_of(*rows).snapped(grid)
    assert once.snapped(grid) == once
    assert (once.notes["duration_tick"] >= 1).all()
    assert np.array_equal(sort_notes(once.notes), once.notes)
    busy = {}
    for onset, duration, pitch, _, track in once.notes.tolist():
        assert onset >= busy.get((track, pitch), 0)
        busy[track, pitch] = onset + duration


@given(notes)
def test_a_score_of_columns_is_the_score_of_its_notes(rows):
    columns = to_columns(score_of(*rows).notes)
    kept = Score.of_columns(columns, tracks=(PIANO, DRUMS))
    assert kept == score_of(*rows)
    assert kept.columns is columns
    assert kept.with_notes(kept.notes[:0]).columns.place.size == 0


@given(notes)
def test_a_score_of_columns_makes_its_notes_when_they_are_asked_for(rows):
    kept = Score.of_columns(to_columns(score_of(*rows).notes), tracks=(PIANO, DRUMS))
    assert len(kept) == len(rows) and "notes" not in vars(kept)
    again = pickle.loads(pickle.dumps(kept))
    assert again == kept and kept.notes is kept.notes
    assert not kept.notes.flags.writeable
    with pytest.raises(AttributeError, match="no attribute 'note'"):
        _ = kept.note


@given(notes, st.integers(-140, 140))
def test_transposing_keeps_every_note_in_range_and_the_drums_still(rows, semitones):
    score = score_of(*rows)
    moved = score.transposed(semitones)
    assert len(moved) == len(score)
    drum = score.notes["track"] == 1
    assert np.array_equal(moved.notes[drum], score.notes[drum])
    before, after = (s.notes["pitch"][~drum].astype(int) for s in (score, moved))
    assert ((after >= 0) & (after <= 127)).all()
    assert ((after - before - semitones) % 12 == 0).all()
    stays = (before + semitones >= 0) & (before + semitones <= 127)
    assert (after[stays] == before[stays] + semitones).all()


def test_transposing_moves_the_keys():
    score = score_of((0, 480, 120, 80, 0), keys=(Key(0, 9, True),))
    assert score.transposed(5).keys == (Key(0, 2, True),)
    assert score.transposed(5).notes["pitch"].tolist() == [125]
    assert score.transposed(12).notes["pitch"].tolist() == [120]
    assert str(score.keys[0]) == "Am"


def test_how_long_a_score_lasts():
    score = score_of((0, 480, 60, 80, 0), (480, 960, 40, 80, 0), (960, 10, 70, 80, 0))
    assert score.end_tick == 1440
    assert score.duration_sec == pytest.approx(1.5)
    assert score_of().end_tick == 0
    assert score_of().duration_sec == 0


def test_scores_are_equal_by_content_and_cannot_be_changed():
    one, two = score_of((0, 480, 60, 80, 0)), score_of((0, 480, 60, 80, 0))
    assert one == two
    assert one != two.transposed(1)
    assert one != "a score"
    with pytest.raises(ValueError, match="read-only"):
        one.notes["pitch"] = 61
    with pytest.raises(TypeError):
        hash(one)


@pytest.mark.parametrize(("pitch", "name"), [(60, "C4"), (0, "C-1"), (127, "G9"), (70, "Bb4")])
def test_pitches_have_the_names_of_musicians(pitch, name):
    assert pitch_name(pitch) == name
