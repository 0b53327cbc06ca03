"""The texture of a piece: its shares by hand, and songs that come near to it."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from tiny_model import choir_codec, four_voices, tiny_config

from musicgan.codecs.events import DURATION, PITCH, VOICE, WAIT
from musicgan.compose.idea import hear_idea, in_the_manner_of
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.compose.texture import EVEN_NOTES, Nearness, Texture

SOPRANO, BASS = 0, 3
LAYOUT = tiny_config(choir_codec()).layout
ROWS = np.array([[0, SOPRANO, 72, 4, 0], [0, BASS, 48, 8, 0], [4, SOPRANO, 74, 4, 0]])


def test_shares_are_of_all_notes_or_of_each_voice():
    shares = Texture.of(ROWS, LAYOUT).shares
    for one, size in zip(shares, LAYOUT.row_sizes, strict=True):
        assert one.shape[1] == size
        assert one.sum(1) == pytest.approx(np.ones(len(one)))
    assert [len(one) for one in shares] == [1, 1, 4, 4, 4]
    even = EVEN_NOTES / 4
    assert shares[VOICE][0] == pytest.approx(np.array([2 + even, even, even, 1 + even]) / 11)
    long, short = shares[DURATION][BASS, 8], shares[DURATION][SOPRANO, 8]
    assert long > 2 * short and shares[WAIT][0, 0] > shares[WAIT][0, 4] > shares[WAIT][0, 1]


def test_a_register_is_near_pitches_too():
    pitch = Texture.of(ROWS, LAYOUT).shares[PITCH]
    assert pitch[SOPRANO].argmax() == 73
    assert pitch[SOPRANO, 70] > 2 * pitch[SOPRANO, 60]
    assert np.ptp(pitch[1]) == 0  # of a voice that is silent nothing is known


def test_half_way_shares_are_halfway():
    one, other = Texture.of(ROWS, LAYOUT), Texture.of(ROWS[:1], LAYOUT)
    for part, expected in ((0, one), (1, other)):
        for mine, theirs in zip(one.towards(other, part).shares, expected.shares, strict=True):
            assert mine == pytest.approx(theirs)
    between = one.towards(other, 0.25).shares[VOICE]
    assert between == pytest.approx(0.75 * one.shares[VOICE] + 0.25 * other.shares[VOICE])


def gains(nearness, *rows):
    found = []
    for row in rows:
        nearness.hear(np.array([row]))
        found.append(float(nearness.gain[0]))
    return found


def test_what_is_there_too_often_fits_less_and_less_and_what_is_missing_more():
    nearness = Nearness(Texture.of(ROWS, LAYOUT), 1)
    basses = gains(nearness, *[[0, BASS, 48, 8, 0]] * 6)
    assert basses[0] == pytest.approx(0)  # nothing is missing of a song not begun
    assert all(later < before for before, later in pairwise(basses))
    (soprano,) = gains(nearness, [4, SOPRANO, 73, 4, 0])
    assert soprano > 0 > basses[-1]


def test_what_a_piece_never_did_fits_worse_the_oftener_it_is_done():
    nearness = Nearness(Texture.of(np.repeat(ROWS, 20, 0), LAYOUT), 1)
    strange = gains(nearness, *[[1, 1, 40, 1, 0]] * 4)
    usual = gains(nearness, [0, SOPRANO, 73, 4, 0])
    assert strange[-1] < -3 < 0 < usual[0]


def test_each_song_has_counts_of_its_own():
    nearness = Nearness(Texture.of(ROWS, LAYOUT), 1)
    both = nearness.take(np.zeros(2, np.int64))
    for _ in range(5):
        both.hear(np.array([[0, BASS, 48, 8, 0], [4, SOPRANO, 73, 4, 0]]))
    assert both.gain[0] < both.gain[1]
    (first,) = gains(nearness, [0, BASS, 48, 8, 0])  # which nobody has disturbed
    assert first == pytest.approx(0)


# In songs.


@cache
def chorale():
    return open_player(bundled_path("chorale"))


def walking(length, low=0):
    """Four voices in notes of `length` sixteenths, eight bars long."""
    places = ((v, n) for n in range(0, 128, length) for v in range(4))
    chords = ((67, 64, 60, 48), (69, 65, 60, 53), (67, 62, 59, 55))
    return four_voices(*((n, length, chords[n // length % 3][v] - low, v) for v, n in places))


def like(score, songs=3):
    """Some songs."""
    idea = hear_idea(chorale(), score, "walking")
    asked = [Settings(seed=seed, critic=0) for seed in range(songs)]
    return [compose(chorale(), in_the_manner_of(one, idea, 8)).notes for one in asked]


def test_songs_are_slow_or_fast_as_the_piece_they_are_like():
    slow, fast = (np.concatenate(like(walking(length)))["duration_tick"] for length in (8, 2))
    assert slow.mean() > 1.2 * fast.mean()


def test_and_high_or_low():
    low, high = (np.concatenate(like(walking(4, low), songs=8))["pitch"] for low in (5, -5))
    assert high.mean() > low.mean() + 1


def test_they_are_songs_of_their_own():
    piece = walking(4)
    songs = like(piece)
    assert len({song.tobytes() for song in songs}) == 3
    assert all(len(song) != len(piece.notes) or (song != piece.notes).any() for song in songs)
