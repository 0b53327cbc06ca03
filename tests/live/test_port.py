"""The port process's turn of events, on pipes, with a backend that only listens."""

import threading
import time
from multiprocessing import Pipe

import pytest

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.plan import PlannedBar, PlannedNote
from musicgan.live.port import END, LEAD_SEC, MORE, Playing, PortOptions

BPM, TPB, BAR = 400, 480, 4 * 480


class Listener(FakeBackend):
    """In real time."""

    def now_sec(self):
        self.time_sec = time.monotonic()
        return self.time_sec


def bar(number, pitch=60):
    """One note of a beat at its start."""
    start = number * BAR
    return PlannedBar(number, start, BAR, (PlannedNote(start, start + TPB, 0, pitch, 80),))


class Port:
    """A performance in a thread; the far ends of its pipes."""

    def __init__(self, tmp_path, **options):
        self.bars, bars = Pipe()
        self.control, control = Pipe()
        self.backend = Listener()
        given = PortOptions(BPM, TPB, **options)
        self.playing = Playing(self.backend, bars, control, given)
        self.stopped = False
        self.thread = threading.Thread(target=self.playing.run, args=(lambda: self.stopped,))
        self.thread.start()

    def told(self):
        """What it told until it closed."""
        told = []
        while not told or told[-1][0] != "closed":
            assert self.control.poll(10)
            told.append(self.control.recv())
        self.thread.join()
        return told

    def notes(self):
        """(seconds since the first, pitch) of the note-ons."""
        ons = [(at, m[1]) for at, m in self.backend.sent if m[0] & 0xF0 == 0x90]
        return [(round(at - ons[0][0], 6), pitch) for at, pitch in ons]


@pytest.fixture
def port(tmp_path):
    made = Port(tmp_path, programs=[(0, 52)], lookahead_sec=0.2)
    yield made
    made.stopped = True
    made.thread.join()


def give(port, *bars):
    """A bar whenever one is asked for."""
    for one in bars:
        assert port.bars.poll(10)
        assert port.bars.recv() == MORE
        port.bars.send(one)


def test_bars_are_asked_for_played_and_it_ends_when_they_do(port):
    give(port, bar(0), bar(1, 62), bar(2, 64), END)
    closed = port.told()[-1][1]
    assert (closed["reason"], closed["notes"], closed["bars"], closed["underruns"]) == (
        "finished", 3, 3, 0,
    )  # fmt: skip
    assert port.notes() == [(0.0, 60), (0.6, 62), (1.2, 64)]
    assert port.backend.sent[0][1] == b"\xc0\x34"
    assert not port.backend.is_open


def test_no_more_is_asked_for_than_is_looked_ahead_and_a_bar(port):
    give(port, bar(0), bar(1), bar(2))
    # 0.2 seconds and a bar of 0.6 are to be known; three bars are.
    assert not port.bars.poll(0.3)
    assert port.bars.poll(LEAD_SEC + 1.8)


def test_a_song_of_one_bar_is_played_too(port):
    give(port, bar(0), END)
    assert port.told()[-1][1]["notes"] == 1


def test_the_composers_end_is_silence(port):
    give(port, bar(0), bar(1))
    port.bars.close()
    assert port.told()[-1][1]["reason"] == "the composer is gone"
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_the_sessions_end_is_silence(port):
    give(port, bar(0), bar(1))
    port.control.close()
    port.thread.join(5)
    assert port.backend.sent[-1][1] == b"\xb0\x78\0"


def test_a_change_of_tempo(port):
    give(port, bar(0), bar(1))
    port.control.send(("tempo", 200))
    give(port, bar(2), END)
    assert port.told()[-1][1]["bpm"] == 200
    last = port.notes()[2][0] - port.notes()[1][0]
    assert last == pytest.approx(1.2, abs=0.01)


def test_a_broken_backend_is_told_and_nothing_is_left_open(port):
    def broken(at_sec, message):
        raise RuntimeError("no more")

    port.backend.send = broken
    give(port, bar(0), bar(1))
    assert port.told()[-1][1]["reason"] == "RuntimeError: no more"
    assert not port.backend.is_open
