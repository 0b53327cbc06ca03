"""Bars are heard in the notes alone."""

from dataclasses import replace

import numpy as np
import pytest

from musicgan.midifile import read_midi
from musicgan.notes import NOTE
from musicgan.pulse import CANDIDATES, FEWEST_NOTES, Bars, accents_of, hear_bars
from musicgan.score import Score, Track
from musicgan.theory import infer_metre

TPB = 24
# Onsets in cells of a sixteenth, lengths in cells, pitches: a bass and what goes over it.
MARCH = (16, [(0, 4, 36), (8, 4, 43)], [(4, 4, 64), (12, 4, 64), (0, 8, 72), (8, 8, 76)])
WALTZ = (12, [(0, 4, 36)], [(4, 4, 64), (8, 4, 64), (4, 4, 67), (8, 4, 67), (0, 12, 76)])
JIG = (12, [(0, 12, 36)], [(0, 4, 72), (4, 2, 74), (6, 4, 76), (10, 2, 74), (0, 6, 60), (6, 6, 60)])
HARMONY = (0, 5, 7, 0, 9, 2, 7, 0)


def piece(pattern, bars=24, start_cell=0, tpb=TPB):
    """A pattern repeated over changing harmony, its first bar line at `start_cell`."""
    length, bass, over = pattern
    rows = []
    for bar in range(bars):
        for cell, duration, pitch in bass + over:
            onset = (start_cell + bar * length + cell) * tpb // 4
            rows.append((onset, duration * tpb // 4, pitch + HARMONY[bar % 8], 64, 0))
    return Score(np.array(sorted(rows), NOTE), ticks_per_beat=tpb)


@pytest.mark.parametrize("start_cell", [0, 4, 6, 37])
@pytest.mark.parametrize(
    ("pattern", "metre"),
    [(MARCH, (4, 4)), (WALTZ, (3, 4)), (JIG, (6, 8))],
    ids=["march", "waltz", "jig"],
)
def test_dances_are_told_apart_wherever_they_begin(pattern, metre, start_cell):
    assert hear_bars(piece(pattern, start_cell=start_cell)) == Bars(*metre, start_cell % pattern[0])


@pytest.mark.parametrize("tpb", [4, 480])
def test_resolution_does_not_matter(tpb):
    assert hear_bars(piece(WALTZ, tpb=tpb)) == hear_bars(piece(WALTZ))


@pytest.mark.parametrize("semitones", [-7, 5])
def test_key_does_not_matter(semitones):
    score = piece(JIG, start_cell=6)
    assert hear_bars(score.transposed(semitones)) == hear_bars(score)


def test_too_little_music_tells_nothing():
    assert hear_bars(Score(np.zeros(0, NOTE))) is None
    assert hear_bars(piece(MARCH, bars=1)) is None
    assert len(piece(MARCH, bars=1)) < FEWEST_NOTES


def test_a_note_in_the_far_future_costs_no_memory():
    score = piece(WALTZ)
    far = score.notes[-1:].copy()
    far["onset_tick"] = 10**12
    accents = accents_of(score.with_notes(np.append(score.notes, far)))[1]
    assert accents.shape[1] < 1000
    assert hear_bars(score.with_notes(np.append(score.notes, far))) == hear_bars(score)


def test_drums_alone_tell_nothing():
    waltz = piece(WALTZ)
    assert hear_bars(Score(waltz.notes, (Track(is_drum=True),), ticks_per_beat=TPB)) is None


@pytest.mark.parametrize(
    ("collection", "share"), [("openscore-lieder", 0.85), ("nottingham", 0.95), ("pop909", 0.9)]
)
def test_hidden_metres_are_found_again(shared, collection, share):
    """Duple or triple is told in most of 40 real pieces whose metre is known and hidden."""
    triple = {candidate.numerator: candidate.length == 12 for candidate in CANDIDATES}
    answers = []
    for path in sorted((shared / "data" / collection).rglob("*.mid"))[1::5]:
        score = read_midi(path)
        stated = {metre.numerator for metre in score.metres} if collection != "pop909" else {4}
        if len(stated) == 1 and stated <= triple.keys() and len(answers) < 40:
            heard = infer_metre(replace(score, metres=()))[-1].numerator
            answers.append(triple[heard] == triple[stated.pop()])
    assert len(answers) == 40
    assert np.mean(answers) >= share
