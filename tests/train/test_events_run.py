"""What a run finds out about the voices of its pieces."""

import numpy as np

from musicgan.corpus.piece import Piece
from musicgan.score import Key
from musicgan.train.events_run import single_voices


def piece(*rows):
    """A piece of (wait, voice, duration) rows."""
    full = np.array([(wait, voice, 60, duration, 0) for wait, voice, duration in rows], np.int64)
    return Piece("made", full, np.arange(0, 64, 16, dtype=np.int64), Key(0, 0), (4, 4), 100.0)


def test_a_voice_is_single_when_its_notes_do_not_overlap():
    melody = [(4, 0, 4)] * 4
    chords = [(0, 1, 4), (0, 1, 4), (4, 1, 4), (0, 1, 4)]
    assert single_voices([piece(*melody, *chords)], 3) == [True, False, True]
    assert single_voices([piece((0, 0, 8), (4, 0, 4))], 1) == [False]
    # Against another voice it may sound on.
    assert single_voices([piece((0, 0, 8), (4, 1, 8), (4, 0, 4))], 2) == [True, True]


def test_one_slip_in_two_hundred_notes_is_forgiven_and_three_are_not():
    notes = [(4, 0, 4)] * 200
    notes[50] = (4, 0, 5)
    assert single_voices([piece(*notes)], 1) == [True]
    notes[60] = notes[70] = (4, 0, 5)
    assert single_voices([piece(*notes)], 1) == [False]
