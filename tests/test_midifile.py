"""Reading and writing MIDI: what a file means, and that nothing is lost on the way."""

import io
import re
import stat
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from midi_bytes import EOT, SCALE, midi, off, on

from musicgan.errors import MidiReadError, MidiWriteError
from musicgan.midifile import MAX_BEATS, read_bounded, read_midi, write_midi
from musicgan.midifile.bulk import read_bulk
from musicgan.midifile.chunks import find_contents
from musicgan.midifile.raw import to_score
from musicgan.midifile.read import USUAL_FILE_BYTES
from musicgan.midifile.tolerant import read_tolerant
from musicgan.score import Key, Metre, Score, Tempo, Track, empty_notes

FILES_PER_CORPUS = 5


def spans(score: Score) -> list[tuple[int, int, int]]:
    """(onset, end, pitch) of every note."""
    return [(onset, onset + length, pitch) for onset, length, pitch, _, _ in score.notes.tolist()]


def make_score(rows: list[tuple[int, int, int, int, int]], **rest: object) -> Score:
    """A score of (onset, duration, pitch, velocity, track) rows."""
    notes = empty_notes(len(rows))
    notes[:] = rows
    return Score(notes, **rest)  # type: ignore[arg-type]


def both_ways(data: bytes) -> Score:
    """The score of `data`, which the fast and the patient way must agree on."""
    patient = to_score(read_tolerant(find_contents(data)))
    fast = read_bulk(data)
    assert fast is None or to_score(fast) == patient
    assert read_midi(data) == patient
    return patient


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


@st.composite
def normal_scores(draw: st.DrawFn) -> Score:
    """Scores that a file can say: one note a pitch and track at a time, every track used."""
    ticks_per_beat = draw(st.sampled_from([1, 4, 12, 96, 480, 10080]))
    count = draw(st.integers(1, 17))
    names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=9)
    tracks = draw(
        st.lists(
            st.builds(Track, names, st.integers(0, 127), st.booleans()),
            min_size=count,
            max_size=count,
        )
    )
    row = st.tuples(
        st.integers(0, 5000), st.integers(1, 900), st.integers(0, 127), st.integers(1, 127)
    )
    rows = [(*draw(row), track) for track in range(count)]
    rows += [
        (*note, track)
        for note, track in draw(st.lists(st.tuples(row, st.integers(0, count - 1)), max_size=30))
    ]
    ticks = st.integers(0, 9000)
    metre = st.builds(Metre, ticks, st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32]))
    key = st.builds(Key, ticks, st.integers(0, 11), st.booleans())
    tempo = st.builds(Tempo, ticks, st.integers(10_000, (1 << 24) - 1))
    score = make_score(
        rows,
        tracks=tuple(tracks),
        tempos=tuple(draw(st.lists(tempo, max_size=4))),
        metres=tuple(draw(st.lists(metre, max_size=4))),
        keys=tuple(draw(st.lists(key, max_size=4))),
        ticks_per_beat=ticks_per_beat,
    )
    return score.snapped(ticks_per_beat)


def written(score: Score, text: str = "") -> bytes:
    buffer = io.BytesIO()
    write_midi(score, buffer, text)
    return buffer.getvalue()


