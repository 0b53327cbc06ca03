"""An end to every note, and silence, whatever happens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.live.plan import PlannedBar, PlannedNote

from .performing import BAR, TPB, bar, heard, led, move, notes, ons, performer, play, sounding


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


ON, OFF = (lambda pitch: bytes([0x90, pitch, 70])), (lambda pitch: bytes([0x80, pitch, 0]))


@pytest.mark.parametrize("queued", [True, False])
def test_a_player_who_strikes_what_sounds_ends_it_and_holds_it_as_long_as_they_do(queued):
    perform, backend = performer(queued)
    perform.add(bar(0, (0, 2, 60), (3, 4, 60)))
    play(perform, backend, 1.5)
    perform.send_through(ON(60))
    play(perform, backend, 3.2)
    perform.send_through(OFF(60))
    play(perform, backend, 5.0)
    assert heard(backend) == [
        (1.0, "on", 60), (1.5, "off", 60), (1.5, "on", 60), (3.21, "off", 60),
    ]  # fmt: skip


@pytest.mark.parametrize("queued", [True, False])
def test_what_a_player_holds_goes_on_while_the_music_rests_or_waits_and_ends_with_it(queued):
    perform, backend, clock = led(queued=queued)
    move(perform, clock, True, 0.0)
    perform.add(bar(0))
    perform.add(bar(1, (4, 8, 64)))
    play(perform, backend, 2.5)
    perform.send_through(ON(60))
    perform.rest()
    play(perform, backend, 2.7)
    assert sounding(backend) == {(0, 60)}
    move(perform, clock, False, 0.0)
    assert sounding(backend) == {(0, 60)}
    perform.stop()
    assert not sounding(backend)


@given(
    st.lists(notes, max_size=8),
    st.lists(st.tuples(st.integers(0, 400), st.integers(60, 62), st.booleans()), max_size=8),
    st.booleans(),
)
def test_no_note_is_struck_again_or_left_whatever_a_player_plays_beside(written, played, queued):
    perform, backend = performer(queued, handed_over_sec=0.03 if queued else 0.0)
    on_beats = [(step / 8, step / 8 + length / 8, pitch) for step, length, pitch in written]
    perform.add(bar(0, *sorted(on_beats)))
    perform.add(bar(1))
    held = set()
    for at, pitch, is_on in sorted(played):
        play(perform, backend, at / 100)
        if is_on != (pitch in held):
            perform.send_through(ON(pitch) if is_on else OFF(pitch))
            held ^= {pitch}
    play(perform, backend, 4.5)
    perform.stop()
    assert not sounding(backend)
