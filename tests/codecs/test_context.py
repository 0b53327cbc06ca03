"""What a listener knows: every value in range, blind to transposing, and a case by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.analysis import analyse
from musicgan.codecs.bars import Place, even_bars, place_in_form
from musicgan.codecs.context import (
    BARS,
    JUST_ENDED,
    NEVER,
    NO_DEGREE,
    RESTED,
    SOUNDING,
    Context,
)
from musicgan.codecs.form import Form
from musicgan.codecs.intervals import (
    CONTRARY,
    FIFTH,
    HEIGHT,
    LEAP,
    MOVE,
    MOVES,
    NO_INTERVAL,
    OCTAVE,
    OTHER,
    PARALLEL,
    SIMILAR,
    STILL,
)
from musicgan.codecs.layout import Layout

LAYOUT = Layout(
    3, 4, max_wait=8, max_duration=12, velocity_bins=4, max_position=17, drums=(2,), looks_back=True
)
LAGS = np.array([0, 0, 1, 1, 2, 4, 0, 7, 1, 9, 0, 1]) * 16
"""How far back each of twelve bars looks."""


def column(low, high):
    return st.integers(low, high) | st.integers(-(2**40), 2**40)


a_row = st.tuples(column(0, 8), column(0, 2), column(40, 90), column(1, 12), column(0, 3))
songs = st.integers(1, 12).flatmap(
    lambda length: st.lists(
        st.lists(a_row, min_size=length, max_size=length), min_size=1, max_size=3
    )
)


def places(rows, origin=0, lag_step=LAGS):
    """Places of rows [B, T, 5] in twelve bars of 4/4, one [B] a row."""
    lines = even_bars(12, 16)
    form = Form.of(lag_step)
    onset = np.cumsum(rows[..., 0], axis=1) + origin
    return [place_in_form(step, lines, form, LAYOUT.max_position) for step in onset.T]


def analysed(rows, tonic):
    """`analyse` of clipped rows [B, T, 5]."""
    return analyse(Context(LAYOUT, tonic), rows, places(rows))


def arrays(listed):
    return LAYOUT.clip(np.array(listed, np.int64))


@given(songs, st.integers(0, 11))
def test_every_column_is_within_its_size(listed, tonic):
    rows = arrays(listed)
    found = analysed(rows, np.full(len(rows), tonic))
    for values, sizes in [
        (found.inputs, LAYOUT.input_sizes),
        (found.moment, LAYOUT.moment_sizes),
        (found.pitch, LAYOUT.pitch_sizes),
        (found.duration, LAYOUT.duration_sizes),
    ]:
        assert values.shape == (*rows.shape[:2], len(sizes))
        assert (values >= 0).all()
        assert (values < np.array(sizes)).all()
    assert (rows < np.array(LAYOUT.row_sizes)).all()
    for pitch in (found.last, found.lowest):
        assert ((pitch >= -1) & (pitch < 128)).all()


@given(st.integers(0, 16), st.integers(0, 1000))
def test_what_is_fed_first_is_within_its_size(position, remaining):
    place = Place.new(np.full(2, position), np.full(2, remaining))
    start = Context(LAYOUT, np.zeros(2, np.int64)).start(place)
    assert start.shape == (2, len(LAYOUT.input_sizes))
    assert ((start >= 0) & (start < np.array(LAYOUT.input_sizes))).all()
    assert (start[:, 0] == LAYOUT.start).all()


@given(songs, st.integers(0, 11), st.integers(-30, 30))
def test_transposing_changes_absolute_pitches_alone(listed, tonic, semitones):
    """Drums do not move, and so nothing is told of their distance from what does."""
    rows = arrays(listed)
    drum = rows[..., 1] == 2
    rows[..., 2] = np.where(drum, rows[..., 2], np.clip(rows[..., 2], 31, 96))
    moved = rows.copy()
    moved[..., 2] += np.where(drum, 0, semitones)
    one = analysed(rows, np.full(len(rows), tonic))
    other = analysed(moved, np.full(len(rows), (tonic + semitones) % 12))
    assert np.array_equal(one.inputs[..., :-1], other.inputs[..., :-1])
    assert np.array_equal(moved[..., 2], other.inputs[..., -1])
    for name in ("moment", "pitch", "duration"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("last", "lowest", "echo"):
        before, after = getattr(one, name), getattr(other, name)
        still = (before < 0) | (drum if name != "lowest" else False)
        assert np.array_equal(np.where(still, before, before + semitones), after), name


@given(songs)
def test_songs_side_by_side_do_not_hear_each_other(listed):
    rows = arrays(listed)
    tonic = np.arange(len(rows))
    together = analysed(rows, tonic)
    for b in range(len(rows)):
        alone = analysed(rows[b : b + 1], tonic[b : b + 1])
        for name, value in vars(alone).items():
            assert np.array_equal(value[0], getattr(together, name)[b]), name


@given(songs)
def test_analysing_is_stepping(listed):
    rows = arrays(listed)
    tonic = np.full(len(rows), 5)
    found = analysed(rows, tonic)
    context = Context(LAYOUT, tonic)
    for t, place in enumerate(places(rows)):
        row = rows[:, t]
        moment = context.moment(row[:, 0], place)
        own = context.own_voice(row[:, 1], moment)
        note = context.own_pitch(row[:, 2], own)
        heard, before = context.hear(row, place), own.before
        got = (heard, moment.columns, before.columns, note.columns,
               before.last, before.lowest, before.echo)  # fmt: skip
        for value, wanted in zip(got, vars(found).values(), strict=True):
            assert np.array_equal(value, wanted[:, t])


def remembered(context):
    """A copy of all that a context remembers."""
    own = {name: np.copy(v) for name, v in vars(context).items() if isinstance(v, np.ndarray)}
    echo = {f"echo {name}": np.copy(v) for name, v in vars(context.echo).items()
            if isinstance(v, np.ndarray)}  # fmt: skip
    return own | echo


@given(songs, a_row)
def test_a_taken_context_goes_its_own_way(listed, row):
    rows = arrays(listed)
    context = Context(LAYOUT, np.arange(len(rows)))
    for t, place in enumerate(places(rows)):
        context.hear(rows[:, t], place)
    before = remembered(context)
    taken = context.take(np.array([0, len(rows) - 1, 0]))
    twin = context.take(np.array([0]))
    last = arrays([row] * 3)
    taken.hear(last, Place.new(np.zeros(3, np.int64), np.ones(3, np.int64)))
    after = remembered(context)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    # Continued alone or among others, it hears the same.
    twin.hear(last[:1], Place.new(np.zeros(1, np.int64), np.ones(1, np.int64)))
    first = remembered(taken.take(np.array([0])))
    assert all(np.array_equal(value, first[name]) for name, value in remembered(twin).items())


def test_three_notes_by_hand():
    """In D: a bass D3 under F#4, both four steps long, then A4 over the bass's next, E3."""
    layout = Layout(2, 4, max_wait=8, max_duration=12, velocity_bins=1, max_position=17)
    rows = np.array([[0, 0, 66, 4, 0], [0, 1, 50, 8, 0], [4, 0, 69, 2, 0]])[None]
    found = analyse(Context(layout, np.array([2])), rows, places(rows))
    one, two, three = found.inputs[0].tolist()
    #        wait voice dur vel degree leap         row interval height  contiguity pos bars
    assert one[:11] == [0, 0, 4, 0, 4, NO_INTERVAL, NO_INTERVAL, HEIGHT, NEVER, 0, 12]
    assert two[:11] == [0, 1, 8, 0, 0, NO_INTERVAL, LEAP - 16, 0, NEVER, 0, 12]
    assert three[:11] == [4, 0, 2, 0, 7, LEAP + 3, LEAP + 19, 19, JUST_ENDED, 4, 12]
    # against each sounding voice, how each moves along, then the pitch itself
    assert one[11:] == [NO_INTERVAL, NO_INTERVAL, 0, 0, 66]
    assert two[11:] == [LEAP - 16, NO_INTERVAL, 0, 0, 50]
    assert three[11:] == [NO_INTERVAL, LEAP + 19, 0, 0, 69]
    # At the third onset the bass sounds on: voice 0 just ended, of the classes only D.
    moment = found.moment[0, 2].tolist()
    assert moment == [4, 4, 12, JUST_ENDED, SOUNDING, 1, *[0] * 11]
    assert found.pitch[0, 2].tolist() == [0, 4, JUST_ENDED, 0, 0]
    assert found.duration[0, 2].tolist() == [0, 7, LEAP + 3, 19]
    assert (found.last[0].tolist(), found.lowest[0].tolist()) == ([-1, -1, 66], [-1, 66, 50])