class TestWriting:
    @given(normal_scores(), st.text(max_size=300))
    def test_a_score_survives_the_file(self, score: Score, text: str) -> None:
        again = both_ways(written(score, text))
        assert again.snapped(score.ticks_per_beat) == score
        if score.ticks_per_beat >= 96:
            assert again == score

    @given(normal_scores())
    def test_mido_reads_the_same_notes(self, score: Score) -> None:
        file = mido.MidiFile(file=io.BytesIO(written(score)), charset="utf-8")
        again = reference_notes(file)
        factor = file.ticks_per_beat // score.ticks_per_beat
        expected = [
            (onset * factor, (onset + length) * factor, pitch, velocity)
            for onset, length, pitch, velocity, _ in score.notes.tolist()
        ]
        assert sorted(again) == sorted(expected)

    @given(normal_scores())
    def test_the_same_score_is_the_same_bytes(self, score: Score) -> None:
        assert written(score) == written(score.with_notes(score.notes.copy()))

    def test_overlapping_and_empty_notes_leave_nothing_sounding(self) -> None:
        score = make_score([(0, 100, 60, 9, 0), (50, 80, 60, 9, 0), (130, 0, 60, 9, 0)])
        assert spans(both_ways(written(score))) == [(0, 50, 60), (50, 130, 60), (130, 130, 60)]

    def test_a_grid_becomes_a_resolution_that_daws_know(self) -> None:
        score = make_score([(0, 4, 60, 9, 0)], ticks_per_beat=4)
        assert read_midi(written(score)).ticks_per_beat == 480

    def test_text_stands_in_the_conductor_track(self) -> None:
        file = mido.MidiFile(
            file=io.BytesIO(written(make_score([(0, 4, 60, 9, 0)]), "seed 7, ü")), charset="utf-8"
        )
        assert [message.text for message in file.tracks[0] if message.type == "text"] == [
            "seed 7, ü"
        ]

    def test_drums_and_only_drums_use_channel_10(self) -> None:
        tracks = tuple(Track(is_drum=index == 3) for index in range(20))
        score = make_score([(0, 4, 60, 9, index) for index in range(20)], tracks=tracks)
        file = mido.MidiFile(file=io.BytesIO(written(score)))
        channels = [
            {message.channel for message in track if message.type == "note_on"}
            for track in file.tracks[1:]
        ]
        assert channels[3] == {9}
        assert all(len(used) == 1 for used in channels)
        assert not any(9 in used for used in channels[:3] + channels[4:])

    def test_an_empty_score_is_a_file(self) -> None:
        assert len(read_midi(written(make_score([])))) == 0

    def test_a_rest_longer_than_a_delta_time_can_say_is_kept(self) -> None:
        late = make_score([(0, 4, 60, 9, 0), (3 << 28, 1 << 28, 62, 9, 0)], ticks_per_beat=9600)
        assert read_midi(written(late)) == late

    @pytest.mark.parametrize(
        ("score", "message"),
        [
            (make_score([(-1, 1, 60, 9, 0)]), "onset_tick -1 cannot be written: legal are 0 to"),
            (make_score([(0, -1, 60, 9, 0)]), "duration_tick -1 cannot"),
            (make_score([(0, 1, 128, 9, 0)]), "pitch 128 cannot be written: legal are 0 to 127"),
            (make_score([(0, 1, 60, 0, 0)]), "velocity 0 cannot be written: legal are 1 to 127"),
            (make_score([(0, 1, 60, 9, 1)]), "track 1 cannot be written: legal are 0 to 0"),
            (make_score([], tracks=(Track(program=128),)), "program 128"),
            (make_score([], tempos=(Tempo(0, 1 << 24),)), "us_per_beat 16777216"),
            (make_score([], metres=(Metre(0, 4, 3),)), "denominator 3: must be a power of two"),
            (make_score([], keys=(Key(-4, 3),)), "tick -4"),
            (make_score([], ticks_per_beat=40000), "ticks_per_beat 40000"),
            (make_score([((1 << 36) + 1, 1, 60, 9, 0)]), "onset_tick 68719476737 cannot"),
        ],
    )
    def test_what_midi_cannot_say_is_refused_in_one_line(self, score: Score, message: str) -> None:
        with pytest.raises(MidiWriteError, match=re.escape(message)) as caught:
            written(score)
        assert "\n" not in str(caught.value)


