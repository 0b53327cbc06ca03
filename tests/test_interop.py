"""Scores through pretty_midi, music21 and MusicXML, and back."""

import builtins
import collections
import importlib
import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from midifile.making import make_score, normal_scores, written

from musicgan.errors import MidiReadError, MidiWriteError, MissingExtraError
from musicgan.interop import from_pretty_midi, to_music21, to_pretty_midi, write_musicxml
from musicgan.midifile import read_midi
from musicgan.score import Key, Metre, Score, Tempo, Track


@pytest.fixture(scope="module")
def music21() -> ModuleType:
    """A second to import, which other tests need not wait for."""
    return importlib.import_module("music21")


PIANO_AND_DRUMS = (Track("Piano", 0), Track("Kit", is_drum=True))
WALTZ = make_score(
    [
        (0, 480, 60, 90, 0),
        (0, 480, 64, 80, 0),
        (480, 1200, 67, 70, 0),
        (720, 240, 72, 60, 0),
        (960, 240, 38, 99, 1),
        (1680, 600, 55, 50, 0),
    ],
    tracks=PIANO_AND_DRUMS,
    tempos=(Tempo(0, 500_000), Tempo(960, 400_000)),
    metres=(Metre(0, 3, 4),),
    keys=(Key(0, 7),),
)


class TestPrettyMidi:
    def test_a_score_survives_there_and_back(self) -> None:
        assert from_pretty_midi(to_pretty_midi(WALTZ)) == WALTZ

    @given(normal_scores())
    def test_notes_survive_there_and_back(self, score: Score) -> None:
        again = from_pretty_midi(to_pretty_midi(score)).snapped(score.ticks_per_beat)
        assert np.array_equal(again.notes, score.notes)
        assert (again.metres, again.keys) == (score.metres, score.keys)
        assert len(again.tracks) == len(score.tracks)

    def test_pretty_midi_hears_what_it_reads_from_our_files(self) -> None:
        theirs = pretty_midi.PrettyMIDI(io.BytesIO(written(WALTZ)))
        ours = to_pretty_midi(WALTZ)
        for mine, read in zip(ours.instruments, theirs.instruments, strict=True):
            assert (mine.name, mine.program, mine.is_drum) == (
                read.name,
                read.program,
                read.is_drum,
            )
            assert sorted(map(repr, mine.notes)) == sorted(map(repr, read.notes))

    def test_notes_keep_their_seconds(self) -> None:
        midi = pretty_midi.PrettyMIDI(initial_tempo=90)
        midi.instruments.append(pretty_midi.Instrument(40, name="Violin"))
        midi.instruments[0].notes.append(pretty_midi.Note(100, 76, 1.0, 2.5))
        score = from_pretty_midi(midi)
        assert score.tracks == (Track("Violin", 40),)
        assert score.duration_sec == pytest.approx(2.5, abs=0.005)
        assert score.notes["pitch"].tolist() == [76]

    @pytest.mark.parametrize(
        "values", [(0, 60, 0, 1), (9, 128, 0, 1), (9, -1, 0, 1), (9, 60, -1, 1)]
    )
    def test_notes_that_are_none_are_refused(self, values: tuple[int, int, float, float]) -> None:
        midi = pretty_midi.PrettyMIDI()
        midi.instruments.append(pretty_midi.Instrument(0))
        midi.instruments[0].notes.append(pretty_midi.Note(*values))
        with pytest.raises(MidiReadError, match="is no MIDI note"):
            from_pretty_midi(midi)

    def test_a_tempo_map_too_long_for_pretty_midi_is_refused(self) -> None:
        score = make_score([], tempos=(Tempo(20_000_000, 400_000),))
        with pytest.raises(MidiWriteError, match="pretty_midi cannot hold"):
            to_pretty_midi(score)


def sounding(part: Any, grid: int) -> collections.Counter[tuple[int, int, int]]:
    """(onset, duration, pitch) of the notes of a part in steps, ties joined."""
    found: collections.Counter[tuple[int, int, int]] = collections.Counter()
    waiting: dict[int, tuple[int, int]] = {}  # pitch: (onset, end so far) of tied notes
    for element in sorted(part.flatten().notes, key=lambda element: element.offset):
        onset = round(float(element.offset) * grid)
        end = onset + round(float(element.quarterLength) * grid)
        for note in element.notes if element.isChord else [element]:
            pitch, tie = note.pitch.midi, note.tie or element.tie
            begun = onset
            if tie and tie.type != "start":
                begun, so_far = waiting.pop(pitch)
                assert so_far == onset
            if tie and tie.type != "stop":
                waiting[pitch] = (begun, end)
            else:
                found[begun, end - begun, pitch] += 1
    assert not waiting
    return found


