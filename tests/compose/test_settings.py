"""What can be asked for: ranges named, keys read."""

import math

import pytest

from musicgan.compose.settings import MAX_BARS, Settings, parse_key, parse_metre
from musicgan.errors import ComposeError
from musicgan.score import Key

RANGES = [
    ("bars", "bars", 1, MAX_BARS),
    ("seed", "seed", 0, 2**63 - 1),
    ("temperature", "temperature", 0.05, 5),
    ("top_p", "top-p", 0.01, 1),
    ("critic", "critic", 0, 256),
    ("block", "block", 1, 64),
    ("parallels", "parallels", 0.02, 10.0),
    ("crossings", "crossings", 0.02, 10.0),
    ("returns", "returns", 0.02, 10.0),
    ("tessitura", "tessitura", 0, 1),
    ("tempo_bpm", "tempo", 20, 400),
]


@pytest.mark.parametrize(("field", "name", "low", "high"), RANGES)
def test_a_range_holds_its_ends_and_nothing_beyond(field, name, low, high):
    for value in (low, high):
        assert getattr(Settings(**{field: value}), field) == value
    for value in (low - 1, low - 0.001, high + 1, -math.inf, math.inf, math.nan):
        with pytest.raises(ComposeError) as caught:
            Settings(**{field: value})
        said = f"{name} {value} is out of range: from {low} to {high}"
        assert str(caught.value) == said


@pytest.mark.parametrize("metre", [(4, 4), (1, 1), (255, 128), (7, 8)])
def test_any_metre_that_midi_can_say_can_be_asked_for(metre):
    assert Settings(metre=metre).metre == metre


@pytest.mark.parametrize("metre", [(0, 4), (256, 4), (4, 0), (4, 3), (4, 256), (-3, 4)])
def test_other_metres_are_refused(metre):
    said = rf"metre {metre[0]}/{metre[1]}: from 1 to 255 beats, of 1, 2, 4, 8, 16, 32, 64 or 128"
    with pytest.raises(ComposeError, match=said):
        Settings(metre=metre)


def test_the_defaults_are_legal():
    assert Settings() == Settings(bars=16, temperature=1.0, top_p=1.0, critic=None)


@pytest.mark.parametrize(
    ("text", "tonic", "is_minor"),
    [
        ("C", 0, False),
        ("c", 0, True),
        ("Am", 9, True),
        ("A minor", 9, True),
        ("a min", 9, True),
        ("a major", 9, False),
        ("A maj", 9, False),
        ("f#", 6, True),
        ("F#m", 6, True),
        ("F#", 6, False),
        ("Gb", 6, False),
        ("Bb", 10, False),
        ("bb", 10, True),
        ("A#", 10, False),
        ("B", 11, False),
        ("b", 11, True),
        ("Bm", 11, True),
        ("Bbm", 10, True),
        ("Cb", 11, False),
        ("B#", 0, False),
        ("E#", 5, False),
        ("Fb", 4, False),
        ("Db", 1, False),
        ("D#m", 3, True),
        ("Eb", 3, False),
        ("G#", 8, False),
        ("Ab", 8, False),
        ("  G major ", 7, False),
    ],
)
def test_a_key_is_read(text, tonic, is_minor):
    assert parse_key(text) == Key(0, tonic, is_minor)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("is_minor", [False, True])
def test_a_key_as_it_is_printed_is_read_again(tonic, is_minor):
    key = Key(0, tonic, is_minor)
    assert parse_key(str(key)) == key


@pytest.mark.parametrize("text", ["", "H", "C##", "Amin or", "7", "C dorian", "Cm major", "é"])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ComposeError, match="write a note and a mode, such as C, F#m, Bb or"):
        parse_key(text)


def test_metres_are_read_from_text():
    assert [parse_metre(text) for text in ("3/4", " 6 / 8 ", "12/8")] == [(3, 4), (6, 8), (12, 8)]
    for text in ("", "3", "3/4/5", "a/4", "3/", "1000/4"):
        with pytest.raises(ComposeError, match="write beats in a bar and their value, such as 3/4"):
            parse_metre(text)
