"""Reading MIDI: what a file means."""

import pytest
from midi_bytes import EOT, SCALE, midi, off, on

from musicgan.errors import MidiReadError
from musicgan.midifile import MAX_BEATS, read_midi
from musicgan.midifile.bulk import read_bulk
from musicgan.score import Key, Metre, Score, Tempo, Track

from .making import both_ways, spans


class TestWhatNotesMean:
    def test_a_note_on_ends_the_note_that_sounds_on_its_pitch(self) -> None:
        data = midi(on(0, 60) + on(10, 60) + on(10, 60) + off(10, 60) + EOT)
        assert spans(both_ways(data)) == [(0, 10, 60), (10, 20, 60), (20, 30, 60)]

    def test_each_note_off_counts_once_when_notes_overlapped(self) -> None:
        data = midi(on(0, 60) + on(10, 60) + off(10, 60) + off(10, 60) + EOT)
        assert spans(both_ways(data)) == [(0, 10, 60), (10, 20, 60)]

    def test_a_note_off_on_the_tick_of_a_retrigger_belongs_to_the_earlier_note(self) -> None:
        data = midi(on(0, 60) + on(10, 60) + off(0, 60) + off(10, 60) + EOT)
        assert spans(both_ways(data)) == [(0, 10, 60), (10, 20, 60)]

    def test_a_hanging_note_ends_with_its_track(self) -> None:
        data = midi(on(0, 60) + on(5, 64) + off(10, 64) + b"\x20\xff\x2f\x00")
        assert spans(both_ways(data)) == [(0, 47, 60), (5, 15, 64)]

    def test_many_hanging_notes_on_one_pitch_all_survive(self) -> None:
        data = midi(b"".join(on(10, 36, channel=9) for _ in range(50)) + EOT)
        assert spans(both_ways(data)) == [
            (tick, min(tick + 10, 500), 36) for tick in range(10, 501, 10)
        ]

    @pytest.mark.parametrize("controller", [120, 123])
    def test_channel_mode_messages_end_all_notes_of_their_channel(self, controller: int) -> None:
        stop = bytes([20, 0xB0, controller, 0])
        data = midi(on(0, 60) + on(0, 64, channel=1) + stop + off(20, 60) + off(0, 64, 1) + EOT)
        assert spans(both_ways(data)) == [(0, 20, 60), (0, 40, 64)]

    @pytest.mark.parametrize("delta", [b"\0", b"\x81\0", b"\x81\x82\x83\x04"])
    @pytest.mark.parametrize("message", [b"\xf8", b"\xf3\1", b"\xf2\1\2", b"\xf0\2\1\xf7"])
    def test_a_system_message_leaves_the_notes_around_it_alone(
        self, delta: bytes, message: bytes
    ) -> None:
        between = SCALE[:4] + b"\0\x40\0" + delta + message + b"\0\x40\0"
        assert len(both_ways(midi(between + SCALE + EOT))) == 9
        # Too long for a delta time: whatever it means, it means the same both ways.
        both_ways(midi(between.replace(delta + message, b"\x81\x82\x83\x84" + message) + EOT))

    def test_a_high_byte_within_a_delta_time_is_no_message(self) -> None:
        data = midi(on(0, 60) + b"\x81\xf8\0" + off(0, 60)[1:] + EOT)
        assert spans(both_ways(data)) == [(0, (1 << 14) + (0x78 << 7), 60)]
        assert read_bulk(data) is not None

    def test_velocity_zero_ends_a_note(self) -> None:
        data = midi(on(0, 60) + on(10, 60, velocity=0) + EOT)
        assert spans(both_ways(data)) == [(0, 10, 60)]

    def test_a_stray_note_off_does_nothing(self) -> None:
        data = midi(off(0, 60) + on(10, 60) + off(10, 60) + off(10, 60) + on(0, 60) + EOT)
        assert spans(both_ways(data)) == [(10, 20, 60), (30, 30, 60)]


