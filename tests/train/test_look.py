"""Songs beside real music: shares by hand, and a map on which like lies with like."""

import numpy as np
import pytest

from musicgan.codecs.slots import as_slots
from musicgan.notes import NOTE
from musicgan.score import Metre, Score
from musicgan.train.look import LONGEST_TWELFTHS, MARGIN, Beside, song_of

from .making import BASS, DRUMS, LEAD, tune

SLOTS = as_slots([LEAD, BASS, DRUMS])


def score(*notes, bpm_metre=((3, 4),)):
    """On quarters of a beat: (onset, duration, pitch, track)."""
    rows = [(onset, duration, pitch, 90, track) for onset, duration, pitch, track in notes]
    metres = tuple(Metre(0, *metre) for metre in bpm_metre)
    tracks = tuple(slot.track for slot in SLOTS)
    return Score(np.array(rows, NOTE), tracks, metres=metres, ticks_per_beat=4)


@pytest.fixture(scope="module")
def beside():
    return Beside(4, SLOTS, [tune(seed, bars=16, drums=True) for seed in range(6)])


def test_shares_are_of_pitch_rhythm_and_interval(beside):
    song = score(
        (0, 4, 60, 0), (0, 4, 48, 1), (4, 2, 62, 0), (4, 1, 36, 2), (6, 2, 60, 0), (36, 2, 84, 0)
    )
    spread = beside.look([song])["spread"]
    assert all(sum(shares) == pytest.approx(1, abs=1e-3) for shares in spread.values())
    pitch = np.array(spread["pitch"])
    assert pitch[60 - beside.lowest] == pytest.approx(2 / 6, abs=1e-4)
    # Onsets after a beat, half a beat, and longer than is told apart.
    rhythm = np.array(spread["rhythm"])
    assert np.flatnonzero(rhythm).tolist() == [6, 12, LONGEST_TWELFTHS]
    # Up and down two semitones, up two octaves; the drum and the bass's only note have none.
    assert np.flatnonzero(spread["interval"]).tolist() == [10, 14, 24]


def test_real_music_is_on_its_own_scale(beside):
    lowest = min(int(tune(seed, bars=16, drums=True).notes["pitch"].min()) for seed in range(6))
    assert beside.lowest == lowest - MARGIN
    assert beside.real["spread"]["pitch"][0] == 0 and len(beside.real["map"]) > 6


def test_like_music_lies_among_the_real_on_the_map_and_other_music_does_not(beside):
    real = np.array(beside.real["map"])
    like = np.array(beside.look([tune(11, bars=16, drums=True)])["map"])
    one_note = score(*((i, 1, 60, 0) for i in range(128)))
    other = np.array(beside.look([one_note])["map"])

    def far(places):
        return np.linalg.norm(places[:, None] - real, axis=-1).min(1).mean()

    assert far(like) < far(other) / 3


def test_too_little_music_for_a_map_makes_none():
    small = Beside(4, SLOTS, [score((0, 4, 60, 0), (4, 4, 62, 0))])
    assert small.real["map"] == [] == small.look([tune(1)])["map"]


def test_a_song_is_in_beats():
    song = song_of(score((0, 4, 60, 0), (6, 1, 36, 2)), [0.25, 0.75])
    assert song["notes"] == [[0, 1, 60, 90, 0], [1.5, 0.25, 36, 90, 2]]
    assert song["verdicts"] == [0.25, 0.75]
    assert song["bars"] == [0, 3]
    assert (song["tracks"], song["drums"], song["bpm"]) == (["lead", "bass", "drums"], [2], 120)