def expected(score: Score, grid: int, track: int) -> collections.Counter[tuple[int, int, int]]:
    rows = score.snapped(grid).notes.tolist()
    return collections.Counter(row[:3] for row in rows if row[4] == track)


class TestMusic21:
    def test_a_score_has_parts_metre_key_and_tempo(self, music21: ModuleType) -> None:
        stream = to_music21(WALTZ)
        assert [part.partName for part in stream.parts] == ["Piano", "Kit"]
        first = stream.parts[0].measure(1)
        assert first.timeSignature.ratioString == "3/4"
        assert first.keySignature.tonic.name == "G"
        marks = stream.flatten().getElementsByClass(music21.tempo.MetronomeMark)
        assert [mark.number for mark in marks] == [120, 150]

    def test_what_rounds_on_to_the_last_bar_line_makes_no_bar_of_its_own(self) -> None:
        """A stroke a hundredth of a beat before the end of the second bar."""
        notes = [(0, 480, 60, 64, 0), (8 * 480 - 4, 4, 62, 64, 0), (8 * 480 - 100, 96, 62, 64, 0)]
        part = to_music21(make_score(notes, metres=(Metre(0, 4, 4),))).parts[0]
        assert [bar.highestTime for bar in part.getElementsByClass("Measure")] == [4.0, 4.0]
        last = list(part.flatten().notes)[-1]
        assert (last.offset, last.quarterLength, last.pitch.midi) == (7.75, 0.25, 62)

    def test_bars_are_full(self) -> None:
        for part in to_music21(WALTZ).parts:
            lengths = [measure.highestTime for measure in part.getElementsByClass("Measure")]
            assert lengths == [3.0, 3.0]

    def test_an_empty_score_is_one_bar_of_rest(self) -> None:
        part = to_music21(make_score([])).parts[0]
        assert [rest.quarterLength for rest in part.flatten().notesAndRests] == [4.0]

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 47), st.integers(1, 40), st.integers(0, 127), st.integers(0, 1)
            ),
            min_size=1,
            max_size=12,
        ),
        st.sampled_from([4, 12]),
        st.sampled_from([Metre(0, 4, 4), Metre(0, 3, 8), Metre(0, 7, 16)]),
    )
    @settings(max_examples=15)
    def test_every_note_is_written_with_its_length(
        self, rows: list[tuple[int, int, int, int]], grid: int, metre: Metre
    ) -> None:
        score = make_score(
            [(onset, length, pitch, 64, track) for onset, length, pitch, track in rows],
            tracks=PIANO_AND_DRUMS,
            metres=(metre, Metre(17, 2, 4)),
            ticks_per_beat=grid,
        ).snapped(grid)
        has_triplets = (score.notes["onset_tick"] * 3 % grid == 0) & (
            score.notes["onset_tick"] % grid != 0
        )
        grid = 12 if has_triplets.any() else 4
        for track, part in enumerate(to_music21(score).parts):
            assert sounding(part, grid) == expected(score, grid, track)

    def test_triplets_are_written_as_triplets(self, music21: ModuleType) -> None:
        score = make_score([(step * 160, 160, 60 + step, 64, 0) for step in range(12)])
        part = to_music21(score).parts[0]
        assert sounding(part, 12) == expected(score, 12, 0)
        assert {note.duration.tuplets[0].tupletMultiplier() for note in part.flatten().notes} == {
            music21.common.opFrac(2 / 3)
        }


