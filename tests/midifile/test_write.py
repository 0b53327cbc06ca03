"""Writing MIDI: nothing is lost on the way, and nothing half-written is left."""

import io
import re
import stat
from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.errors import MidiWriteError
from musicgan.midifile import read_bounded, read_midi, write_midi
from musicgan.midifile.read import USUAL_FILE_BYTES
from musicgan.score import Key, Metre, Score, Tempo, Track

from .making import both_ways, make_score, normal_scores, reference_notes, spans, written


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


def test_tracks_end_where_the_song_does_whatever_comes_last_in_them(tmp_path):
    score = make_score([(0, 480, 60, 80, 0)])
    for end_tick, expected in ((0, 480), (300, 480), (1920, 1920)):
        write_midi(score, tmp_path / "a.mid", end_tick=end_tick)
        tracks = mido.MidiFile(tmp_path / "a.mid").tracks
        assert max(sum(message.time for message in track) for track in tracks) == expected
        assert read_midi(tmp_path / "a.mid") == score


def test_a_link_is_written_through(tmp_path):
    score = make_score([(0, 480, 60, 80, 0)])
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.mid").symlink_to(tmp_path / "folder" / "target.mid")
    write_midi(score, tmp_path / "link.mid")
    assert (tmp_path / "link.mid").is_symlink()
    assert read_midi(tmp_path / "folder" / "target.mid") == score
