"""General MIDI's instruments: the names others give them, and what they can play."""

import pretty_midi
import pytest

from musicgan.errors import ComposeError
from musicgan.instruments import ANYTHING, COMPASSES, PROGRAMS, find_program


def test_names_are_those_that_others_use():
    """Two of pretty_midi's 128 are spelled otherwise."""
    theirs = [pretty_midi.program_to_instrument_name(program) for program in range(128)]
    other = [(own, known) for own, known in zip(PROGRAMS, theirs, strict=True) if own != known]
    assert other == [("Blown Bottle", "Blown bottle"), ("Lead 4 (chiff)", "Lead 4 chiff")]


def test_what_each_can_play_is_possible_and_known_for_all_but_synthesisers_and_noises():
    assert len(COMPASSES) == 128
    assert all(0 <= low < high <= 127 for low, high, _ in COMPASSES)
    anything = {name for name, known in zip(PROGRAMS, COMPASSES, strict=True) if known == ANYTHING}
    for name in ("Flute", "Violin", "Church Organ", "Acoustic Grand Piano", "Acoustic Bass"):
        assert name not in anything
    assert {"Lead 1 (square)", "FX 8 (sci-fi)", "Gunshot", "Synth Drum"} <= anything


@pytest.mark.parametrize(
    ("name", "low", "high", "is_single"),
    [
        ("Flute", 60, 96, True), ("Violin", 55, 100, True), ("Bassoon", 34, 75, True),
        ("Acoustic Grand Piano", 21, 108, False), ("Cello", 36, 81, True),
    ],
)  # fmt: skip
def test_compasses_by_hand(name, low, high, is_single):
    assert COMPASSES[find_program(name)] == (low, high, is_single)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("1", 0), ("128", 127), (" 74 ", 73), ("flute", 73), ("FLUTE", 73), ("nylon", 24),
        ("piano", 0), ("double bass", 43), ("harp", 46), ("Lead 8 (bass + lead)", 87),
        ("bassoon", 70), ("church", 19),
    ],
)  # fmt: skip
def test_a_program_is_found_by_number_name_or_part(text, program):
    assert find_program(text) == program


@pytest.mark.parametrize("text", ["0", "129", "99999", "-1", "1.5", "zither", "", " "])
def test_what_is_no_program_is_refused(text):
    with pytest.raises(ComposeError, match="from 1 to 128"):
        find_program(text)


def test_a_part_of_several_names_lists_them():
    with pytest.raises(ComposeError, match="'trum': choose one of Trumpet, Muted Trumpet"):
        find_program("trum")
