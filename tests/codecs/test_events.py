"""Note tuples: the laws under every kind of options, and one score worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musicgan.codecs.base import hears_pedal
from musicgan.codecs.events import EventsCodec
from musicgan.codecs.laws import check_codec
from musicgan.codecs.samples import sample_scores
from musicgan.codecs.slots import Slot
from musicgan.errors import CodecError
from musicgan.notes import NOTE
from musicgan.score import Key, Metre, Score, Tempo, Track

DRUMS = Slot("drums", 0, True)


def slots(count, drums):
    """`count` slots, the last one for drums if asked."""
    pitched = tuple(Slot(f"voice {i}", i) for i in range(count))
    return (*pitched[: count - drums], DRUMS) if drums else pitched


@pytest.mark.parametrize(("count", "drums"), [(1, 0), (1, 1), (3, 0), (4, 1), (5, 1)])
@pytest.mark.parametrize("velocity_bins", [1, 8, 127])
@pytest.mark.parametrize("grid", [4, 6, 12])
def test_the_laws_hold(grid, velocity_bins, count, drums):
    check_codec(EventsCodec(grid, slots(count, drums), velocity_bins), seed=count)


@pytest.mark.parametrize("fine", [2, 3, 8, 64])
@pytest.mark.parametrize(("grid", "velocity_bins"), [(4, 1), (4, 8), (12, 127)])
def test_the_laws_hold_where_timing_is_finer_than_the_grid(grid, velocity_bins, fine):
    check_codec(EventsCodec(grid, slots(3, 1), velocity_bins, fine=fine), seed=fine)


def test_a_player_who_is_not_on_the_grid_by_hand():
    """Sixteenths of 120 ticks, each in 8 parts of 15: 40 early is 3 parts, 25 late is 2."""
    notes = [(440, 280, 60, 100, 0), (505, 10, 64, 20, 0), (960, 240, 60, 100, 0)]
    score = Score(np.array(notes, NOTE), (Track(),))
    codec = EventsCodec(4, velocity_bins=8, fine=8)
    # The grid point is part 4 of 8: bin 6 early by 3 parts, bin 1 late by 2, bin 6 on the grid.
    assert codec.encode(score).tolist() == [
        [4, 0, 60, 2, 6 * 8 + 1],
        [0, 0, 64, 1, 1 * 8 + 6],
        [4, 0, 60, 2, 6 * 8 + 4],
    ]
    decoded = codec.decode(codec.encode(score))
    assert decoded.ticks_per_beat == 32
    # Onsets where they were played, to half a part; ends on the grid.
    assert decoded.notes[["onset_tick", "duration_tick", "pitch"]].tolist() == [
        (29, 19, 60),
        (34, 6, 64),
        (64, 16, 60),
    ]


@pytest.mark.parametrize("fine", [2, 8, 9])
def test_finer_timing_leaves_everything_else_as_it_is(fine):
    plain, finer = (EventsCodec(4, slots(3, 1), velocity_bins=8, fine=f) for f in (1, fine))
    for score in sample_scores(3).values():
        rows = finer.encode(score)
        assert np.array_equal(rows[:, :4], plain.encode(score)[:, :4])
        if len(np.unique(score.notes["velocity"])) == 1:
            assert np.array_equal(rows[:, 4] // fine, plain.encode(score)[:, 4])
        assert finer.decode_on_grid(rows) == finer.decode(rows).snapped(4)
        assert finer.in_steps == plain and plain.in_steps is plain
        assert plain.normalized(score) == finer.normalized(score).snapped(4)


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 127)), min_size=1, max_size=20))
def test_an_onset_is_where_it_was_to_half_a_part(played):
    """Each pitch once: nothing is joined. 480 ticks a beat, parts of 480 / 4 / 8 = 15 ticks."""
    found = {pitch: (onset, 480, pitch, 80, 0) for onset, pitch in played}
    score = Score(np.array(sorted(found.values()), NOTE), (Track(),))
    codec = EventsCodec(4, fine=8)
    decoded = codec.decode(codec.encode(score)).notes
    onset = dict(zip(decoded["pitch"].tolist(), decoded["onset_tick"].tolist(), strict=True))
    # The later edge of the last part is cut to it: a whole part at most.
    assert all(abs(onset[pitch] * 15 - note[0]) <= 15 for pitch, note in found.items())


def test_four_notes_by_hand():
    """Melody C5 D5 over one bass note, then a drum stroke, on sixteenths."""
    notes = [
        (0, 480, 72, 100, 0),
        (0, 960, 48, 64, 1),
        (480, 240, 74, 1, 0),
        (720, 120, 38, 127, 2),
    ]
    tracks = (Track("melody"), Track("bass", 32), Track("drums", 0, True))
    score = Score(np.array(notes, NOTE), tracks)
    codec = EventsCodec(4, slots(3, 1), velocity_bins=8)
    # wait, voice, pitch, duration, velocity bin: 127 velocities in 8 bins of about 16
    assert codec.encode(score).tolist() == [
        [0, 0, 72, 4, 6],
        [0, 1, 48, 8, 3],
        [4, 0, 74, 2, 0],
        [2, 2, 38, 1, 7],
    ]
    decoded = codec.decode(codec.encode(score))
    assert decoded.notes[["onset_tick", "duration_tick", "pitch", "track"]].tolist() == [
        (0, 4, 72, 0),
        (0, 8, 48, 1),
        (4, 2, 74, 0),
        (6, 1, 38, 2),
    ]
    assert decoded.ticks_per_beat == 4


def test_the_first_wait_counts_from_the_beginning():
    score = Score(np.array([(6, 2, 60, 80, 0)], NOTE), ticks_per_beat=4)
    assert EventsCodec(4).encode(score).tolist() == [[6, 0, 60, 2, 0]]


def test_one_bin_forgets_velocity_and_127_keep_it():
    notes = np.array([(i, 1, 60, i + 1, 0) for i in range(127)], NOTE)
    score = Score(notes, ticks_per_beat=4)
    for bins, wanted in [(1, [80] * 127), (127, list(range(1, 128)))]:
        codec = EventsCodec(4, velocity_bins=bins)
        decoded = codec.decode(codec.encode(score))
        assert decoded.notes["velocity"].tolist() == wanted
        assert [codec.played(t)[0] for t in codec.encode(score)[:, 4].tolist()] == wanted


def test_maps_come_from_the_score_it_is_like():
    like = Score(
        np.zeros(0, NOTE), (), (Tempo(0, 400_000),), (Metre(480, 3, 4),), (Key(960, 7),), 480
    )
    decoded = EventsCodec(4).decode(np.array([[0, 0, 60, 4, 0]]), like=like)
    assert decoded.tempos == (Tempo(0, 400_000),)
    assert decoded.metres == (Metre(4, 3, 4),)
    assert decoded.keys == (Key(8, 7),)


integers = st.integers(-5, 140) | st.integers(-(2**63), 2**63 - 1)


@given(arrays(np.int64, st.tuples(st.integers(0, 25), st.just(5)), elements=integers))
def test_any_rows_decode_to_a_normal_score(rows):
    codec = EventsCodec(4, slots(3, 1), velocity_bins=8)
    decoded = codec.decode(rows)
    assert codec.normalized(decoded) == decoded
    assert (decoded.notes["onset_tick"] >= 0).all()
    assert (decoded.notes["duration_tick"] >= 1).all()
    assert len(decoded) <= len(rows)


@given(arrays(np.int64, st.tuples(st.integers(0, 25), st.just(5)), elements=integers))
def test_rows_made_legal_are_legal_and_decode_alike(rows):
    codec = EventsCodec(4, slots(2, 0), velocity_bins=8)
    legal = codec.legal(rows)
    assert np.array_equal(codec.legal(legal), legal)
    assert codec.decode(legal) == codec.decode(rows)
    again = codec.encode(codec.decode(rows))
    assert np.array_equal(codec.encode(codec.decode(again)), again)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (3, 6), (1, 3, 5)])
def test_rows_of_a_wrong_shape_are_refused(shape):
    with pytest.raises(CodecError, match=r"rows of shape .*: expected \[T, 5\]"):
        EventsCodec().decode(np.zeros(shape, np.int64))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"grid": 0}, "grid 0 is out of range: 1 to 48"),
        ({"grid": 49}, "grid 49 is out of range: 1 to 48"),
        ({"velocity_bins": 0}, "velocity_bins 0 is out of range: 1 to 127"),
        ({"velocity_bins": 128}, "velocity_bins 128 is out of range: 1 to 127"),
        ({"slots": ()}, "0 track slots: from 1 to 64"),
        ({"slots": (Slot(),) * 65}, "65 track slots: from 1 to 64"),
    ],
)
def test_options_out_of_range_are_refused(options, said):
    with pytest.raises(CodecError, match=said):
        EventsCodec(**options)


def test_the_pedal_is_an_option_that_codecs_of_before_do_not_name():
    plain, heard = EventsCodec(), EventsCodec(pedal=True)
    assert "pedal" not in plain.options() and plain == EventsCodec(pedal=False)
    assert EventsCodec(**heard.options()) == heard != plain
    assert (hears_pedal(plain), hears_pedal(heard), hears_pedal(None)) == (False, True, False)


def test_codecs_with_the_same_options_are_equal():
    one, two = (EventsCodec(12, slots(2, 1), 8) for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    assert one != EventsCodec(12, slots(2, 1), 9)
    assert one != "events"
