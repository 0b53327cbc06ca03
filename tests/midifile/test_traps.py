"""Where symusic might go astray: found in files that hold it, and not in those that do not."""

import pytest
from midi_bytes import EOT, SCALE, meta, midi, off, on

from musicgan.midifile import read_midi
from musicgan.midifile.bulk import read_bulk
from musicgan.midifile.traps import doubtful_places, without_system_messages

HEADERS = 14 + 8
"""Bytes before the first event of a file of one track."""


def test_plain_music_is_free_of_it():
    assert doubtful_places(midi(SCALE + EOT)) == []


def test_a_long_rest_looks_like_a_status_and_is_read_all_the_same():
    """The delta time F8 00 follows a velocity, a low byte."""
    data = midi(on(0, 60) + off(10, 60) + b"\xf8\x00" + on(0, 62)[1:] + off(10, 62) + EOT)
    (place,) = doubtful_places(data)
    assert data[place : place + 2] == b"\xf8\x00"
    found = read_bulk(data)
    assert found is not None and found.notes.onset_tick.tolist() == [0, 10 + 0x78 * 128]


@pytest.mark.parametrize("message", [b"\xf8", b"\xf3\x01", b"\xfe"])
def test_a_system_message_is_left_to_the_patient_reader(message):
    data = midi(on(0, 60) + off(10, 60) + b"\x00" + message + on(0, 62) + off(10, 62) + EOT)
    assert doubtful_places(data)
    assert read_bulk(data) is None


def test_whole_sysex_may_stay_and_broken_sysex_may_not():
    whole = b"\xf0\x03\x01\x02\xf7\x00\x90"
    assert without_system_messages(whole) == whole
    assert without_system_messages(b"\xf0\x05\x01\x02\xf7\x00\x90")[0] == 0xF9


@pytest.mark.parametrize(
    "trap",
    [b"\x00\xff\x51\x02\x07\xa1", b"\x00\xff\x58\x04\x04\x09\x18\x08", b"\x00\xff\x59\x01\x00"],
)
def test_maps_that_are_no_maps_are_not_for_symusic(trap):
    assert doubtful_places(midi(trap + SCALE + EOT)) is None


def test_rests_that_carry_the_clock_right_round_are_not_for_symusic():
    rest = b"\xff\xff\xff\x7f"
    seven = midi(b"".join(rest + on(0, 60)[1:] + off(1, 60) for _ in range(7)) + EOT)
    assert doubtful_places(seven) is not None
    eight = midi(b"".join(rest + on(0, 60)[1:] + off(1, 60) for _ in range(8)) + EOT)
    assert doubtful_places(eight) is None


@pytest.mark.parametrize("value", [b"\xff\xff\xff", b"\x0f\xc8\xf2", b"\x07\xb1\x87"])
def test_high_bytes_of_tempos_are_no_rests(value):
    """By themselves, and with the delta time that comes after them."""
    tempos = meta(0x51, value) + b"\x83\x60" + meta(0x51, value)[1:] + b"\x81\x00"
    assert doubtful_places(midi(tempos * 20 + SCALE[1:] + EOT)) is not None
    eight = b"\xff\xff\xff\x7f" + meta(0x51, value)[1:] + SCALE
    assert doubtful_places(midi(eight * 7 + EOT)) is not None
    assert doubtful_places(midi(eight * 8 + EOT)) is None


def test_five_high_bytes_in_a_row_are_a_place_too():
    data = midi(b"\x80\x80\x80\x80\x80" + on(0, 60) + off(10, 60) + EOT)
    assert HEADERS in doubtful_places(data)


@pytest.mark.parametrize(("before", "name"), [(999, "Lead"), (1000, "")])
def test_a_name_behind_a_thousand_meta_events_is_not_waited_for(before, name):
    """Its notes are read all the same; two million such events took four seconds."""
    tempos = meta(0x51, b"\x07\xa1\x20") * before
    score = read_midi(midi(tempos + meta(3, b"Lead") + SCALE + EOT))
    assert (score.tracks[0].name, len(score)) == (name, 8)
