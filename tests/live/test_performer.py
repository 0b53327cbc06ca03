"""Notes in time, an end to each of them, and silence: asserted on whole lists of messages."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.internal import LEAD_SEC, InternalClock
from musicgan.live.performer import Performer
from musicgan.live.plan import PlannedBar, PlannedNote
from musicgan.live.pulses import Pulses
from musicgan.live.sender import FOREVER_SEC

TPB = 480
BAR = 4 * TPB
"""At 120 beats a minute a beat lasts half a second, a bar two."""


def bar(number, *notes):
    """Notes of (on beat, off beat, pitch), beats from the start of the song."""
    return PlannedBar(
        number, number * BAR, BAR,
        tuple(PlannedNote(int(a * TPB), int(b * TPB), 0, 0, pitch, 80) for a, b, pitch in notes),
        number * BAR,
    )  # fmt: skip


def performer(queued=True, handed_over_sec=0.0, **rest):
    """A performer at 120 beats a minute whose song begins a second from now."""
    backend = FakeBackend(queued, handed_over_sec)
    clock = InternalClock(ClockOptions(TPB, 120, BAR))
    clock.begin(1.0 - LEAD_SEC)
    return Performer(backend, clock, **rest), backend


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
    assert (perform.sender.counts.underruns, perform.sender.counts.skipped) == (1, 0)


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
    assert perform.sender.counts.skipped == 2
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
                PlannedNote(start + on * 60, start + on * 60 + length * 60, 0, 0, pitch, 80)
                for on, length, pitch in sorted(bars[turn])
            ), start))  # fmt: skip
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


def test_also_where_a_server_short_of_time_had_handed_over_more_than_is_known():
    perform, backend = performer(handed_over_sec=0.4, lookahead_sec=3.0)
    perform.add(bar(0, (0, 4, 60)))
    perform.add(bar(1))
    backend.time_sec = 0.7
    perform.advance()
    assert heard(backend) == [(1.0, "on", 60), (3.0, "off", 60)]
    perform.stop()
    assert heard(backend) == [(1.0, "on", 60), (0.7, "off", 60)]


def test_with_nothing_to_play_it_need_not_be_woken():
    perform, _ = performer()
    assert perform.advance() == pytest.approx(1.0)  # bar 0 begins then, should there be one
    perform.clock.set_tempo(120, 0)
    perform.backend.time_sec = 2.0
    assert perform.advance() == FOREVER_SEC


def rest_of_bar(number, from_beat, *notes):
    """The rest of a bar, composed anew."""
    whole = bar(number, *notes)
    return PlannedBar(
        number, whole.start_tick, BAR, whole.notes, whole.start_tick + int(from_beat * TPB)
    )


def quarters(number, pitch):
    """A bar of four detached notes."""
    at = number * 4
    return bar(number, *((at + beat, at + beat + 0.5, pitch + beat) for beat in range(4)))


def ons(backend):
    """(seconds, pitch) of the note-ons."""
    return [(at, pitch) for at, kind, pitch in heard(backend) if kind == "on"]


def test_a_change_of_tempo_moves_what_the_queue_was_given_already():
    perform, backend = performer(lookahead_sec=2.0)
    perform.add(quarters(0, 60))
    play(perform, backend, 1.2)
    perform.clock.set_tempo(60, backend.time_sec)  # at beat 0.4 and a bit
    begin = perform.clock.due_sec(0)
    play(perform, backend, 6.0)
    expected = [(1.0, 60)] + [(begin + beat, 60 + beat) for beat in (1, 2, 3)]
    assert ons(backend) == [(pytest.approx(at, abs=0.001), pitch) for at, pitch in expected]
    assert not sounding(backend)


@pytest.mark.parametrize("queued", [True, False])
def test_the_rest_of_a_bar_is_replaced_and_what_is_past_stands(queued):
    perform, backend = performer(queued)
    perform.add(quarters(0, 60))
    perform.add(quarters(1, 70))
    play(perform, backend, 1.7)
    perform.replace(rest_of_bar(0, 2, (2, 2.5, 80), (3, 3.5, 81)))
    perform.add(quarters(1, 90))
    play(perform, backend, 5.2)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 80, 81, 90, 91, 92, 93]
    assert perform.sender.counts.underruns == 0


def test_what_comes_too_late_of_a_replaced_bar_is_left_out():
    perform, backend = performer()
    perform.add(quarters(0, 60))
    play(perform, backend, 2.3)  # beat 2.6
    perform.replace(rest_of_bar(0, 2, (2, 2.5, 80), (3, 3.5, 81)))
    play(perform, backend, 3.5)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 62, 81]


def test_a_bar_still_to_come_is_replaced_with_all_after_it():
    perform, backend = performer()
    for number in range(3):
        perform.add(quarters(number, 60 + 10 * number))
    play(perform, backend, 1.2)
    perform.replace(quarters(1, 40))
    play(perform, backend, 8.0)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 62, 63, 40, 41, 42, 43]


def test_where_a_change_can_begin_is_the_next_beat_that_leaves_time_for_it():
    perform, backend = performer()
    assert perform.change_at(0.2, TPB) == (0, pytest.approx(1.0))
    perform.add(quarters(0, 60))
    play(perform, backend, 1.6)  # beat 1.2
    assert perform.change_at(0.2, TPB) == (2 * TPB, pytest.approx(0.4, abs=0.02))
    assert perform.change_at(0.6, TPB) == (3 * TPB, pytest.approx(0.9, abs=0.02))
    assert perform.change_at(0.2, BAR) == (BAR, pytest.approx(1.4, abs=0.02))


@pytest.mark.parametrize("queued", [True, False])
def test_a_held_bar_comes_again_and_again_and_then_the_next_one(queued):
    perform, backend = performer(queued)
    perform.add(quarters(0, 60))
    perform.add(quarters(1, 70))
    play(perform, backend, 2.0)
    perform.hold(True)
    play(perform, backend, 6.0)
    perform.hold(False)
    play(perform, backend, 9.3)
    pitches = [pitch for _, pitch in ons(backend)]
    assert pitches == [60, 61, 62, 63] * 3 + [70, 71, 72, 73]
    assert [round(at, 1) for at, _ in ons(backend)] == [1 + beat / 2 for beat in range(16)]
    assert perform.sender.counts.underruns == 0


@pytest.mark.parametrize("queued", [True, False])
def test_a_muted_voice_ends_at_once_and_is_not_heard(queued):
    perform, backend = performer(queued)
    perform.add(bar(0, (0, 4, 60), (2, 3, 67)))
    play(perform, backend, 1.5)
    perform.mute(frozenset({0}))
    play(perform, backend, 1.6)
    assert not sounding(backend)
    play(perform, backend, 4.0)
    assert [pitch for _, pitch in ons(backend)] == [60]


def test_panic_ends_what_sounds_and_the_music_goes_on():
    perform, backend = performer()
    perform.add(bar(0, (0, 4, 60), (2, 3, 67)))
    play(perform, backend, 1.5)
    perform.panic()
    play(perform, backend, 1.6)
    assert not sounding(backend)
    assert (1.5, b"\xb0\x78\0") in [(round(at, 2), message) for at, message in backend.sent]
    play(perform, backend, 4.0)
    assert heard(backend)[-2:] == [(2.0, "on", 67), (2.5, "off", 67)]


class Transport:
    """A clock that somebody else starts, stops and moves; a second is two beats."""

    source = "a test"
    bpm = 120.0

    def __init__(self):
        self.is_rolling, self.origin_sec = False, 0.0

    def tick_at(self, now_sec):
        return (now_sec - self.origin_sec) * 2 * TPB

    def due_sec(self, tick):
        return self.origin_sec + tick / TPB / 2 if self.is_rolling else FOREVER_SEC


def led(**rest):
    """A performer led by somebody else."""
    backend, clock = FakeBackend(**rest), Transport()
    return Performer(backend, clock), backend, clock


def move(perform, clock, rolling, origin_sec):
    """The transport does something."""
    clock.is_rolling, clock.origin_sec = rolling, origin_sec
    perform.pause()
    if rolling:
        perform.resume()


def test_it_waits_for_a_clock_that_others_lead_and_begins_on_a_bar_line():
    perform, backend, clock = led()
    perform.add(quarters(0, 60))
    play(perform, backend, 3.0)
    assert backend.sent == []
    move(perform, clock, True, 2.5)  # at beat 1 now
    play(perform, backend, 6.9)
    assert ons(backend) == [(4.5 + beat / 2, 60 + beat) for beat in range(4)]


def test_when_the_clock_stops_it_is_silent_and_goes_on_with_the_next_bar_when_it_starts():
    perform, backend, clock = led()
    move(perform, clock, True, 0.0)  # the line of tick 0 is past
    for number in range(3):
        perform.add(quarters(number, 60 + 10 * number))
    perform.add(bar(3, (12, 16, 40)))
    play(perform, backend, 2.8)
    move(perform, clock, False, 0.0)
    assert not sounding(backend)
    assert max(at for at, _ in backend.sent) <= backend.time_sec
    play(perform, backend, 5.0)
    move(perform, clock, True, 4.9)
    play(perform, backend, 10.0)
    after = [pitch for at, pitch in ons(backend) if at > 5]
    assert after == [70, 71, 72, 73, 80, 81, 82, 83, 40]  # the bar that was cut short is over
    assert next(at for at, _ in ons(backend) if at > 5) == pytest.approx(6.9)
    assert perform.sender.counts.underruns == 0


def test_clock_out_starts_with_the_music_and_stops_with_it():
    perform, backend, clock = led()
    perform.pulses = Pulses(TPB)
    move(perform, clock, True, 0.0)
    perform.add(quarters(0, 60))
    play(perform, backend, 1.99)
    system = [(at, message) for at, message in backend.sent if message[0] >= 0xF0 and at <= 1.99]
    at = pytest.approx(1 / 48)  # the pulse after the one that is past; the place in sixteenths
    assert system[:3] == [(at, b"\xf2\0\0"), (at, b"\xfb"), (at, b"\xf8")]
    pulses = [at for at, message in system if message == b"\xf8"]
    assert np.diff(pulses) == pytest.approx(1 / 48)
    perform.stop()
    assert backend.sent[-3][1] == b"\xfc"
    assert max(at for at, _ in backend.sent) <= backend.time_sec


turns = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "bar",
                "rest",
                "hold",
                "go on",
                "mute",
                "sound",
                "panic",
                "stop",
                "roll",
                "back",
                "turn",
            ]
        ),
        st.lists(notes, max_size=4),
        st.sampled_from([0.003, 0.05, 0.4, 1.1]),
    ),
    max_size=20,
)


@given(turns, st.sampled_from([(False, 0.0), (True, 0.0), (True, 0.02)]))
def test_whatever_a_player_and_a_clock_do_nothing_hangs(turns, kind):
    perform, backend, clock = led(queued=kind[0], handed_over_sec=kind[1])
    number = 0
    for what, listed, step in [("roll", [], 0.05), *turns]:
        planned = tuple(
            PlannedNote(number * BAR + on * 60, number * BAR + (on + length) * 60, 0, 0, pitch, 80)
            for on, length, pitch in sorted(listed)
        )
        if what == "bar":
            perform.add(PlannedBar(number, number * BAR, BAR, planned, number * BAR))
            number += 1
        elif what == "rest" and number:
            start = (number - 1) * BAR
            later = tuple(
                replace(note, on_tick=note.on_tick - BAR, off_tick=note.off_tick - BAR)
                for note in planned
                if note.on_tick - BAR >= start + TPB
            )
            perform.replace(PlannedBar(number - 1, start, BAR, later, start + TPB))
        elif what in ("hold", "go on"):
            perform.hold(what == "hold")
        elif what in ("mute", "sound"):
            perform.mute(frozenset({0} if what == "mute" else ()))
        elif what == "panic":
            perform.panic()
        elif what in ("stop", "roll", "back"):
            move(perform, clock, what != "stop", 0.0 if what == "roll" else backend.time_sec)
        assert perform.advance() > 0
        backend.time_sec += step
    perform.stop()
    assert not sounding(backend)
    if not kind[1]:
        times = [at for at, _ in backend.sent]
        assert times == sorted(times)
