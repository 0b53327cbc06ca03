"""What an earlier bar suggests: a bar heard twice, by hand, and against looking it up plainly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.bars import Place
from musicgan.codecs.echo import (
    ANSWERED,
    KEPT_NONE,
    KEPT_PITCH,
    KEPT_PLACE,
    KEPT_VOICE,
    MOST,
    NO_ANSWER,
    NO_NOTE,
    NOTHING,
    SILENT,
    Echo,
)
from musicgan.codecs.layout import Layout

LAYOUT = Layout(2, 4, max_wait=8, max_duration=12, velocity_bins=1, max_position=17)
BAR = 16
NONE = (LAYOUT.max_wait + 1, LAYOUT.voices)
# onset, voice, pitch, duration: a bar of two voices, the lower in two notes at once.
NOTES = [(0, 0, 72, 4), (0, 1, 60, 8), (0, 1, 64, 8), (6, 0, 74, 2), (8, 1, 55, 8)]


def at(onset, lag=BAR, following=BAR):
    """The place of one onset in bars of 4/4."""
    one = np.array([onset])
    return Place(
        one % BAR, one * 0 + 9, one * 0 + lag, one * 0, BAR - one % BAR, one * 0 + following
    )


def of(*numbers):
    return (np.array([number]) for number in numbers)


def heard(*notes):
    """An echo of one song that has played these notes."""
    echo = Echo(LAYOUT, 1)
    for note in notes:
        echo.hear(*of(*note))
    return echo


def upcoming(echo, onset, **where):
    wait, voice = echo.upcoming(np.array([onset]), at(onset, **where))
    return int(wait[0]), int(voice[0])


def answers(echo, onset, lag=BAR):
    """What each voice of the one song is told."""
    return echo.suggested(np.array([onset]), at(onset, lag)).answers[:, 0].tolist()


def note(echo, onset, voice, lag=BAR):
    """Pitch and duration that are suggested."""
    found = echo.suggested(np.array([onset]), at(onset, lag)).to(np.array([voice]))
    return [int(one[0]) for one in found]


def test_after_the_last_note_of_a_bar_the_next_bar_begins_as_this_one_did():
    assert upcoming(heard(*NOTES), 8) == (8, 0)


def test_without_a_lag_nothing_is_suggested():
    echo = heard(*NOTES)
    assert upcoming(echo, 8, lag=0, following=0) == NONE
    assert answers(echo, 16, lag=0) == [NO_ANSWER] * 2
    assert note(echo, 16, 0, lag=0) == [NOTHING, 0]
    assert echo.kept(*of(16, 0, 72), at(16, lag=0)) == KEPT_NONE


def test_note_by_note_the_bar_before_is_suggested():
    echo = heard(*NOTES)
    for index, (onset, voice, pitch, duration) in enumerate(NOTES):
        assert note(echo, BAR + onset, voice) == [pitch, duration]
        echo.hear(*of(BAR + onset, voice, pitch, duration))
        wait, suggested = upcoming(echo, BAR + onset)
        if index + 1 < len(NOTES):
            assert (wait, suggested) == (NOTES[index + 1][0] - onset, NOTES[index + 1][1])


def test_voices_are_told_whether_something_is_still_to_come():
    echo = heard(*NOTES)
    assert answers(echo, BAR) == [ANSWERED, ANSWERED]
    echo.hear(*of(BAR, 0, 76, 4))
    assert answers(echo, BAR) == [SILENT, ANSWERED]
    echo.hear(*of(BAR, 1, 61, 4))
    # 60 was below what was played, 64 is above it.
    assert answers(echo, BAR) == [SILENT, ANSWERED]
    assert note(echo, BAR, 1)[0] == 64
    echo.hear(*of(BAR, 1, 64, 4))
    assert answers(echo, BAR) == [SILENT, SILENT]
    assert answers(echo, BAR + 6) == [ANSWERED, SILENT]


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ((16, 0, 72), KEPT_PITCH),
        ((16, 0, 71), KEPT_VOICE),
        ((17, 0, 72), KEPT_PLACE),
        ((16, 1, 64), KEPT_PITCH),
        ((22, 1, 64), KEPT_PLACE),
    ],
)
def test_a_row_is_told_what_it_did_with_its_echo(row, kept):
    assert heard(*NOTES).kept(*of(*row), at(row[0])) == kept


def test_a_past_is_as_good_as_what_was_heard():
    echo, short = Echo(LAYOUT, 2), NOTES[2:]
    notes, durations = np.full((2, len(NOTES)), NO_NOTE), np.zeros((2, len(NOTES)), np.int64)
    for song, played in enumerate((NOTES, short)):
        onset, voice, pitch, duration = np.array(played).T
        notes[song, -len(played) :] = LAYOUT.packed(onset, voice, pitch)
        durations[song, -len(played) :] = duration
    echo.remember(notes, durations)
    for song, played in enumerate((NOTES, short)):
        alone, one = heard(*played), echo.take(np.array([song]))
        for onset in range(16, 32):
            for voice in range(2):
                assert note(one, onset, voice) == note(alone, onset, voice)


def test_what_is_forgotten_is_not_suggested():
    echo = heard(*NOTES)
    echo.forget()
    assert upcoming(echo, 8) == NONE
    echo.hear(*of(BAR, 0, 70, 4))
    assert note(echo, 2 * BAR, 0)[0] == 70


def test_the_memory_is_bounded_and_keeps_the_latest():
    echo = Echo(LAYOUT, 1)
    for step in range(2 * MOST):
        echo.hear(*of(step, 0, 40 + step % 50, 1))
    assert sum(v.nbytes for v in vars(echo).values() if isinstance(v, np.ndarray)) < 200_000
    for lag in (1, MOST // 2 - 1):
        back = 2 * MOST - lag
        assert note(echo, 2 * MOST, 0, lag)[0] == 40 + back % 50


@given(
    st.sets(st.tuples(st.integers(0, 31), st.integers(0, 1), st.integers(60, 63)), min_size=1),
    st.integers(1, 2),
    st.integers(32, 47),
    st.integers(0, 1),
)
def test_a_suggestion_is_what_a_plain_look_finds(notes, bars, onset, voice):
    echo = heard(*((*note, 3) for note in sorted(notes)))
    lag = bars * BAR
    there = sorted(p for o, v, p in notes if (o, v) == (onset - lag, voice))
    assert note(echo, onset, voice, lag) == ([there[0], 3] if there else [NOTHING, 0])
    has = [any((o, v) == (onset - lag, each) for o, v, _ in notes) for each in range(2)]
    assert answers(echo, onset, lag) == [ANSWERED if one else SILENT for one in has]
