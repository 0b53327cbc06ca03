"""Broken files, byte by byte: what can be saved is, and the rest is refused in one line."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from midi_bytes import EOT, SCALE, chunk, meta, midi, off, on

from musicgan.errors import MidiReadError
from musicgan.midifile import MAX_BEATS, MAX_FILE_BYTES, read_midi
from musicgan.score import Score

TRACK = SCALE + EOT
GOOD = midi(TRACK)

SYSEX = b"\0\xf0\5\x7e\x7f\6\1\xf7"
# One status byte and eight notes under it: byte 19 is where the fourth begins.
RUNNING = (
    on(0, 60)
    + bytes([96, 60, 0])
    + b"".join(bytes([0, pitch, 64, 96, pitch, 0]) for pitch in range(61, 68))
)

# What is wrong, the bytes, and how many notes can be saved.
SAVED = {
    "empty lines before": (b"\r\n\r\n" + GOOD, 8),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, 8),
    "RIFF wrapper": (b"RIFF\x00\x00\x00\x00RMIDdata\x00\x00\x00\x00" + GOOD, 8),
    "mangled as text": (GOOD.decode("latin-1").encode(), 8),
    "two files": (GOOD + GOOD, 8),
    "zeros behind": (GOOD + bytes(1000), 8),
    "garbage behind": (GOOD + bytes(range(255, -1, -1)), 8),
    "header length 0": (GOOD.replace(b"\0\0\0\6", b"\0\0\0\0", 1), 8),
    "header length 8": (GOOD.replace(b"\0\0\0\6", b"\0\0\0\x08", 1), 8),
    "header length huge": (GOOD.replace(b"\0\0\0\6", b"\xff\xff\xff\xff", 1), 8),
    "longer header": (b"MThd\0\0\0\x08\0\1\0\1\x01\xe0zz" + chunk(TRACK), 8),
    "bad header magic": (b"XXhd" + GOOD[4:], 8),
    "no header": (chunk(TRACK), 8),
    "format 9": (midi(TRACK, form=9), 8),
    "division 0": (midi(TRACK, division=0), 8),
    "time code without ticks": (midi(TRACK, division=0xE700), 8),
    "time code of no known rate": (midi(TRACK, division=0xF028), 8),
    "bad track magic": (midi(TRACK, TRACK).replace(b"MTrk", b"KrtM", 1), 16),
    "stray byte between tracks": (midi(TRACK) + b"!" + chunk(TRACK), 16),
    "foreign chunk": (midi(TRACK) + chunk(b"anything", b"XFIH") + chunk(TRACK), 16),
    "track length 0": (GOOD[:18] + bytes(4) + TRACK, 8),
    "track length short": (GOOD[:18] + b"\0\0\0\5" + TRACK, 8),
    "track length huge": (GOOD[:18] + b"\xff\xff\xff\xff" + TRACK + chunk(TRACK), 16),
    "no End-of-Track": (midi(SCALE), 8),
    "End-of-Track half way": (midi(SCALE + EOT + SCALE + EOT), 16),
    "End-of-Track with a length": (midi(SCALE + b"\x00\xff\x2f\x01\x00"), 8),
    "cut in the last note": (GOOD[:-6], 8),
    "cut in the middle": (GOOD[: 22 + 4 * 8], 4),
    "begins with a data byte": (midi(SCALE[:1] + SCALE[2:] + EOT), 8),
    "running status after sysex": (midi(on(0, 60) + b"\0\xf0\1\xf7\0\x40\x40" + EOT), 2),
    "running status after sysex goes on": (midi(RUNNING[:19] + SYSEX + RUNNING[19:] + EOT), 8),
    "running status after real time": (midi(RUNNING[:19] + b"\0\xf8" + RUNNING[19:] + EOT), 8),
    "sysex in packets": (midi(b"\0\xf0\2\1\2\x10\xf7\2\1\xf7" + TRACK), 8),
    "text that eats its End-of-Track": (midi(SCALE + b"\0\xff\1\x7fabc" + EOT), 8),
    "undefined status bytes": (midi(b"\0\xf4\0\xf5\0\xf9\0\xfd" + TRACK), 8),
    "real-time bytes": (midi(b"\0\xf8\0\xfa\0\xfe" + TRACK), 8),
    "controller value 200": (midi(b"\0\xb0\x07\xc8" + TRACK), 8),
    "pitch 255": (midi(b"\0\x90\xff\x40" + TRACK), 8),
    "velocity 255": (midi(on(0, 60, velocity=255) + off(9, 60) + EOT), 1),
    "delta time of six bytes": (midi(b"\x80\x80\x80\x80\x80\x00" + SCALE[1:] + EOT), 8),
    "text beyond the end": (midi(b"\0\xff\x01\xff\xff\xff\x7fabc" + TRACK), 8),
    "sysex beyond the end": (midi(b"\0\xf0\xff\xff\xff\x7f\x41\x10" + TRACK), 8),
    "sysex without its end": (midi(b"\0\xf0\x03\x41\x10\x42" + TRACK), 8),
    "tempo of two bytes": (midi(meta(0x51, b"\1\2") + TRACK), 8),
    "metre without a denominator": (midi(meta(0x58, b"\4") + TRACK), 8),
    "key of one byte": (midi(meta(0x59, b"\4") + TRACK), 8),
    "five thousand tracks": (midi(*[TRACK] * 5000), 40_000),
    "five thousand named tracks": (midi(*[TRACK + b"\0\xff\3\1x"] * 5000), 40_000),
}


@pytest.mark.parametrize("what", SAVED)
def test_what_can_be_saved_is_saved(what: str) -> None:
    data, notes = SAVED[what]
    score = read_midi(data)
    assert_well_formed(score)
    assert len(score) == notes


REFUSED = {
    "empty": (b"", "the file is empty"),
    "text": (b"Dear reader, " * 99, "not a MIDI file"),
    "header alone": (GOOD[:14], "a MIDI header without any track"),
    "cut before the first note": (GOOD[:23], "not a single note"),
    "high bytes lost": (re.sub(rb"[\x80-\xff]", "\ufffd".encode(), GOOD), "every byte above 127"),
    "too large": (bytes(MAX_FILE_BYTES + 1), "larger than the 16 MiB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_saved_is_refused_in_one_line(what: str, tmp_path: Path) -> None:
    data, message = REFUSED[what]
    path = tmp_path / "a\nname.mid"
    path.write_bytes(data)
    with pytest.raises(MidiReadError, match=message) as caught:
        read_midi(path)
    assert "\n" not in str(caught.value)
    assert "name.mid" in str(caught.value)


def test_paths_that_are_no_files_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.mid", tmp_path / "a\0b", tmp_path / ("x" * 5000)):
        with pytest.raises(MidiReadError, match="cannot be opened"):
            read_midi(path)


BASE = midi(
    meta(3, b"Lead") + meta(0x51, b"\x07\xa1\x20") + meta(0x58, b"\4\2\x18\x08") + EOT,
    b"\0\xc0\x05" + on(0, 60) + b"\x81\x70\x3e\x40\x40\x3e\0" + SCALE + b"\0\xb0\x7b\0" + EOT,
    on(0, 36, channel=9) + b"\0\xf0\3\x41\x10\xf7" + off(96, 36, 9) + EOT,
)
PLACE = st.integers(0, len(BASE) - 1)
EDIT = st.one_of(
    st.tuples(st.just("flip"), PLACE, st.integers(1, 255)),
    st.tuples(st.just("cut"), PLACE, st.integers(1, 12)),
    st.tuples(st.just("insert"), PLACE, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("end"), PLACE, st.none()),
)


@given(st.lists(EDIT, min_size=1, max_size=5))
def test_a_damaged_file_is_a_well_formed_score_or_refused(edits: list[tuple]) -> None:
    data = BASE
    for kind, place, argument in edits:
        if kind == "flip" and place < len(data):
            data = data[:place] + bytes([data[place] ^ argument]) + data[place + 1 :]
        elif kind == "cut":
            data = data[:place] + data[place + argument :]
        elif kind == "insert":
            data = data[:place] + argument + data[place:]
        elif kind == "end":
            data = data[:place]
    try:
        score = read_midi(data)
    except MidiReadError as error:
        assert "\n" not in str(error)
    else:
        assert_well_formed(score)


@given(st.binary(max_size=400))
def test_any_bytes_in_a_track_are_a_well_formed_score_or_refused(body: bytes) -> None:
    try:
        score = read_midi(midi(body + EOT))
    except MidiReadError as error:
        assert "\n" not in str(error)
    else:
        assert_well_formed(score)


def assert_well_formed(score: Score) -> None:
    notes = score.notes
    assert 0 < score.ticks_per_beat < 1 << 15
    assert (notes["onset_tick"] >= 0).all()
    assert (notes["duration_tick"] >= 0).all()
    assert score.end_tick <= MAX_BEATS * score.ticks_per_beat
    assert (notes["pitch"] < 128).all()
    assert ((notes["velocity"] > 0) & (notes["velocity"] < 128)).all()
    assert set(np.unique(notes["track"]).tolist()) == set(range(len(score.tracks)))
    order = np.lexsort(
        (notes["duration_tick"], notes["pitch"], notes["track"], notes["onset_tick"])
    )
    assert np.array_equal(notes[order], notes)
    lanes = np.lexsort(
        (notes["duration_tick"], notes["onset_tick"], notes["pitch"], notes["track"])
    )
    this, following = notes[lanes][:-1], notes[lanes][1:]
    same = (this["track"] == following["track"]) & (this["pitch"] == following["pitch"])
    end_tick = this["onset_tick"] + this["duration_tick"]
    assert (end_tick <= following["onset_tick"])[same].all()
    for events in (score.tempos, score.metres, score.keys):
        ticks = [event.tick for event in events]
        assert ticks == sorted(set(ticks))
    assert all(0 < tempo.us_per_beat < 1 << 24 for tempo in score.tempos)
    assert all(
        m.numerator > 0 and m.denominator in (1, 2, 4, 8, 16, 32, 64, 128) for m in score.metres
    )
    assert all(0 <= key.tonic < 12 for key in score.keys)
    assert all(track.name.isprintable() and len(track.name) <= 128 for track in score.tracks)
    assert all(0 <= track.program < 128 for track in score.tracks)
