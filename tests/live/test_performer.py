"""Bars in time, each note at its own, whatever comes late: asserted on whole lists of messages."""

import pytest

from musicgan.live.sender import FOREVER_SEC

from .performing import bar, heard, performer, play, sounding


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


def test_with_nothing_to_play_it_need_not_be_woken():
    perform, _ = performer()
    assert perform.advance() == pytest.approx(1.0)  # bar 0 begins then, should there be one
    perform.clock.set_tempo(120, 0)
    perform.backend.time_sec = 2.0
    assert perform.advance() == FOREVER_SEC
