"""Chord symbols, progressions over bars, and the key that fits them."""

import pytest

from musicgan.chords import parse_chord, parse_progression
from musicgan.errors import ComposeError


@pytest.mark.parametrize(
    ("symbol", "root", "tones"),
    [
        ("C", 0, {0, 4, 7}), ("Am", 9, {9, 0, 4}), ("F#m7", 6, {6, 9, 1, 4}),
        ("Bb7", 10, {10, 2, 5, 8}), ("Gdim", 7, {7, 10, 1}), ("Eaug", 4, {4, 8, 0}),
        ("Dsus4", 2, {2, 7, 9}), ("Cmaj7", 0, {0, 4, 7, 11}), ("Cb", 11, {11, 3, 6}),
        ("B#m", 0, {0, 3, 7}), ("B♭°7", 10, {10, 1, 4, 7}), ("F5", 5, {5, 0}),
        ("Bm7b5", 11, {11, 2, 5, 9}), ("Gm-", None, None), ("Ab", 8, {8, 0, 3}),
    ],
)  # fmt: skip
def test_chords_by_hand(symbol, root, tones):
    if root is None:
        with pytest.raises(ComposeError, match="is no kind of chord"):
            parse_chord(symbol)
        return
    chord = parse_chord(symbol)
    assert (chord.root, chord.tones, chord.bass) == (root, frozenset(tones), None)


def test_a_slash_names_the_bass():
    assert (parse_chord("C/E").tones, parse_chord("C/E").bass) == (frozenset({0, 4, 7}), 4)
    assert parse_chord("Dm7/Gb").bass == 6


@pytest.mark.parametrize("symbol", ["am", "H", "", "C/", "C/x", "#", "C//E", "%"])
def test_what_is_no_chord_is_said_in_one_line(symbol):
    with pytest.raises(ComposeError, match=r"chord '.*': begin with a capital letter|no kind"):
        parse_chord(symbol)


def test_an_unknown_kind_lists_the_known_ones():
    with pytest.raises(ComposeError, match=r"chord 'Cmajor': 'major' is no kind.*known are maj, M"):
        parse_chord("Cmajor")


def test_without_bar_lines_there_is_a_chord_a_bar():
    song = parse_progression("C Am  F G")
    assert [[chord.symbol for chord in bar] for bar in song.bars] == [["C"], ["Am"], ["F"], ["G"]]
    assert song.bar(5)[0].symbol == "Am"


@pytest.mark.parametrize("text", ["C Am | F G", "| C Am | F G |", "|C Am|F G|", " C Am|F G "])
def test_with_bar_lines_a_bar_has_several(text):
    song = parse_progression(text)
    assert [[chord.symbol for chord in bar] for bar in song.bars] == [["C", "Am"], ["F", "G"]]
    assert str(song) == "C Am | F G"


@pytest.mark.parametrize("text", ["C Am F G", "C Am | F", "C", "C/E | F"])
def test_what_is_written_down_reads_the_same(text):
    assert parse_progression(str(parse_progression(text))) == parse_progression(text)


def test_one_bar_of_several_chords_stays_one():
    for progression in (parse_progression("C F |"), parse_progression("C F | G")):
        assert parse_progression(str(progression)) == progression


def test_an_empty_progression_and_an_empty_bar_are_refused():
    for text in ("", "  ", "|", "| |"):
        with pytest.raises(ComposeError, match="none are given; write one a bar"):
            parse_progression(text)
    with pytest.raises(ComposeError, match="bar 2 is empty; repeat the chord that goes on in it"):
        parse_progression("C | | F")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("C Am F G", "C"), ("Am F C G", "Am"), ("Dm7 G7 Cmaj7", "C"), ("G D Em C", "G"),
        ("Em C G D", "Em"), ("Am G F E", "Am"), ("F#m7 B7 | E", "E"), ("Cm Fm G7 Cm", "Cm"),
        ("F G C", "C"), ("C7 F7 G7", "C"), ("Bb Gm Eb F7", "Bb"), ("A7 D7 G7 C", "C"),
    ],
)  # fmt: skip
def test_the_key_is_the_one_a_musician_would_name(text, key):
    assert str(parse_progression(text).key) == key


def test_transposed_chords_are_in_the_transposed_key():
    up = {"C": "E", "Am": "C#m", "F": "A", "G": "B", "Dm": "F#m", "E7": "Ab7"}
    for text in ("C Am F G", "Am F E7", "Dm G", "F C Dm"):
        moved = " ".join(up[symbol] for symbol in text.split())
        own, other = parse_progression(text).key, parse_progression(moved).key
        assert (other.tonic - own.tonic) % 12 == 4 and own.is_minor == other.is_minor
