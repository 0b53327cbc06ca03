"""Songs in the manner of pieces have their metre, tempo, key and length."""

import numpy as np

from musicgan.compose.like import songs_like
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.corpus.piece import Piece
from musicgan.score import Key, Metre

ROWS = np.zeros((1, 5), np.int64)


def piece(bars, metre, bpm, key, upbeat_step=0):
    """A piece of so many bars, after an upbeat if it has one; its notes make no difference."""
    lines = np.arange(bars + 1) * 16 + upbeat_step
    return Piece("made", ROWS, np.append(0, lines) if upbeat_step else lines, key, metre, bpm)


def test_each_song_is_what_generate_would_write(choir):
    pieces = [piece(3, (4, 4), 90.0, Key(0, 9, True)), piece(9, (3, 4), 1000.0, Key(0, 5))]
    songs = list(songs_like(choir, pieces, critic=2, temperature=0.9, first_seed=7, most_bars=4))
    same = {"temperature": 0.9, "critic": 2}
    assert songs == [
        compose(choir, Settings(3, 7, 90, Key(0, 9, True), (4, 4), **same)),
        # At most so many bars, and no faster than can be asked for.
        compose(choir, Settings(4, 8, 400, Key(0, 5), (3, 4), **same)),
    ]
    assert songs[1].metres == (Metre(0, 3, 4),)


def test_an_upbeat_is_no_bar_of_a_song(choir):
    plain, begun = (piece(3, (4, 4), 90.0, Key(0, 0), upbeat) for upbeat in (0, 4))
    assert (begun.n_bars, begun.upbeat_bars, plain.upbeat_bars) == (4, 1, 0)
    one, other = (list(songs_like(choir, [p], critic=0, temperature=1)) for p in (plain, begun))
    assert one == other