class TestPaths:
    def test_a_file_appears_whole_and_with_ordinary_permissions(self, tmp_path: Path) -> None:
        plain, path = tmp_path / "plain", tmp_path / "song.mid"
        plain.touch()
        write_midi(make_score([(0, 4, 60, 9, 0)]), path)
        assert len(read_midi(str(path))) == 1
        assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
        assert sorted(tmp_path.iterdir()) == [plain, path]

    def test_a_path_that_cannot_be_written_is_one_line_and_leaves_nothing(
        self, tmp_path: Path
    ) -> None:
        score = make_score([(0, 4, 60, 9, 0)])
        for path in (tmp_path, tmp_path / "no" / "song.mid", tmp_path / "a\0b.mid"):
            with pytest.raises(MidiWriteError, match="cannot be written") as caught:
                write_midi(score, path)
            assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("more", [-1, 0, 1])
    def test_a_file_longer_than_usual_is_read_to_its_end(self, tmp_path: Path, more: int) -> None:
        data = b"m" * (USUAL_FILE_BYTES + more)
        path = tmp_path / "long.mid"
        path.write_bytes(data)
        assert read_bounded(path) == data

    def test_a_failed_write_keeps_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "song.mid"
        write_midi(make_score([(0, 4, 60, 9, 0)]), path)
        before = path.read_bytes()
        with pytest.raises(MidiWriteError):
            write_midi(make_score([(0, 4, 200, 9, 0)]), path)
        assert path.read_bytes() == before


def reference_notes(file: mido.MidiFile) -> list[tuple[int, int, int, int]]:
    """(onset, end, pitch, velocity) of all notes, message by message, as the rules are told."""
    notes: list[tuple[int, int, int, int]] = []
    for track in file.tracks:
        tick = 0
        sounding: dict[tuple[int, int], tuple[int, int]] = {}
        pardoned: dict[tuple[int, int], int] = {}  # note-offs of notes that a re-trigger ended

        for message in track:
            if message.time:
                pardoned.clear()
            tick += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            where = (message.channel, message.note)
            begins = message.type == "note_on" and message.velocity > 0
            if not begins and pardoned.get(where):
                pardoned[where] -= 1
                continue
            if where in sounding:
                onset, velocity = sounding.pop(where)
                notes.append((onset, tick, message.note, velocity))
                if begins:
                    pardoned[where] = pardoned.get(where, 0) + 1
            if begins:
                sounding[where] = (tick, message.velocity)
        for (_, pitch), (onset, velocity) in sounding.items():
            notes.append((onset, tick, pitch, velocity))
    return notes


def corpus_files(shared: Path) -> list[Path]:
    """A few files of every corpus, spread over it."""
    files = []
    for corpus in sorted((shared / "data").iterdir()):
        found = sorted(corpus.rglob("*.mid"))
        files += found[:: max(1, len(found) // FILES_PER_CORPUS)][:FILES_PER_CORPUS]
    return files


def test_real_files_are_read_as_mido_reads_them(shared: Path) -> None:
    files = corpus_files(shared)
    assert len(files) >= 40
    for path in files:
        score = both_ways(path.read_bytes())
        got = [
            (*span, velocity)
            for span, velocity in zip(spans(score), score.notes["velocity"], strict=True)
        ]
        assert sorted(got) == sorted(reference_notes(mido.MidiFile(path))), path.name


def test_most_real_files_are_read_the_fast_way(shared: Path) -> None:
    files = corpus_files(shared)
    fast = [path for path in files if read_bulk(path.read_bytes()) is not None]
    assert len(fast) >= 0.85 * len(files)


def test_real_files_survive_writing(shared: Path) -> None:
    for path in corpus_files(shared):
        score = read_midi(path)
        assert read_midi(written(score)) == score, path.name


def test_notes_are_sorted_and_of_the_declared_type(shared: Path) -> None:
    for path in corpus_files(shared):
        notes = read_midi(path).notes
        keys = np.stack([notes["onset_tick"], notes["track"], notes["pitch"]], axis=1)
        assert (np.lexsort(keys.T[::-1]) == np.arange(len(notes))).all(), path.name
