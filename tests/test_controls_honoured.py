"""The script that measures whether options are honoured: its measures by hand, and its table."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "controls_honoured.py"


@pytest.fixture(scope="module")
def script():
    sys.path.insert(0, str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("controls_honoured", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.remove(str(SCRIPT.parent))
    return module


def song(*notes, metre=(4, 4)):
    """Notes (begin, end, pitch) in seconds, at 60 beats a minute."""
    made = pretty_midi.PrettyMIDI(initial_tempo=60)
    made.time_signature_changes.append(pretty_midi.TimeSignature(*metre, 0))
    part = pretty_midi.Instrument(73, name="Alto")
    part.notes = [pretty_midi.Note(80, pitch, begin, end) for begin, end, pitch in notes]
    made.instruments.append(part)
    return made


C_AM = song((0, 4, 48), (0, 2, 64), (2.5, 3, 65), (4, 8, 57), (4, 8, 60), (5, 8, 62))
"""A bar of C with a passing F, and one of A minor with a D on its second beat."""


def test_notes_of_a_chord_are_counted_by_bar_and_beat(script):
    assert script.in_chord(C_AM, on_beats=True) == pytest.approx(100 * 4 / 5)
    assert script.in_chord(C_AM, on_beats=False) == pytest.approx(100 * 4 / 6)


def test_bars_are_named_and_their_roots_heard(script):
    assert script.named(song((0, 4, 48), (0, 4, 52), (0, 4, 55), (4, 8, 48), (4, 8, 64))) == 50
    assert script.rooted(C_AM) == 100
    assert script.rooted(song((0, 4, 52), (4, 8, 57))) == 50


def test_the_plain_measures_by_hand(script):
    assert script.in_scale(C_AM, 0, script.MAJOR) == 100
    assert script.in_scale(C_AM, 2, script.MAJOR) == pytest.approx(100 * 3 / 6)
    assert script.notes_a_bar(C_AM) == 3
    assert script.mean_pitch(song((0, 1, 60), (1, 2, 70))) == 65
    assert script.pitch_range(song((0, 1, 60), (1, 2, 70), (2, 3, 62))) == 10
    assert script.tempo_bpm(C_AM) == pytest.approx(60)
    assert [script.in_metre(song((0, 9, 60), metre=m)) for m in ((4, 4), (3, 4))] == [0, 100]
    assert script.in_range(song((0, 1, 59), (1, 2, 60))) == 50
    louder = song((0, 1, 60), (7, 8, 60))
    louder.instruments[0].notes[1].velocity = 100
    assert script.swell(louder) == 20


def test_parallels_are_of_two_voices_that_move_together_from_beat_to_beat(script):
    """Fourths going along are none; made fifths, they are one of three moves."""
    two = song((0, 1, 60), (1, 2, 62), (2, 3, 64), (3, 4, 62))
    two.instruments.append(pretty_midi.Instrument(42, name="Tenor"))
    for begin, pitch in enumerate((55 - 12, 57 - 12, 69, 67)):
        two.instruments[1].notes.append(pretty_midi.Note(80, pitch, begin, begin + 1))
    assert script.in_parallels(two) == pytest.approx(0)
    for note in two.instruments[1].notes[:2]:
        note.pitch += 10
    assert script.in_parallels(two) == pytest.approx(100 / 3)


def test_what_comes_again_is_counted_note_by_note(script):
    """Sections of two bars: the second has half of the first one's notes, the last a bar of it."""
    a, second = [(0, 1, 60), (4, 5, 62)], [(8, 9, 60), (13, 14, 62)]
    b, last = [(16, 17, 60), (20, 21, 60)], [(24, 25, 60), (28, 32, 70)]
    assert script.returned(song(*a, *second, *b, *last)) == pytest.approx(100 * 2 / 3)


def test_voices_are_crossed_where_the_lower_one_is_above(script):
    two = song((0, 1, 60), (1, 2, 62), (2, 3, 64), (3, 4, 62))
    assert np.isnan(script.crossed(two))
    two.instruments.append(pretty_midi.Instrument(42, name="Tenor"))
    for begin, pitch in enumerate((50, 62, 65, 50)):
        two.instruments[1].notes.append(pretty_midi.Note(80, pitch, begin, begin + 1))
    assert script.crossed(two) == pytest.approx(25)


def test_a_difference_has_its_interval_and_leaves_out_songs_of_nothing(script):
    one, other = np.array([1.0, 2.0, np.nan]), np.array([2.0, 3.0, 9.0])
    assert script.compared(one, other) == "1.5 | 2.5 | +1.0 [+1.0, +1.0]"


def test_only_a_model_that_knows_the_heights_of_its_voices_is_asked_for_them(script):
    told = [
        script.runs(script.open_any(script.bundled_path(style))) for style in ("chorale", "fiddle")
    ]
    assert told[1].keys() - told[0].keys() == {"wandering", "at home"}


def test_the_table(script, monkeypatch, capsys):
    words = ["controls_honoured.py", "--style", "chorale", "--seeds", "2", "--bars", "4"]
    monkeypatch.setattr("sys.argv", words)
    assert script.main() == 0
    lines = capsys.readouterr().out.splitlines()
    known = [row for row in script.ROWS if not row.option.startswith("--tessitura")]
    assert len(lines) == 2 + len(known) == 1 + len(script.ROWS)
    assert all(re.fullmatch(r"\| chorale \|.*\[.*\] \|", line) for line in lines[2:])
    [chords] = [line for line in lines if "in the bar's chord" in line and "--chords" in line]
    assert " | 100.0 | " in chords
