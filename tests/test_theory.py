"""Key, metre and bar lines from notes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.midifile import read_midi
from musicgan.notes import NOTE
from musicgan.score import Key, Metre, Score, Track
from musicgan.theory import MAX_BARS, downbeats, estimate_key, infer_metre

TPB = 24


def score_of(*rows, metres=(), is_drum=False, ticks_per_beat=TPB):
    """A score of (onset, duration, pitch) rows in ticks, all on track 0."""
    notes = np.array([(on, dur, pitch, 64, 0) for on, dur, pitch in rows], NOTE)
    return Score(
        notes, (Track(is_drum=is_drum),), metres=tuple(metres), ticks_per_beat=ticks_per_beat
    )


def scale(steps, tonic=60):
    up = [(i * TPB, TPB, tonic + step) for i, step in enumerate(steps)]
    return [*up, (len(up) * TPB, 4 * TPB, tonic)]


MAJOR = (0, 2, 4, 5, 7, 9, 11, 12, 7, 4)
MINOR = (0, 2, 3, 5, 7, 8, 11, 12, 7, 3)


@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_is_in_its_own_key(tonic):
    assert estimate_key(score_of(*scale(MAJOR, 60 + tonic))) == Key(0, tonic)
    assert estimate_key(score_of(*scale(MINOR, 60 + tonic))) == Key(0, tonic, is_minor=True)


def test_no_pitched_note_is_c_major():
    assert estimate_key(score_of()) == Key(0, 0)
    assert estimate_key(score_of((0, 4, 38), is_drum=True)) == Key(0, 0)


@pytest.mark.parametrize(
    ("collection", "share"), [("openscore-lieder", 0.88), ("nottingham", 0.92)]
)
def test_the_key_agrees_with_the_key_signature(shared, collection, share):
    """Of 50 real pieces with one signature; a key and its relative have the same."""
    agree = []
    for path in sorted((shared / "data" / collection).rglob("*.mid"))[2::5]:
        score = read_midi(path)
        stated = {signature(key) for key in score.keys}
        if len(stated) == 1 and len(agree) < 50:
            agree.append(signature(estimate_key(score)) in stated)
    assert len(agree) == 50
    assert np.mean(agree) >= share


def signature(key):
    """The tonic of the major key with this signature."""
    return (key.tonic + 3 * key.is_minor) % 12


def test_a_chorale_ends_on_its_tonic(shared):
    """Nine chorales in ten, since the last bass note is the tonic of nearly all."""
    ends = []
    for path in sorted((shared / "data" / "bach-chorales").rglob("*.mid"))[::6]:
        score = read_midi(path)
        end_tick = score.notes["onset_tick"] + score.notes["duration_tick"]
        last_bass = score.notes["pitch"][end_tick == end_tick.max()].min()
        ends.append(estimate_key(score).tonic == last_bass % 12)
    assert np.mean(ends) >= 0.85


NOTES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 50), st.integers(30, 90)), min_size=1, max_size=20
)


@given(NOTES, st.integers(-12, 12))
def test_transposing_a_score_transposes_its_key(rows, semitones):
    score = score_of(*rows)
    here, there = estimate_key(score), estimate_key(score.transposed(semitones))
    assert there == Key(0, (here.tonic + semitones) % 12, here.is_minor)


def test_no_metre_is_four_four():
    assert downbeats(score_of((0, 5 * TPB, 60))).tolist() == [0, 4 * TPB, 8 * TPB]


def test_no_notes_no_bars():
    assert downbeats(score_of()).tolist() == [0]


def test_a_short_first_bar_keeps_its_length():
    upbeat = [Metre(0, 1, 8), Metre(TPB // 2, 6, 8)]
    bars = downbeats(score_of((0, 4 * TPB, 60), metres=upbeat))
    assert bars.tolist() == [0, TPB // 2, TPB // 2 + 3 * TPB, TPB // 2 + 6 * TPB]


def test_a_change_inside_a_bar_begins_a_new_one():
    metres = [Metre(0, 4, 4), Metre(6 * TPB, 3, 4)]
    bars = downbeats(score_of((0, 9 * TPB, 60), metres=metres))
    assert (bars // TPB).tolist() == [0, 4, 6, 9]


def test_a_metre_that_begins_late_follows_four_four():
    bars = downbeats(score_of((0, 10 * TPB, 60), metres=[Metre(4 * TPB, 3, 4)]))
    assert (bars // TPB).tolist() == [0, 4, 7, 10]


def test_bars_of_a_fraction_of_a_step_last_one_step():
    bars = downbeats(score_of((0, 5, 60), metres=[Metre(0, 1, 64)], ticks_per_beat=4))
    assert bars.tolist() == [0, 1, 2, 3, 4, 5]


def test_bars_do_not_drift_when_a_beat_is_not_a_whole_step():
    """Bars of 3/8 on a grid of 3 steps a beat: 4.5 steps each, every second one on a step."""
    bars = downbeats(score_of((0, 900, 60), metres=[Metre(0, 3, 8)], ticks_per_beat=3))
    assert bars[::2].tolist() == list(range(0, 901, 9))


def test_an_absurd_map_cannot_fill_the_memory():
    far = score_of((2**40, 1, 60), metres=[Metre(0, 1, 2**20)])
    assert len(downbeats(far)) <= MAX_BARS + 2


METRES = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 12), st.sampled_from([0, 1, 2, 4, 8, 16, 32])),
    max_size=6,
    unique_by=lambda row: row[0],
)


@given(NOTES, METRES, st.sampled_from([1, 4, 24, 480]))
def test_bars_ascend_and_end_with_the_music(rows, metres, ticks_per_beat):
    score = score_of(
        *rows, metres=[Metre(*row) for row in sorted(metres)], ticks_per_beat=ticks_per_beat
    )
    bars = downbeats(score)
    assert bars[0] == 0
    assert (np.diff(bars) >= 1).all()
    assert bars[-2] < score.end_tick <= bars[-1]


def test_a_plausible_map_is_believed():
    metres = (Metre(0, 1, 8), Metre(TPB // 2, 6, 8))
    assert infer_metre(score_of((0, 40 * TPB, 60), metres=metres)) == metres


@pytest.mark.parametrize("stated", [(), (Metre(0, 1, 4),)])
@pytest.mark.parametrize("beats", [3, 4])
def test_a_bass_on_every_bar_line_tells_the_metre(stated, beats):
    rows = []
    for beat in range(beats * 16):
        first = beat % beats == 0
        rows.append((beat * TPB, TPB * (beats if first else 1), 40 if first else 67))
    assert infer_metre(score_of(*rows, metres=stated)) == (Metre(0, beats, 4),)
