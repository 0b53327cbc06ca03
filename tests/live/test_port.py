"""The port process's turn of events: bars are asked for and played, and it ends in silence."""

import pytest

from musicgan.live.clocks.internal import LEAD_SEC
from musicgan.live.orders import Failed, More
from musicgan.midifile import read_midi

from .port_thread import bar


def test_bars_are_asked_for_played_and_it_ends_when_they_do(begin):
    port = begin(programs=[(0, 52)])
    port.give(bar(0), bar(1, 62), bar(2, 64), None)
    closed = port.told()[-1][1]
    assert (closed["reason"], closed["notes"], closed["bars"], closed["underruns"]) == (
        "finished", 3, 3, 0,
    )  # fmt: skip
    assert port.notes() == [(0.0, 60), (0.6, 62), (1.2, 64)]
    assert port.backend.sent[0][1] == b"\xc0\x34"
    assert not port.backend.is_open


def test_no_more_is_asked_for_than_is_looked_ahead_and_a_bar(begin):
    port = begin()
    port.give(bar(0), bar(1), bar(2))
    # 0.2 seconds and a bar of 0.6 are to be known; three bars are.
    assert not port.bars.poll(0.3)
    assert port.bars.poll(LEAD_SEC + 1.8)


def test_a_song_of_one_bar_is_played_too(begin):
    port = begin()
    port.give(bar(0), None)
    assert port.told()[-1][1]["notes"] == 1


@pytest.mark.parametrize(("bpm", "bar_sec"), [(400, 0.6), (20, 12)])
def test_the_fastest_and_the_slowest_tempo(begin, bpm, bar_sec):
    port = begin(bpm=bpm, lookahead_sec=13)
    port.give(bar(0), bar(1), None)
    port.thread.join(LEAD_SEC + 1)
    port.end()
    sent = [at for at, m in port.backend.sent if m[0] & 0xF0 == 0x90]
    if bpm == 400:
        assert sent[1] - sent[0] == pytest.approx(bar_sec)
    else:  # its second bar was taken back
        assert len(sent) == 1
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_a_change_of_tempo(begin):
    port = begin()
    port.give(bar(0), bar(1))
    port.control.send(("tempo", 200))
    port.give(bar(2), None)
    assert port.told()[-1][1]["bpm"] == 200
    last = port.notes()[2][0] - port.notes()[1][0]
    assert last == pytest.approx(1.2, abs=0.01)


def test_the_composers_end_is_silence(begin):
    port = begin()
    port.give(bar(0), bar(1))
    port.bars.close()
    assert port.told()[-1][1]["reason"] == "the composer is gone"
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_a_composer_that_fails_is_silence_and_tells_why(begin):
    port = begin()
    port.give(bar(0), bar(1))
    assert port.order() == More()
    port.bars.send(Failed("the composer failed: ValueError: no"))
    assert port.told()[-1][1]["reason"] == "the composer failed: ValueError: no"
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_the_sessions_end_is_silence(begin):
    port = begin()
    port.give(bar(0), bar(1))
    port.control.close()
    port.thread.join(5)
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_a_session_that_does_not_listen_does_not_stop_the_music(begin):
    """Its pipe is full after a while; states are dropped, not waited for."""
    port = begin()
    for _ in range(3000):
        port.playing._told_sec = -1.0
        port.playing._report(0.0)
    port.give(bar(0), bar(1), bar(2), None)
    port.thread.join(10)
    assert [pitch for _, pitch in port.notes()] == [60, 60, 60]


def test_a_broken_backend_is_told_and_nothing_is_left_open(begin):
    port = begin()

    def broken(at_sec, message):
        raise RuntimeError("no more")

    port.backend.send = broken
    port.give(bar(0), bar(1))
    assert port.told()[-1][1]["reason"] == "RuntimeError: no more"
    assert not port.backend.is_open


def test_a_backend_that_cannot_even_be_closed_does_not_cost_the_take(begin, tmp_path):
    take = tmp_path / "take.mid"
    port = begin(record=take)

    def broken():
        raise RuntimeError("gone")

    port.backend.close = broken
    port.give(bar(0), bar(1), None)
    port.thread.join(10)
    assert port.told()[-1][0] == "closed"
    assert read_midi(take).notes["pitch"].tolist() == [60, 60]
