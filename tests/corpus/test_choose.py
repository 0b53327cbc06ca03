"""Settings that follow from a collection, on folders made for the purpose."""

import numpy as np
import pytest
from midi_bytes import EOT, PEDALLED_SCALE, SCALE, midi

from musicgan.codecs.slots import Slot
from musicgan.corpus.choose import choose_codec, choose_frames_codec
from musicgan.errors import CorpusError
from musicgan.midifile import write_midi
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Score, Track

TPB = 480
CHOIR = ("soprano", "alto", "tenor", "bass")


def score(*tracks, onsets=(0.0, 0.5, 1.0, 1.25), velocities=(64,), tpb=TPB):
    """Every track plays at these onsets in beats, the velocities in turn."""
    notes = [
        (round(onset * tpb), tpb // 4, 60 + place, velocities[i % len(velocities)], place)
        for place in range(len(tracks))
        for i, onset in enumerate(onsets)
    ]
    return Score(sort_notes(np.array(notes, NOTE)), tuple(tracks), ticks_per_beat=tpb)


def choir(**kind):
    return score(*(Track(name, 52) for name in CHOIR), **kind)


@pytest.fixture
def folder_of(tmp_path):
    """Writes scores to a folder."""

    def make(*scores):
        for i, one in enumerate(scores):
            write_midi(one, tmp_path / f"{i}.mid")
        return tmp_path

    return make


def test_four_voices_on_the_beat(folder_of):
    chosen = choose_codec(folder_of(choir(), choir(), choir()))
    assert chosen.grid == 4
    assert chosen.slots == tuple(Slot(name, 52) for name in CHOIR)
    assert chosen.velocity_bins == 1


@pytest.mark.parametrize(("pedalled", "used"), [(0, False), (2, False), (3, True), (4, True)])
def test_the_pedal_is_heard_where_most_files_use_it(tmp_path, pedalled, used):
    for number in range(5):
        body = PEDALLED_SCALE if number < pedalled else SCALE
        (tmp_path / f"{number}.mid").write_bytes(midi(body + EOT))
    assert choose_codec(tmp_path).pedal is used
    assert choose_codec(tmp_path, pedal=not used).pedal is not used


@pytest.mark.parametrize("tpb", [24, 96, 220, 480, 960, 1024])
def test_triplets_want_twelve_steps_a_beat(folder_of, tpb):
    """Also where a third of a beat is no whole number of ticks."""
    triplets = choir(onsets=(0, 1 / 3, 2 / 3, 1, 1.5, 2), tpb=tpb)
    assert choose_codec(folder_of(triplets, choir(tpb=tpb))).grid == 12


@pytest.mark.parametrize("tpb", [96, 480, 1024])
def test_semiquavers_want_four(folder_of, tpb):
    assert choose_codec(folder_of(choir(tpb=tpb), choir(tpb=tpb))).grid == 4


def test_a_performance_off_any_grid_is_put_on_sixteenths(folder_of):
    onsets = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.4, 200))
    assert choose_codec(folder_of(choir(onsets=onsets))).grid == 4


@pytest.mark.parametrize(("played", "fine"), [(1, 1), (2, 8), (3, 8)])
def test_where_most_files_are_played_steps_are_told_in_parts(folder_of, played, fine):
    onsets = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.4, 200))
    files = [choir(onsets=onsets) if at < played else choir() for at in range(3)]
    assert choose_codec(folder_of(*files)).fine == fine
    assert choose_codec(folder_of(*files), fine=3).fine == 3


def test_a_stray_triplet_changes_nothing(folder_of):
    onsets = [*np.arange(200) / 4, 50 + 1 / 3]
    assert choose_codec(folder_of(choir(onsets=onsets))).grid == 4


def test_many_velocities_want_bins(folder_of):
    loud = choir(velocities=(40, 50, 60, 70, 80, 90), onsets=np.arange(6))
    assert choose_codec(folder_of(loud, loud, choir())).velocity_bins == 8
    quiet = choir(velocities=(40, 60, 80, 100))
    assert choose_codec(folder_of(quiet, quiet, quiet)).velocity_bins == 1


def test_drums_come_last_wherever_they_stand(folder_of):
    band = score(Track("kit", 0, True), Track("lead", 80), Track("low", 33))
    chosen = choose_codec(folder_of(band, band))
    assert chosen.slots == (Slot("lead", 80), Slot("low", 33), Slot("drums", 0, True))


@pytest.mark.parametrize("choose", [choose_codec, choose_frames_codec])
def test_drums_have_a_slot_or_none_as_asked(folder_of, choose):
    solo, band = score(Track("a", 1)), score(Track("a", 1), Track("kit", 0, True))
    folder = folder_of(solo, solo, solo, band)
    assert len(choose(folder).slots) == 1
    assert choose(folder, drums=True).slots[1:] == (Slot("drums", 0, True),)
    folder = folder_of(band, band, band, band)
    assert len(choose(folder).slots) == 2
    assert len(choose(folder, drums=False).slots) == 1


@pytest.mark.parametrize("choose", [choose_codec, choose_frames_codec])
def test_drums_that_no_file_has_are_refused(folder_of, choose):
    with pytest.raises(CorpusError, match="none of the 1 files looked at has any"):
        choose(folder_of(choir()), drums=True)


