"""Note values, rests and names of pitches, as a musician writes them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.notation import NOTE_VALUES, note_pieces, rests, spell
from musicgan.score import Key


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (Key(0, 0), "C C# D Eb E F F# G G# A Bb B"),
        (Key(0, 9, True), "C C# D D# E F F# G G# A Bb B"),
        (Key(0, 5, True), "C Db D Eb E F Gb G Ab A Bb B"),
        (Key(0, 4), "B# C# D D# E E# F# G G# A A# B"),
    ],
)
def test_pitches_are_named_as_the_key_has_them(key: Key, names: str) -> None:
    found = [spell(pitch, key) for pitch in range(60, 72)]
    said = [letter + ("#" * sharps or "b" * -sharps) for letter, sharps, _ in found]
    assert said == names.split()
    classes = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    for pitch, (letter, sharps, octave) in zip(range(60, 72), found, strict=True):
        assert 12 * (octave + 1) + classes[letter] + sharps == pitch


def test_notes_are_cut_at_bar_lines_and_into_note_values() -> None:
    assert list(note_pieces(2, 40, [0, 16, 32], 4)) == [(2, 4), (4, 16), (16, 32), (32, 40)]
    assert list(note_pieces(0, 5, [0, 16], 4)) == [(0, 4), (4, 5)]


@given(st.integers(0, 40), st.integers(0, 60), st.sampled_from([4, 12]))
def test_pieces_follow_each_other_and_each_is_a_note(start: int, length: int, grid: int) -> None:
    found = list(note_pieces(start, start + length, [0, 4 * grid, 8 * grid], grid))
    assert sum(end - begin for begin, end in found) == length
    assert all(Fraction(end - begin, grid) in NOTE_VALUES for begin, end in found)
    assert [begin for begin, _ in found[1:]] == [end for _, end in found[:-1]]


def test_a_whole_rest_stands_for_a_whole_bar_alone() -> None:
    assert list(rests(0, 16, 16, 4)) == [(0, 16)]
    assert list(rests(0, 24, 24, 4)) == [(0, 24)]
    assert list(rests(4, 20, 20, 4)) == [(4, 12), (12, 20)]
    assert list(rests(0, 24, 32, 4)) == [(0, 8), (8, 16), (16, 24)]
    assert list(rests(4, 16, 16, 4)) == [(4, 16)]
