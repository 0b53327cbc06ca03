"""Notes in time, an end to each of them, and silence: asserted on whole lists of messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clock import InternalClock
from musicgan.live.performer import FOREVER_SEC, Performer
from musicgan.live.plan import PlannedBar, PlannedNote

TPB = 480
BAR = 4 * TPB
"""At 120 beats a minute a beat lasts half a second, a bar two."""


def bar(number, *notes):
    """Notes of (on beat, off beat, pitch), beats from the start of the song."""
    return PlannedBar(
        number, number * BAR, BAR,
        tuple(PlannedNote(int(a * TPB), int(b * TPB), 0, pitch, 80) for a, b, pitch in notes),
    )  # fmt: skip


def performer(queued=True, handed_over_sec=0.0, **rest):
    """A performer at 120 beats a minute whose song begins a second from now."""
    backend = FakeBackend(queued, handed_over_sec)
    return Performer(backend, InternalClock(TPB, 120, 1.0), **rest), backend


def play(performer, backend, until, step=0.01):
    """Turn the clock on, a hundredth at a time."""
    while backend.time_sec < until:
        performer.advance()
        backend.time_sec += step
    performer.advance()


def heard(backend):
    """(seconds, "on" or "off", pitch) of the notes that were sent."""
    names = {0x90: "on", 0x80: "off"}
    return [
        (round(at, 3), names[message[0] & 0xF0], message[1])
        for at, message in backend.sent
        if message[0] & 0xF0 in names
    ]


def sounding(backend):
    """What still sounds after all that was sent; a note struck twice without an off fails."""
    now = set()
    for _, message in backend.sent:
        place = (message[0] & 15, message[1])
        if message[0] & 0xF0 == 0x90:
            assert place not in now
            now.add(place)
        elif message[0] & 0xF0 == 0x80:
            now.discard(place)
    return now


def test_a_queued_backend_is_told_the_exact_time_in_advance():
    perform, backend = performer(lookahead_sec=1.0)
    perform.add(bar(0, (0, 1, 60), (1.5, 2, 64)))
    assert perform.advance() == pytest.approx(0.5)
    assert heard(backend) == [(1.0, "on", 60)]
    backend.time_sec = 0.8
    perform.advance()
    assert heard(backend) == [
        (1.0, "on", 60), (1.5, "off", 60), (1.75, "on", 64),
    ]  # fmt: skip


def test_an_immediate_backend_gets_each_message_when_it_is_due():
    perform, backend = performer(queued=False)
    perform.add(bar(0, (0, 1, 60)))
    assert perform.advance() == pytest.approx(1.0)
    assert heard(backend) == []
    backend.time_sec = 1.0
    perform.advance()
    assert heard(backend) == [(1.0, "on", 60)]


@pytest.mark.parametrize("queued", [True, False])
def test_a_note_struck_again_ends_first_and_its_old_end_does_not_count(queued):
    perform, backend = performer(queued)
    perform.add(bar(0, (0, 3, 60), (1, 2, 60)))
    play(perform, backend, 4.0)
    assert [entry[1:] for entry in heard(backend)] == [
        ("on", 60), ("off", 60), ("on", 60), ("off", 60),
    ]  # fmt: skip
    assert heard(backend)[1][0] == heard(backend)[2][0] == pytest.approx(1.5, abs=0.011)


def test_across_bars_too():
    """Its end lies past what was known when it began."""
    perform, backend = performer(lookahead_sec=5.0)
    perform.add(bar(0, (0, 6, 60)))
    perform.advance()
    assert heard(backend) == [(1.0, "on", 60)]
    perform.add(bar(1, (5, 7, 60)))
    perform.add(bar(2))
    perform.advance()
    assert heard(backend) == [
        (1.0, "on", 60), (3.5, "off", 60), (3.5, "on", 60), (4.5, "off", 60),
    ]  # fmt: skip


def test_a_bar_that_comes_too_late_begins_at_the_next_bar_line():
    perform, backend = performer()
    perform.add(bar(0, (0, 5, 60)))
    play(perform, backend, 4.3)  # bar 1 was due at 3 seconds
    end = pytest.approx(3.5, abs=0.011)
    assert heard(backend) == [(1.0, "on", 60), (end, "off", 60)]  # the end passed
    perform.add(bar(1, (4, 5, 62), (7, 8, 64)))
    perform.add(bar(2, (8, 9, 65)))
    play(perform, backend, 9.5)
    assert heard(backend)[2:] == [
        (5.0, "on", 62), (5.5, "off", 62), (6.5, "on", 64), (7.0, "off", 64),
        (7.0, "on", 65), (7.5, "off", 65),
    ]  # fmt: skip
    assert (perform.counts.underruns, perform.counts.skipped) == (1, 0)


def test_after_being_held_up_there_is_no_burst():
    perform, backend = performer(lookahead_sec=0.5)
    perform.add(bar(0, (0, 1, 60), *((beat, beat + 0.5, 70) for beat in (1, 1.5, 2, 2.5, 3))))
    play(perform, backend, 1.0)
    backend.time_sec = 2.2  # beat 2.4
    play(perform, backend, 3.5)
    assert heard(backend) == [
        (1.0, "on", 60), (1.5, "off", 60), (1.5, "on", 70), (2.2, "off", 70),
        (2.25, "on", 70), (2.5, "off", 70), (2.5, "on", 70), (2.75, "off", 70),
    ]  # fmt: skip
    assert perform.counts.skipped == 2
    assert not sounding(backend)


def test_a_change_of_tempo_moves_what_is_not_yet_given():
    perform, backend = performer(lookahead_sec=0.1)
    perform.add(bar(0, (0, 1, 60), (2, 3, 62)))
    play(perform, backend, 1.5)
    perform.clock.set_tempo(60, backend.time_sec)
    play(perform, backend, 5.0)
    assert heard(backend)[2:] == [(2.5, "on", 62), (3.5, "off", 62)]


@pytest.mark.parametrize("queued", [True, False])
def test_stop_is_silence_at_once(queued):
    perform, backend = performer(queued)
    perform.add(bar(0, (0, 4, 60), (0, 4, 64), (2, 3, 67)))
    play(perform, backend, 1.5)
    perform.stop()
    assert max(at for at, _ in backend.sent) <= backend.time_sec
    assert not sounding(backend)
    assert [message for _, message in backend.sent[-2:]] == [b"\xb0\x7b\0", b"\xb0\x78\0"]
    before = list(backend.sent)
    play(perform, backend, 5.0)
    assert backend.sent == before


notes = st.tuples(st.integers(0, 31), st.integers(1, 60), st.integers(60, 62))


@given(
    st.lists(st.lists(notes, max_size=6), min_size=1, max_size=5),
    st.floats(0.0, 9.0),
    st.lists(st.sampled_from([0.003, 0.05, 0.4, 2.7]), min_size=1, max_size=8),
    st.sampled_from([(False, 0.0), (True, 0.0), (True, 0.006), (True, 0.09)]),
)
def test_whatever_is_played_and_whenever_it_stops_nothing_hangs(bars, stop_sec, steps, kind):
    perform, backend = performer(*kind)
    turn = 0
    while backend.time_sec < stop_sec:
        if turn < len(bars):
            start = turn * BAR
            perform.add(PlannedBar(turn, start, BAR, tuple(
                PlannedNote(start + on * 60, start + on * 60 + length * 60, 0, pitch, 80)
                for on, length, pitch in sorted(bars[turn])
            )))  # fmt: skip
        assert perform.advance() > 0
        backend.time_sec += steps[turn % len(steps)]
        turn += 1
    perform.stop()
    assert not sounding(backend)
    if not kind[1]:
        times = [at for at, _ in backend.sent]
        assert times == sorted(times)


def test_a_note_that_was_handed_over_already_ends_too():
    """Its end was queued and cancelled; it came out in the same period as the order to stop."""
    perform, backend = performer(handed_over_sec=0.005)
    perform.add(bar(0, (0, 0.5, 60)))
    perform.advance()
    backend.time_sec = 0.998
    perform.stop()
    assert heard(backend) == [(1.0, "on", 60), (0.998, "off", 60)]


def test_with_nothing_to_play_it_need_not_be_woken():
    perform, _ = performer()
    assert perform.advance() == pytest.approx(1.0)  # bar 0 begins then, should there be one
    perform.clock.set_tempo(120, 0)
    perform.backend.time_sec = 2.0
    assert perform.advance() == FOREVER_SEC