class TestTracks:
    def test_every_channel_with_notes_is_a_track_in_order_of_chunk_and_channel(self) -> None:
        first = b"\x00\xff\x03\x04Both" + on(0, 60, channel=3) + off(9, 60, 3)
        first += on(0, 36, channel=9) + off(9, 36, 9) + on(0, 62, channel=0) + off(9, 62) + EOT
        second = b"\x00\xc0\x28" + on(0, 70) + off(9, 70) + EOT
        score = both_ways(midi(first, second))
        assert score.tracks == (
            Track("Both"),
            Track("Both"),
            Track("Both", is_drum=True),
            Track("", program=40),
        )
        assert sorted(zip(score.notes["track"], score.notes["pitch"], strict=True)) == [
            (0, 62),
            (1, 60),
            (2, 36),
            (3, 70),
        ]

    def test_the_program_is_the_one_in_force_at_the_first_note(self) -> None:
        data = midi(b"\x00\xc0\x05" + on(0, 60) + off(9, 60) + b"\x00\xc0\x07" + on(0, 62) + EOT)
        score = both_ways(data)
        assert score.tracks == (Track(program=5),)
        assert len(score) == 2

    @pytest.mark.parametrize(
        ("stored", "name"),
        [
            (b"Fl\xc3\xb6te", "Flöte"),
            (b"Fl\xf6te", "Flöte"),
            ("ピアノ".encode("cp932"), "ピアノ"),
            (b"\x1b[31mred\x00\x07", "[31mred"),
            (b"  x " + b"y" * 100 + b"\n", "x " + "y" * 100),
            (b"\xff\xfe\x81", "ÿþ"),
        ],
    )
    def test_names_are_decoded_without_fail_and_hold_no_control_characters(
        self, stored: bytes, name: str
    ) -> None:
        title = bytes([0, 0xFF, 3, len(stored)]) + stored
        assert both_ways(midi(title + SCALE + EOT)).tracks[0].name == name

    def test_long_names_are_cut(self) -> None:
        title = b"\x00\xff\x03\x90\x00" + b"n" * 2048
        assert len(both_ways(midi(title + SCALE + EOT)).tracks[0].name) == 128


class TestTimeAndMaps:
    def test_tempo_metre_and_key_events_are_kept(self) -> None:
        head = (
            b"\x00\xff\x51\x03\x0a\x00\x00\x00\xff\x58\x04\x06\x03\x18\x08\x00\xff\x59\x02\xfd\x01"
        )
        score = both_ways(midi(head + EOT, SCALE + EOT))
        assert score.tempos == (Tempo(0, 0x0A0000),)
        assert score.metres == (Metre(0, 6, 8),)
        assert score.keys == (Key(0, 0, is_minor=True),)

    @pytest.mark.parametrize(
        "event",
        [
            b"\xff\x51\x03\x00\x00\x00",
            b"\xff\x51\x03\x00\x00\x01",
            b"\xff\x58\x04\x00\x02\x18\x08",
            b"\xff\x58\x04\x04\x1f\x18\x08",
            b"\xff\x58\x04\x04\x22\x18\x08",
            b"\xff\x59\x02\x09\x00",
            b"\xff\x59\x02\x80\x7f",
        ],
    )
    def test_nonsense_in_the_maps_is_ignored(self, event: bytes) -> None:
        score = both_ways(midi(b"\x00" + event + SCALE + EOT))
        assert (score.tempos, score.metres, score.keys) == ((), (), ())
        assert len(score) == 8

    def test_format_2_patterns_follow_each_other(self) -> None:
        pattern = on(0, 60) + off(100, 60) + b"\x0a\xff\x2f\x00"
        score = both_ways(midi(pattern, pattern, form=2))
        assert spans(score) == [(0, 100, 60), (110, 210, 60)]
        assert len(score.tracks) == 2

    @pytest.mark.parametrize(
        ("frames", "frames_per_sec"), [(24, 24), (25, 25), (29, 29.97), (30, 30)]
    )
    @pytest.mark.parametrize("ticks_per_frame", [4, 40, 100])
    def test_time_code_is_read_in_seconds(
        self, frames: int, frames_per_sec: float, ticks_per_frame: int
    ) -> None:
        tempo = b"\x00\xff\x51\x03\x01\x00\x00"
        division = (256 - frames) << 8 | ticks_per_frame
        score = both_ways_in_time_code(midi(tempo + SCALE + EOT, division=division))
        assert score.tempos == ()
        expected = 800 / (frames_per_sec * ticks_per_frame)
        assert score.duration_sec == pytest.approx(expected, rel=1e-3)

    def test_times_past_31_bits_do_not_wrap(self) -> None:
        rest = b"\xff\xff\xff\x7f\xff\x01\x00"
        data = midi(SCALE + rest * 17 + on(0, 60) + off(10, 60) + EOT, division=32767)
        assert spans(both_ways(data))[-1][0] == 800 + 17 * 0x0FFFFFFF

    def test_nothing_lies_beyond_the_longest_piece(self) -> None:
        late = b"\xff\xff\xff\x7f"
        score = both_ways(midi(on(0, 60) + on(1, 64) + late + on(0, 72)[1:] + EOT, division=1))
        assert spans(score) == [(0, MAX_BEATS, 60), (1, MAX_BEATS, 64)]

    def test_a_file_with_all_notes_too_late_is_refused(self) -> None:
        late = b"\xff\xff\xff\x7f"
        with pytest.raises(MidiReadError, match="beyond beat 1,000,000"):
            read_midi(midi(late + on(0, 60)[1:] + off(9, 60) + EOT, division=1))


def both_ways_in_time_code(data: bytes) -> Score:
    """Only the patient way reads time code."""
    assert read_bulk(data) is None
    return read_midi(data)
