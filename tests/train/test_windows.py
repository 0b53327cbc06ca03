"""Windows: cut where they should be, transposed as if the piece had been written elsewhere."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from musicgan.errors import CorpusError
from musicgan.train.augment import Variation
from musicgan.train.likelihood import evaluated_every
from musicgan.train.songs import allowed_shifts, analyse_pieces, voice_ranges
from musicgan.train.windows import Windows

from .making import config_for, pieces, songs_of, transposed, windows_of

ANALYSED = ("fed", "moment", "pitch", "duration", "last", "lowest", "echo", "heard")


@pytest.fixture(scope="module", params=[False, True], ids=["pitched", "with drums"])
def collection(request):
    """Pieces, their config and songs."""
    some = pieces(4, drums=request.param)
    config = config_for(some, drums=request.param)
    return some, config, songs_of(some, config)


def test_each_song_ends_with_the_one_end_row(collection):
    some, config, songs = collection
    for piece, song in zip(some, songs, strict=True):
        wait = song.columns["rows"][:, 0]
        assert len(song) == len(piece.rows) + 1
        assert np.flatnonzero(wait == config.layout.end).tolist() == [len(piece.rows)]
        assert song.columns["rows"][:-1].tolist() == config.layout.clip(piece.rows).tolist()


def test_each_row_is_fed_what_the_row_before_it_made(collection):
    _, config, songs = collection
    for song in songs:
        assert song.columns["fed"][0, 0] == config.layout.start
        assert np.array_equal(song.columns["fed"][1:], song.columns["heard"][:-1])


def test_pieces_analysed_together_are_as_when_analysed_alone(collection):
    some, config, songs = collection
    ranges = voice_ranges(some, config.layout)
    for piece, song in zip(some, songs, strict=True):
        (alone,) = analyse_pieces([piece], config, ranges)
        live = slice(0, len(piece.rows))
        for name in ANALYSED:
            assert np.array_equal(alone.columns[name][live], song.columns[name][live]), name
        assert np.array_equal(alone.columns["fed"], song.columns["fed"])


@pytest.mark.parametrize("shift", [-6, -1, 3, 5])
def test_a_transposed_batch_is_the_transposed_piece_analysed_anew(collection, shift):
    some, config, songs = collection
    layout = config.layout
    for piece, song in zip(some, songs, strict=True):
        windows = Windows([song], len(song), layout)
        batch = windows._collate([(song, 0, Variation(shift))])
        anew = transposed(piece, shift, layout.drums)
        (other,) = analyse_pieces([anew], config, voice_ranges([anew], layout))
        count = len(piece.rows)
        assert int(batch.tonic[0]) == other.tonic
        assert np.array_equal(batch.conditions[0].numpy(), other.conditions)
        assert np.array_equal(batch.fed[0].numpy(), other.columns["fed"])
        assert np.array_equal(batch.rows[0, :, 0].numpy(), other.columns["rows"][:, 0])
        for name in ("rows", *ANALYSED):
            # The END row says END and nothing else.
            found = getattr(batch, name)[0, :count].numpy()
            assert np.array_equal(found, other.columns[name][:count]), name


def test_drums_do_not_move():
    some = pieces(3, drums=True)
    config = config_for(some, drums=True)
    song = songs_of(some, config)[0]
    batch = Windows([song], len(song) - 1, config.layout)._collate([(song, 0, Variation(5))])
    rows, before = batch.rows[0].numpy(), song.columns["rows"][:-1]
    drum = before[:, 1] == 2
    assert drum.any() and not drum.all()
    assert np.array_equal(rows[drum], before[drum])
    assert np.array_equal(rows[~drum, 2], before[~drum, 2] + 5)
    assert np.array_equal(batch.heard[0, drum, -1].numpy(), before[drum, 2])


def test_voice_ranges_by_hand():
    some = pieces(2)
    config = config_for(some)
    expected = []
    for voice in range(2):
        pitches = [p for piece in some for _, v, p, _, _ in piece.rows.tolist() if v == voice]
        expected.append([min(pitches), max(pitches)])
    assert voice_ranges(some, config.layout).tolist() == expected


def rows_of(*voice_and_pitch: tuple[int, int]) -> np.ndarray:
    return np.array([(1, voice, pitch, 1, 0) for voice, pitch in voice_and_pitch], np.int64)


RANGES = np.array([[60, 72], [40, 50], [35, 36]], np.int64)


@pytest.mark.parametrize(
    ("rows", "shifts"),
    [
        (rows_of((0, 62), (0, 69)), [-2, -1, 0, 1, 2, 3]),
        (rows_of((0, 66), (1, 48)), [-6, -5, -4, -3, -2, -1, 0, 1, 2]),
        (rows_of((0, 66)), list(range(-6, 7))),
        (rows_of((0, 60), (1, 50)), [0]),
        (rows_of((0, 50)), list(range(7))),  # outside: it may stay, or come nearer
        (rows_of((2, 35), (0, 71)), [-6, -5, -4, -3, -2, -1, 0, 1]),  # drums hold nobody back
        (rows_of((2, 35)), [0]),
    ],
)
def test_allowed_shifts_by_hand(rows, shifts):
    assert allowed_shifts(rows, RANGES, drums=(2,)).tolist() == shifts


def test_augmented_windows_stay_in_the_ranges(collection):
    some, config, songs = collection
    ranges = voice_ranges(some, config.layout)
    windows = Windows(songs, 24, config.layout)
    batch = windows.draw_inside(200, np.random.default_rng(0))
    voice, pitch = batch.rows[..., 1].numpy(), batch.rows[..., 2].numpy()
    assert (pitch >= ranges[voice, 0]).all() and (pitch <= ranges[voice, 1]).all()
    assert len({int(tonic) for tonic in batch.tonic}) > len({song.tonic for song in songs})


def test_windows_inside_are_full_and_hold_no_end(collection):
    _, config, songs = collection
    rng = np.random.default_rng(1)
    shortest = min(len(song) for song in songs)
    for length in (8, shortest - 1):
        batch = Windows(songs, length, config.layout).draw_inside(100, rng)
        assert bool(batch.mask.all())
        assert int(batch.rows[..., 0].max()) < config.layout.end


def test_openings_begin_with_the_first_row(collection):
    _, config, songs = collection
    windows = Windows(songs, 8, config.layout)
    rng = np.random.default_rng(2)
    first = windows.draw_inside(50, rng, openings=True).fed[:, 0, 0]
    assert (first == config.layout.start).all()
    assert not (windows.draw_inside(50, rng).fed[:, 0, 0] == config.layout.start).all()


def test_windows_longer_than_every_piece_are_refused_in_words(collection):
    _, config, songs = collection
    windows = Windows(songs, max(len(song) for song in songs), config.layout)
    with pytest.raises(CorpusError, match="no piece has"):
        windows.draw_inside(1, np.random.default_rng(0))


def test_drawn_windows_reach_beginnings_and_ends(collection):
    _, config, songs = collection
    windows = Windows(songs, 24, config.layout)
    batch = windows.draw(400, np.random.default_rng(3))
    assert (batch.fed[:, 0, 0] == config.layout.start).any()
    ends = (batch.rows[..., 0] == config.layout.end) & (batch.mask > 0)
    assert ends.any()
    # END is the last row wherever it stands.
    after = torch.cat([batch.mask[:, 1:], torch.zeros(400, 1)], 1)
    assert not (after[ends] > 0).any()


def tensors(batch):
    """The columns of a batch by name."""
    return {name: value for name, value in vars(batch).items() if torch.is_tensor(value)}


def test_the_same_seed_draws_the_same_windows(collection):
    _, config, songs = collection
    windows = Windows(songs, 16, config.layout)
    one, two = (windows.draw(5, np.random.default_rng(4)) for _ in range(2))
    assert tensors(one).keys() == tensors(two).keys()
    assert all(torch.equal(value, tensors(two)[name]) for name, value in tensors(one).items())


def test_every_row_is_held_out_once_but_for_short_tails(collection):
    _, config, songs = collection
    for length in (16, 37, 1000):
        windows = Windows(songs, length, config.layout)
        batches = list(windows.every(3))
        assert all(len(batch.mask) <= 3 for batch in batches)
        found = np.concatenate([b.rows[b.mask > 0].numpy() for b in batches])
        expected = []
        for song in songs:
            tail = len(song) % length
            expected.append(song.columns["rows"][: len(song) - (tail if tail < 16 else 0)])
        assert np.array_equal(found, np.concatenate(expected))


def test_of_many_windows_some_are_held_out_from_first_to_last(collection):
    _, config, songs = collection
    windows = Windows(songs, 16, config.layout)
    (every,), (some,) = list(windows.every(1000)), list(windows.every(1000, most=3))
    (forgetting,) = windows.every(1000, forgets=True, most=3)
    middle = round((len(every.rows) - 1) / 2)
    assert torch.equal(some.rows, every.rows[[0, middle, -1]])
    assert torch.equal(forgetting.rows, some.rows)
    assert sum(len(b.rows) for b in windows.every(2, most=10**9)) == len(every.rows)


@pytest.mark.parametrize(
    ("rows", "updates"), [(16, 25), (64 * 16, 25), (65 * 16, 50), (10**6, 100)]
)
def test_long_evaluations_are_rarer(rows, updates):
    assert evaluated_every(SimpleNamespace(rows=rows, length=16)) == updates


def test_a_piece_shorter_than_any_tail_is_held_out_whole():
    some = pieces(1, bars=1)
    config = config_for(some)
    (song,) = songs_of(some, config)
    assert len(song) < 16
    (batch,) = Windows([song], 128, config.layout).every(8)
    assert int(batch.mask.sum()) == len(song)


def test_padding_says_nothing(collection):
    some, config, _ = collection
    windows = windows_of(some[:1], config, 500)
    batch = next(windows.every(1))
    count = len(windows.songs[0])
    assert batch.mask[0].tolist() == [1] * count + [0] * (500 - count)
