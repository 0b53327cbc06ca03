"""A port process as a thread: the far ends of its pipes, and a backend that only listens."""

import threading
import time
from multiprocessing import Pipe

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.controls import CONTROLS, DEFAULT_MAP
from musicgan.live.options import PortOptions
from musicgan.live.orders import End, More, NewBar
from musicgan.live.plan import PlannedBar, PlannedNote
from musicgan.live.port import Playing

BPM, TPB, BAR = 400, 480, 4 * 480
BAR_SEC = 0.6
VOICES = ("Soprano", "Bass")


class Listener(FakeBackend):
    """In real time."""

    def now_sec(self):
        self.time_sec = time.monotonic()
        return self.time_sec

    def play(self, *message):
        """The player does something."""
        self.to_hear.append((self.now_sec(), bytes(message)))


def bar(number, pitch=60, from_tick=None):
    """One note of a beat at its start."""
    start = number * BAR
    at = start if from_tick is None else from_tick
    return PlannedBar(number, start, BAR, (PlannedNote(at, at + TPB, 0, 0, pitch, 80),), at)


def cc(name, value):
    """A CC that moves the control called so."""
    return 0xB0, CONTROLS[name].cc, value


class Port:
    """A performance in a thread; the far ends of its pipes."""

    def __init__(self, bpm=BPM, backend=None, **options):
        self.bars, bars = Pipe()
        self.control, control = Pipe()
        self.backend = backend or Listener()
        given = PortOptions(bpm, 4, TPB, BAR, TPB, VOICES, cc_map=DEFAULT_MAP, **options)
        self.playing = Playing(self.backend, bars, control, given)
        self.stopped = False
        self.thread = threading.Thread(target=self.playing.run, args=(lambda: self.stopped,))
        self.thread.start()

    def order(self, patience_sec=10):
        """The next order to the composer."""
        assert self.bars.poll(patience_sec)
        return self.bars.recv()

    def give(self, *bars, take=0):
        """A bar whenever one is asked for; None is the end."""
        for one in bars:
            assert self.order() == More()
            self.bars.send(End(take) if one is None else NewBar(take, one))

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

    def end(self):
        """Stop, if it has not."""
        self.stopped = True
        self.thread.join()