@pytest.mark.parametrize(
    ("soprano", "bass", "stood", "kind"),
    [
        ((67, 69), (60, 62), FIFTH, PARALLEL),
        ((79, 77), (60, 58), FIFTH, PARALLEL),
        ((60, 62), (48, 50), OCTAVE, PARALLEL),
        ((67, 69), (60, 64), FIFTH, SIMILAR),
        ((67, 69), (62, 60), OTHER, CONTRARY),
        ((72, 72), (60, 55), OCTAVE, STILL),
    ],
)
def test_two_voices_that_move_together_are_told_by_what_they_stood_in(soprano, bass, stood, kind):
    layout = Layout(2, 4, max_wait=8, max_duration=12, velocity_bins=1, max_position=17)
    high, low = [[0, 0, p, 4, 0] for p in soprano], [[0, 1, p, 4, 0] for p in bass]
    high[1][0] = 4
    rows = np.array([high[0], low[0], high[1], low[1]])[None]
    found = analyse(Context(layout, np.array([0])), rows, places(rows))
    # The bass is about to move, and is told how the soprano has.
    move = soprano[1] - soprano[0] + MOVE
    assert found.pitch[0, 3, 3:].tolist() == [1 + stood * MOVES + move, 0]
    assert found.inputs[0, 3, 13:15].tolist() == [1 + 4 * stood + kind, 0]
    # Nothing had moved when the soprano did.
    assert found.pitch[0, :3, 3:].tolist() == [[0, 0]] * 3


