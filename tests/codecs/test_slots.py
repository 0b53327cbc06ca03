"""Which track goes to which slot, and what merging keeps."""

import numpy as np
import pytest

from musicgan.codecs.slots import (
    DROPPED,
    Slot,
    as_slots,
    assign_tracks,
    merge_columns,
    merge_tracks,
    slot_tracks,
)
from musicgan.errors import CodecError
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Score, Track

PIANO, BASS, DRUMS = Slot("piano", 0), Slot("bass", 32), Slot("drums", 0, True)


def score_of(tracks, *pitches_by_track):
    """One note a pitch, a beat apart, `pitches_by_track[i]` on track i."""
    rows = [
        (beat * 480, 480, pitch, 64, track)
        for track, pitches in enumerate(pitches_by_track)
        for beat, pitch in enumerate(pitches)
    ]
    return Score(np.array(rows, NOTE), tuple(tracks))


def test_tracks_go_to_slots_of_their_kind_in_file_order():
    score = score_of([Track("kit", 0, True), Track("a"), Track("b")], [36], [60], [40])
    assert assign_tracks(score, (PIANO, BASS, DRUMS)) == (2, 0, 1)


def test_a_track_too_many_joins_the_slot_nearest_in_mean_pitch():
    score = score_of([Track()] * 4, [72, 76], [40], [45, 47], [70])
    assert assign_tracks(score, (PIANO, BASS)) == (0, 1, 1, 0)


def test_equally_near_slots_give_the_lower():
    score = score_of([Track()] * 3, [50], [60], [55])
    assert assign_tracks(score, (PIANO, BASS)) == (0, 1, 0)


def test_a_silent_slot_attracts_nothing():
    score = score_of([Track()] * 3, [], [100], [20])
    assert assign_tracks(score, (PIANO, BASS)) == (0, 1, 1)


def test_without_a_slot_of_its_kind_a_track_is_dropped():
    score = score_of([Track("kit", 0, True), Track("a")], [36, 38], [60])
    assert assign_tracks(score, (PIANO,)) == (DROPPED, 0)
    assert merge_tracks(score, (PIANO,)).notes["pitch"].tolist() == [60]
    assert merge_tracks(score, (DRUMS,)).notes["pitch"].tolist() == [36, 38]


def test_merging_gives_the_slots_as_tracks_and_is_idempotent():
    score = score_of([Track()] * 3, [72, 74], [40, 41], [71, 30])
    merged = merge_tracks(score, (PIANO, BASS))
    assert merged.tracks == (Track("piano", 0), Track("bass", 32))
    assert sort_notes(merged.notes)["onset_tick"].tolist() == [0, 0, 0, 480, 480, 480]
    assert sort_notes(merged.notes)["pitch"].tolist() == [72, 40, 71, 74, 30, 41]
    assert merge_tracks(merged, (PIANO, BASS)) == merged


def test_the_assignment_is_blind_to_transposing():
    rng = np.random.default_rng(0)
    for _ in range(50):
        score = score_of([Track()] * 6, *(rng.integers(30, 90, 3).tolist() for _ in range(6)))
        moved = score.transposed(int(rng.integers(-30, 37)))
        slots = (PIANO, BASS, PIANO)
        assert assign_tracks(moved, slots) == assign_tracks(score, slots)


def test_an_empty_score_merges_to_silent_slots():
    merged = merge_tracks(Score(np.zeros(0, NOTE), ()), (PIANO, DRUMS))
    assert len(merged) == 0
    assert len(merged.tracks) == 2


GUITARS = Slot("guitar", 30, families=(3, 5))
LOW = Slot("bass", 34, families=(4,))
BAND = (GUITARS, LOW, DRUMS)


def test_tracks_go_to_the_slots_of_their_families_wherever_they_stand():
    tracks = [Track("", 33), Track("", 0, True), Track("", 29), Track("", 40), Track("", 38)]
    score = score_of(tracks, [30], [36], [60], [70], [40])
    assert assign_tracks(score, BAND) == (1, 2, 0, 0, 1)


def test_a_family_without_a_slot_joins_the_nearest_in_mean_pitch():
    piano = Track("", 0)
    score = score_of([Track("", 33), Track("", 29), piano, piano], [30], [60], [50], [40])
    assert assign_tracks(score, BAND) == (1, 0, 0, 1)
    # Alone it goes to the first pitched slot, and drums without a slot are dropped.
    assert assign_tracks(score_of([piano], [20]), (DRUMS, LOW)) == (1,)
    assert assign_tracks(score_of([Track("", 0, True)], [36]), (LOW,)) == (DROPPED,)


def test_families_are_blind_to_transposing_and_merge_once():
    rng = np.random.default_rng(1)
    tracks = [Track("", int(program)) for program in rng.integers(0, 128, 8)]
    for _ in range(20):
        score = score_of(tracks, *(rng.integers(30, 90, 3).tolist() for _ in tracks))
        moved = score.transposed(int(rng.integers(-30, 37)))
        assert assign_tracks(moved, BAND) == assign_tracks(score, BAND)
        merged = merge_tracks(score, BAND)
        assert merge_tracks(merged, BAND) == merged


def test_what_is_in_the_slots_stays_there_whatever_its_programs():
    slots = (Slot("low", 73, families=(4,)), Slot("high", 33, families=(10,)))
    score = score_of(slot_tracks(slots), [40], [70])
    assert merge_columns(score, slots).place.tolist() == score.columns.place.tolist()


def test_slots_survive_json():
    assert as_slots([slot.option for slot in BAND]) == BAND
    # As files had them before there were families.
    assert DRUMS.option == ["drums", 0, True]


def test_slots_come_from_json_lists():
    assert as_slots([["piano", 0, False], ("drums", 0, True), BASS]) == (PIANO, DRUMS, BASS)


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [["piano", 128, False]],
        [["piano"]],
        [[1, 2, False]],
        [["a", 0, False, [16]]],
        [["a", 0, False, 3]],
    ],
)
def test_what_cannot_be_slots_is_refused_in_one_line(bad):
    with pytest.raises(CodecError, match=r"^slots: .* give .*$"):
        as_slots(bad)
