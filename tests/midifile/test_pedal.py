"""The sustain pedal, folded into the lengths of notes: by hand, and as a synthesiser plays it."""

from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st
from midi_bytes import EOT, midi, off, on, pedal

from musicgan.midifile import read_midi, read_pedalled
from musicgan.midifile.bulk import read_bulk
from musicgan.midifile.chunks import find_contents
from musicgan.midifile.raw import to_score
from musicgan.midifile.tolerant import read_tolerant

FILES = 5


def both_ways(data):
    """The score with the pedal, on which the fast and the patient way agree."""
    patient = to_score(read_tolerant(find_contents(data)), pedal=True)
    fast = read_bulk(data, pedal=True)
    assert fast is None or to_score(fast, pedal=True) == patient
    assert read_midi(data, pedal=True) == patient
    assert read_pedalled(data) == (patient, read_midi(data))
    return patient


def spans(score):
    """(onset, end, pitch) of every note."""
    return [
        (n["onset_tick"], n["onset_tick"] + n["duration_tick"], n["pitch"]) for n in score.notes
    ]


def played(messages):
    """Spans as a synthesiser has them, from (tick, message) in order."""
    is_down, sounding, left, spans = False, {}, set(), []

    def end(pitch, tick):
        spans.append((sounding.pop(pitch), tick, pitch))
        left.discard(pitch)

    tick = 0
    for tick, message in messages:
        if message.type == "note_on" and message.velocity:
            if message.note in sounding:
                end(message.note, tick)
            sounding[message.note] = tick
        elif message.type in ("note_on", "note_off") and message.note in sounding:
            left.add(message.note)
            if not is_down:
                end(message.note, tick)
        elif message.type == "control_change" and message.control == 64:
            is_down = message.value >= 64
            for pitch in [] if is_down else sorted(left):
                end(pitch, tick)
    for pitch in sorted(sounding):
        end(pitch, tick)
    return sorted(spans, key=lambda span: (span[0], span[2]))


def test_a_note_lasts_until_the_pedal_goes_up():
    data = midi(on(0, 60) + pedal(5, 127) + off(5, 60) + pedal(30, 0) + EOT)
    assert spans(both_ways(data)) == [(0, 40, 60)]
    assert spans(read_midi(data)) == [(0, 10, 60)]


def test_or_until_its_key_is_struck_again():
    data = midi(
        pedal(0, 64) + on(0, 60) + off(10, 60) + on(10, 60) + off(10, 60) + pedal(30, 63) + EOT
    )
    assert spans(both_ways(data)) == [(0, 20, 60), (20, 60, 60)]


def test_a_pedal_that_goes_up_as_the_key_does_holds_nothing():
    data = midi(pedal(0, 127) + on(0, 60) + pedal(10, 0) + off(0, 60) + EOT)
    assert spans(both_ways(data)) == [(0, 10, 60)]


def test_one_that_goes_down_as_the_key_goes_up_does():
    data = midi(on(0, 60) + off(10, 60) + pedal(0, 127) + pedal(10, 0) + EOT)
    assert spans(both_ways(data)) == [(0, 20, 60)]


def test_half_a_pedal_is_no_pedal_and_changes_while_it_is_down_are_none():
    data = midi(
        pedal(0, 63) + on(0, 60) + off(10, 60)
        + pedal(0, 127) + on(5, 62) + off(5, 62) + pedal(0, 90) + pedal(10, 10) + EOT
    )  # fmt: skip
    assert spans(both_ways(data)) == [(0, 30, 60), (15, 30, 62)]


def test_a_pedal_that_is_never_left_holds_until_the_last_note_ends():
    data = midi(on(0, 60) + pedal(5, 127) + off(5, 60) + on(10, 62) + off(20, 62) + EOT)
    assert spans(both_ways(data)) == [(0, 40, 60), (20, 40, 62)]


def test_each_channel_has_its_own_and_drums_none():
    data = midi(
        pedal(0, 127, channel=1) + pedal(0, 127, channel=9)
        + on(0, 60) + bytes([0, 0x91, 62, 80]) + bytes([0, 0x99, 38, 80])
        + off(10, 60) + bytes([0, 0x81, 62, 0]) + bytes([0, 0x89, 38, 0])
        + pedal(10, 0, channel=1) + pedal(0, 0, channel=9) + EOT
    )  # fmt: skip
    assert sorted(spans(both_ways(data))) == [(0, 10, 38), (0, 10, 60), (0, 20, 62)]


def test_under_time_code_it_is_as_late_as_the_notes_are():
    body = on(0, 60) + pedal(5, 127) + off(5, 60) + pedal(30, 0) + EOT
    timecode = bytearray(midi(body))
    timecode[12:14] = bytes([0xE7, 40])  # 25 frames of 40 ticks: a tick is a millisecond
    score = read_midi(bytes(timecode), pedal=True)
    assert score.duration_sec == pytest.approx(0.04)


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("nnnffp"), st.integers(60, 63))))
def test_notes_last_as_long_as_a_synthesiser_plays_them(events):
    """Ticks differ, so that it does not matter what comes first on one of them."""
    body, at, messages = b"", 0, []
    for number, (delta, kind, pitch) in enumerate([*events, (1, "up", 0), *(
        (1, "f", p) for p in range(60, 64)
    )]):  # fmt: skip
        at += delta
        if kind == "n":
            body, message = body + on(delta, pitch), mido.Message("note_on", note=pitch)
        elif kind == "f":
            body, message = body + off(delta, pitch), mido.Message("note_off", note=pitch)
        else:
            value = 0 if kind == "up" else 40 * (number % 4)
            body += pedal(delta, value)
            message = mido.Message("control_change", control=64, value=value)
        messages.append((at, message))
    expected = played(messages)
    if expected:
        assert spans(both_ways(midi(body + EOT))) == expected


def test_performances_last_as_long_as_a_synthesiser_plays_them(shared):
    paths = sorted((shared / "data" / "giantmidi-sample").glob("*.mid"))[:FILES]
    assert len(paths) == FILES
    for path in paths:
        file, messages, tick = mido.MidiFile(path), [], 0
        for message in mido.merge_tracks(file.tracks):
            tick += message.time
            messages.append((tick, message))
        got, expected = spans(read_midi(path, pedal=True)), played(messages)
        assert len(got) == len(expected)
        # On one tick the file's order of key and pedal counts for a synthesiser, and not for us.
        differing = sum(one != other for one, other in zip(got, expected, strict=True))
        assert differing < 0.01 * len(expected), Path(path).name
        assert got != spans(read_midi(path))
