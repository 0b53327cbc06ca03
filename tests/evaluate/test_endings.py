"""Endings of small pieces."""

import numpy as np
import pytest

from musicgan.evaluate.endings import Ending, ending
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Key, Score, Track

SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 65, 64, 67, 60, 72)


def piece(*last, held=8, drums=()):
    """C major in quarters and then a chord, a track a note."""
    rows = [(4 * i, 4, pitch, 80, 0) for i, pitch in enumerate(SCALE)]
    rows += [(4 * len(SCALE), held, pitch, 80, i) for i, pitch in enumerate(last)]
    tracks = tuple(Track(is_drum=i in drums) for i in range(max(len(last), 1)))
    return Score(np.array(rows, NOTE), tracks, ticks_per_beat=4)


@pytest.mark.parametrize(
    ("last", "on_tonic", "at_home"),
    [
        ((48, 64, 67), True, True),
        ((48, 63, 67), True, True),
        ((60,), True, True),
        ((48, 60, 64), True, True),
        ((52, 60, 67), False, False),
        ((55, 62, 71), False, False),
        ((48, 64, 69), True, False),
        ((48, 63, 64), True, False),
    ],
    ids=[
        "C", "C minor", "tonic alone", "no fifth", "first inversion", "G", "a sixth", "both thirds"
    ],
)  # fmt: skip
def test_the_last_chord_is_home_or_not(last, on_tonic, at_home):
    assert ending(piece(*last)) == Ending(on_tonic, at_home, True)


def test_a_key_given_is_believed():
    assert ending(piece(55, 62, 71), Key(0, 7)) == Ending(True, True, True)


def test_the_last_bass_does_not_make_itself_the_tonic():
    """D minor's scale and C major's differ by one note; a last D leaves the piece in C."""
    assert not ending(piece(50)).on_tonic


def test_held_is_longer_than_the_median_note_by_half():
    assert not ending(piece(48, 64, 67, held=5)).is_held
    assert ending(piece(48, 64, 67, held=6)).is_held


def test_drums_do_not_end_a_piece():
    assert ending(piece(48, 42, drums=(1,))) == Ending(True, True, True)
    assert ending(Score(empty_notes())) == Ending(False, False, False)
