"""Voices mean the same on every side, however its files name and order their tracks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.slots import Slot, merge_tracks
from musicgan.corpus.choose import slots_of
from musicgan.evaluate.voices import MERGED, match_voices
from musicgan.score import Track

from .making import choir, one_track

REAL = [choir(seed) for seed in range(3)]
SLOTS = slots_of(REAL)
UNNAMED = ("", "", "", "")


def highest(score):
    """Mean pitch of the first voice."""
    return score.notes["pitch"][score.notes["track"] == 0].mean()


def test_tracks_in_the_real_order_stay_as_they_are():
    made = [choir(7), choir(8)]
    matched = match_voices({"real": REAL, "generated": made}, SLOTS)
    assert matched.slots == SLOTS
    assert matched.scores["generated"] == made
    assert not matched.is_merged
    assert matched.remarks == []


@given(st.permutations(range(4)), st.booleans())
def test_any_order_of_the_tracks_gives_the_same_voices(order, named):
    names = {} if named else {"names": UNNAMED}
    made = [choir(7, order=order, **names), choir(8, order=order, **names)]
    matched = match_voices({"real": REAL, "generated": made}, SLOTS)
    voices = [merge_tracks(score, SLOTS) for score in matched.scores["generated"]]
    assert voices == [merge_tracks(choir(7), SLOTS), merge_tracks(choir(8), SLOTS)]
    assert bool(matched.remarks) == (list(order) != [0, 1, 2, 3])
    by = "name" if named else "register"
    assert all(remark.endswith(f"put in the real order, by {by}.") for remark in matched.remarks)


@pytest.mark.parametrize("names", [("Piano",) * 4, ("Solo", "Piano", "Piano", "Bass")])
def test_tracks_that_share_a_name_are_known_by_their_registers(names):
    real = [choir(seed, names=names) for seed in range(3)]
    slots = slots_of(real)
    filed = match_voices({"real": real, "generated": [choir(7, names=names)]}, slots)
    assert filed.remarks == []
    turned = [choir(7, order=[3, 2, 1, 0], names=names)]
    matched = match_voices({"real": real, "generated": turned}, slots)
    assert [remark[-9:] for remark in matched.remarks] == ["register."]
    pitches = [score.notes["pitch"].tolist() for score in (*matched.scores["generated"], choir(7))]
    assert pitches[0] == pitches[1]


def test_a_crossing_of_voices_is_no_other_order():
    """A system whose alto lies a third above its soprano sings badly; that is to be measured."""
    real = [choir(seed, names=UNNAMED) for seed in range(3)]
    notes = choir(7, names=UNNAMED).notes.copy()
    notes["pitch"][notes["track"] == 1] += 9
    made = [choir(7, names=UNNAMED).with_notes(notes)]
    matched = match_voices({"real": real, "generated": made}, slots_of(real))
    assert matched.remarks == []
    assert matched.scores["generated"] == made


def test_one_track_makes_one_voice_of_all_on_every_side():
    made = [one_track(choir(7))]
    matched = match_voices({"real": REAL, "generated": made}, SLOTS)
    assert matched.is_merged
    assert matched.slots == (MERGED,)
    [remark] = matched.remarks
    assert "(pitched tracks a piece as a rule: 4 real, 1 generated)" in remark


def test_merging_can_be_asked_for_and_drums_keep_their_voice():
    slots = (*SLOTS, Slot("drums", 0, True))
    matched = match_voices({"real": REAL, "generated": REAL}, slots, merge=True)
    assert matched.slots == (MERGED, slots[-1])
    assert "as asked" in matched.remarks[0]


def test_instruments_are_voices_however_many_tracks_a_side_has():
    slots = (Slot("guitar", 30, families=(3,)), Slot("bass", 33, families=(4,)))
    guitar, bass = Track("", 29), Track("", 34)
    two, three = (replace(choir(0), tracks=tracks) for tracks in (
        (bass, guitar, guitar, bass), (guitar, guitar, bass, guitar)
    ))  # fmt: skip
    matched = match_voices({"real": [two], "generated": [three]}, slots)
    assert (matched.slots, matched.is_merged) == (slots, False)
    assert matched.scores == {"real": [two], "generated": [three]}
    assert matched.remarks == ["Tracks count by their instruments on every side."]
    assert match_voices({"real": [two], "generated": [three]}, slots, merge=True).is_merged


def test_single_lines_have_nothing_to_match():
    tunes = [one_track(choir(0)), one_track(choir(1))]
    matched = match_voices({"real": tunes, "generated": REAL}, slots_of(tunes))
    assert not matched.is_merged
    assert matched.remarks == []
