"""A performer on a backend whose time a test turns on, and what is heard of it."""

from hypothesis import strategies as st

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.internal import LEAD_SEC, InternalClock
from musicgan.live.performer import Performer
from musicgan.live.plan import PlannedBar, PlannedNote
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


notes = st.tuples(st.integers(0, 31), st.integers(1, 60), st.integers(60, 62))
"""(step of a bar, length, pitch), in eighths of a beat."""


def performer(queued=True, handed_over_sec=0.0, **rest):
    """A performer at 120 beats a minute whose song begins a second from now."""
    backend = FakeBackend(queued, handed_over_sec)
    clock = InternalClock(ClockOptions(TPB, 120, BAR))
    clock.begin(1.0 - LEAD_SEC)
    return Performer(backend, clock, **rest), backend


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


def ons(backend):
    """(seconds, pitch) of the note-ons."""
    return [(at, pitch) for at, kind, pitch in heard(backend) if kind == "on"]


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