def test_what_few_files_have_gets_no_slot(folder_of):
    duo, band = score(Track("a", 1), Track("b", 2)), score(
        Track("a", 1), Track("b", 2), Track("c", 3), Track("kit", 0, True)
    )  # fmt: skip
    assert len(choose_codec(folder_of(duo, duo, duo, band)).slots) == 2
    assert len(choose_codec(folder_of(duo, duo, band)).slots) == 4


def test_a_slot_takes_the_commonest_name_and_program_of_its_place(folder_of):
    files = score(Track("x", 7)), score(Track("y", 8)), score(Track("y", 7))
    assert choose_codec(folder_of(*files)).slots == (Slot("y", 7),)


def test_names_of_songs_are_not_names_of_voices(folder_of):
    tunes = [
        score(Track(f"The {name}'s Jig", 40)) for name in ("Fisher", "Miller", "Piper", "Sailor")
    ]
    assert choose_codec(folder_of(*tunes)).slots == (Slot("voice 1", 40),)


def test_nameless_tracks_are_numbered(folder_of):
    chosen = choose_codec(folder_of(score(Track("", 5), Track("", 6))))
    assert [slot.name for slot in chosen.slots] == ["voice 1", "voice 2"]


GUITAR, LOW, STRINGS = Track("x", 29), Track("y", 33), Track("z", 48)
MIXED = (
    (GUITAR, LOW, STRINGS), (LOW, STRINGS, GUITAR), (STRINGS, GUITAR, LOW), (LOW, GUITAR, GUITAR),
    (GUITAR, STRINGS, Track("solo", 73)), (STRINGS, LOW),
)  # fmt: skip
"""The instruments of songs, each song in an order of its own."""


def test_instruments_in_any_order_get_a_slot_each(folder_of):
    chosen = choose_codec(folder_of(*(score(*tracks) for tracks in MIXED)))
    assert [(slot.name, slot.program) for slot in chosen.slots] == [
        ("guitar", 29), ("bass", 33), ("ensemble", 48),
    ]  # fmt: skip
    # Every family has exactly one slot, and each song plays in all three.
    assert sorted(f for slot in chosen.slots for f in slot.families) == list(range(16))
    for tracks in MIXED[:3]:
        assert set(chosen.encode(score(*tracks))[:, 1]) == {0, 1, 2}


def test_a_family_that_few_have_joins_the_nearest_in_pitch(folder_of):
    flute = Track("solo", 73)
    files = [score(*tracks) for tracks in MIXED[:4]]
    # A track lies a semitone above the one before it.
    low, high = score(flute, LOW, GUITAR, STRINGS), score(GUITAR, LOW, *[STRINGS] * 6, flute)
    low_slots = choose_codec(folder_of(*files, low)).slots
    high_slots = choose_codec(folder_of(*files, high)).slots
    assert [slot.name for slot in low_slots if 9 in slot.families] == ["bass"]
    assert [slot.name for slot in high_slots if 9 in slot.families] == ["ensemble"]


def test_how_tracks_are_told_apart_can_be_asked_for(folder_of):
    folder = folder_of(*(score(*tracks) for tracks in MIXED))
    assert not any(slot.families for slot in choose_codec(folder, tracks="order").slots)
    same = folder_of(*[score(GUITAR, LOW)] * 6)
    assert not any(slot.families for slot in choose_codec(same).slots)
    assert all(slot.families for slot in choose_codec(same, tracks="instrument").slots)


def test_velocities_can_be_asked_for(folder_of):
    assert choose_codec(folder_of(choir()), velocities=16).velocity_bins == 16


def test_a_grid_can_be_asked_for(folder_of):
    assert choose_codec(folder_of(choir()), grid=24).grid == 24
    assert choose_frames_codec(folder_of(choir()), grid=6).grid == 6


def test_drums_alone(folder_of):
    chosen = choose_codec(folder_of(score(Track("kit", 0, True))))
    assert chosen.slots == (Slot("drums", 0, True),)


def test_voices_can_be_named(folder_of):
    chosen = choose_codec(folder_of(choir()), ["violin:40", "viola"])
    assert chosen.slots[:3] == (Slot("violin", 40), Slot("viola", 52), Slot("tenor", 52))


@pytest.mark.parametrize(
    ("voices", "message"),
    [
        (["a"] * 5, "5 voices named, but the files have 4"),
        (["violin:128"], "write NAME or NAME:PROGRAM, program 0 to 127"),
        (["violin:x"], "write NAME or NAME:PROGRAM"),
    ],
)
def test_voices_that_cannot_be(folder_of, voices, message):
    with pytest.raises(CorpusError, match=message):
        choose_codec(folder_of(choir()), voices)


def test_broken_files_are_passed_over(folder_of, tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"no MIDI")
    assert len(choose_codec(folder_of(choir())).slots) == 4


def test_a_folder_of_broken_files_is_refused_in_words(tmp_path):
    (tmp_path / "broken.mid").write_bytes(b"no MIDI")
    with pytest.raises(CorpusError, match="not one file of it can be read as music"):
        choose_codec(tmp_path)