class TestMusicXml:
    def test_the_same_score_is_the_same_file(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_musicxml(WALTZ, tmp_path / name, title="Waltz", composer="Nobody", text="how")
        one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))
        assert one == two
        assert b"<movement-title>Waltz<" in one and b">Nobody<" in one and b">how<" in one
        assert b"encoding-date" not in one

    def test_low_parts_are_in_the_bass_clef_and_drums_in_their_own(
        self, music21: ModuleType
    ) -> None:
        low = make_score([(0, 480, 40, 64, 0), (480, 480, 43, 64, 0)])
        signs = [
            part.flatten().getElementsByClass("Clef").first() for part in to_music21(low).parts
        ]
        assert isinstance(signs[0], music21.clef.BassClef)
        drums = to_music21(WALTZ).parts[1].flatten().getElementsByClass("Clef").first()
        assert isinstance(drums, music21.clef.PercussionClef)

    def test_tenors_read_an_octave_higher_and_pianists_do_not(self, music21: ModuleType) -> None:
        between = [(step * 480, 480, pitch, 64, 0) for step, pitch in enumerate((53, 57, 60, 65))]
        for program, octave in ((52, True), (0, False)):
            score = make_score(between, tracks=(Track("Tenor", program),))
            clef = to_music21(score).parts[0].flatten().getElementsByClass("Clef").first()
            assert isinstance(clef, music21.clef.Treble8vbClef) == octave

    def test_parts_are_abbreviated_by_names_of_their_own_and_end_in_a_double_bar(self) -> None:
        names = ("Soprano", "Piano right hand", "")
        notes = [(0, 480, 60, 64, index) for index in range(3)]
        parts = to_music21(make_score(notes, tracks=tuple(map(Track, names)))).parts
        assert [part.partAbbreviation for part in parts] == ["S.", "P. r. h.", "Pno"]
        for part in parts:
            bars = part.getElementsByClass("Measure")
            assert [bar.rightBarline is not None for bar in bars] == [False] * (len(bars) - 1) + [
                True
            ]
            assert bars[-1].rightBarline.type == "final"

    def test_music21_reads_the_same_notes_back(self, music21: ModuleType, tmp_path: Path) -> None:
        path = tmp_path / "waltz.musicxml"
        write_musicxml(WALTZ, path)
        again = music21.converter.parse(path)
        for track, part in enumerate(again.parts):
            assert sounding(part, 4) == expected(WALTZ, 4, track)
        assert [part.partName for part in again.parts] == ["Piano", "Kit"]

    @pytest.mark.parametrize(("beats", "sounding_beats"), [(5, 1), (6, 2), (6, 1), (12, 3)])
    def test_chords_beside_long_rests_stay_in_their_bars(
        self, music21: ModuleType, tmp_path: Path, beats: int, sounding_beats: int
    ) -> None:
        """Of a bar with one chord and a whole rest music21 makes a longer one."""
        notes = [
            (bar * beats * 480, sounding_beats * 480, pitch, 64, 0)
            for bar in range(3)
            for pitch in (60, 64)
        ]
        score = make_score(notes, metres=(Metre(0, beats, 4),))
        write_musicxml(score, tmp_path / "out.musicxml")
        again = music21.converter.parse(tmp_path / "out.musicxml")
        assert sounding(again.parts[0], 4) == expected(score, 4, 0)

    def test_names_that_xml_has_no_place_for_are_written_without_that(
        self, music21: ModuleType, tmp_path: Path
    ) -> None:
        odd = "a\x1bb\ud8ff"
        score = make_score([(0, 480, 60, 64, 0)], tracks=(Track(odd),))
        write_musicxml(score, tmp_path / "x.musicxml", title=odd, composer=odd, text=odd)
        again = music21.converter.parse(tmp_path / "x.musicxml")
        assert (again.metadata.bestTitle, again.parts[0].partName) == ("ab", "ab")

    @pytest.mark.parametrize(
        "name",
        [
            "bach-chorales/bwv1.6.mid",
            "nottingham/jigs319.mid",
            "groove/drummer2__session2__13_rock_130_beat_4-4.mid",
        ],
    )
    def test_real_files_are_read_back_the_same(
        self, music21: ModuleType, shared: Path, name: str, tmp_path: Path
    ) -> None:
        score = read_midi(shared / "data" / name)
        write_musicxml(score, tmp_path / "out.xml")
        again = music21.converter.parse(tmp_path / "out.xml", format="musicxml")
        assert len(again.parts) == len(score.tracks)
        for track, part in enumerate(again.parts):
            assert sounding(part, 4) == expected(score, 4, track), part.partName

    def test_a_path_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(MidiWriteError, match="cannot be written") as caught:
            write_musicxml(WALTZ, tmp_path / "no" / "out.xml")
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []


def test_without_music21_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_music21(name: str, *rest: object) -> object:
        if name == "music21":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_music21)
    with pytest.raises(MissingExtraError, match=r"pip install 'musicgan\[score\]'"):
        to_music21(WALTZ)


def test_importing_loads_neither_library() -> None:
    code = "import sys, musicgan.interop, musicgan.midifile; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"music21", "pretty_midi", "symusic"} & set(loaded.stdout.split())