def test_a_voice_does_not_move_against_itself_or_one_that_holds_or_the_drums():
    rows = [
        [0, 0, 60, 8, 0],
        [0, 1, 48, 4, 0],
        [0, 2, 36, 4, 0],
        [4, 1, 50, 4, 0],
        [0, 1, 53, 4, 0],
    ]
    context = Context(LAYOUT, np.zeros(1, np.int64))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    heard = [context.hear(np.array([row]), place)[0, 14:17].tolist() for row in rows]
    assert heard == [[0, 0, 0]] * 5
    drum = context.hear(np.array([[0, 2, 38, 4, 0]]), place)
    assert drum[0, 14:17].tolist() == [0, 0, 0]


def test_beyond_the_vocabulary_values_are_cut_and_time_passes():
    context = Context(LAYOUT, np.zeros(1, np.int64))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    heard = context.hear(np.array([[100, 0, 60, 50, 0]]), place)
    assert heard[0, [0, 2]].tolist() == [LAYOUT.max_wait, LAYOUT.max_duration]
    assert context.onset_step.tolist() == [100]
    assert context.last_end_step[0, 0] == 150


def test_a_voice_rests_after_a_gap():
    context = Context(LAYOUT, np.zeros(1, np.int64))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    context.hear(np.array([[0, 0, 60, 2, 0]]), place)
    for wait, kind in [(1, SOUNDING), (2, JUST_ENDED), (3, RESTED)]:
        assert context.moment(np.array([wait]), place).columns[0, 3:6].tolist() == [
            kind,
            NEVER,
            NEVER,
        ]


def test_drums_have_no_degree_and_sound_against_nothing():
    context = Context(LAYOUT, np.zeros(1, np.int64))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    context.hear(np.array([[0, 0, 60, 8, 0]]), place)
    drum = context.hear(np.array([[0, 2, 38, 4, 0]]), place)[0].tolist()
    assert drum[4:8] == [NO_DEGREE, NO_INTERVAL, NO_INTERVAL, HEIGHT]
    assert drum[11:17] == [NO_INTERVAL] * 3 + [0, 0, 0]
    assert drum[-1] == 38
    piano = context.hear(np.array([[1, 1, 67, 4, 0]]), place)[0].tolist()
    assert piano[6:8] == [LEAP + 7, 7]
    assert piano[11:14] == [LEAP + 7, NO_INTERVAL, NO_INTERVAL]


@pytest.mark.parametrize("remaining", [0, 1, BARS - 1, BARS, 10_000])
def test_bars_remaining_are_cut(remaining):
    context = Context(LAYOUT, np.zeros(1, np.int64))
    place = Place.new(np.zeros(1, np.int64), np.array([remaining]))
    heard = context.hear(np.array([[0, 0, 60, 8, 0]]), place)
    assert heard[0, 10] == min(remaining, BARS - 1)
