"""The port process's turn of events, on pipes, with a backend that only listens."""

import threading
import time
from multiprocessing import Pipe

import numpy as np
import pytest

from musicgan.compose.steering import Steering
from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks.internal import LEAD_SEC
from musicgan.live.controls import CONTROLS, DEFAULT_MAP
from musicgan.live.options import PortOptions
from musicgan.live.orders import Answer, End, Failed, More, NewBar, Steer
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


class Port:
    """A performance in a thread; the far ends of its pipes."""

    def __init__(self, bpm=BPM, **options):
        self.bars, bars = Pipe()
        self.control, control = Pipe()
        self.backend = Listener()
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


@pytest.fixture
def begin():
    """Begin a performance with these options."""
    made = []

    def begun(**options):
        made.append(Port(**{"lookahead_sec": 0.2, **options}))
        return made[-1]

    yield begun
    for port in made:
        port.end()


def cc(name, value):
    """A CC that moves the control called so."""
    return 0xB0, CONTROLS[name].cc, value


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


def test_a_broken_backend_is_told_and_nothing_is_left_open(begin):
    port = begin()

    def broken(at_sec, message):
        raise RuntimeError("no more")

    port.backend.send = broken
    port.give(bar(0), bar(1))
    assert port.told()[-1][1]["reason"] == "RuntimeError: no more"
    assert not port.backend.is_open


def test_a_knob_has_the_music_composed_anew_from_a_beat_and_what_was_asked_before_is_void(begin):
    port = begin()
    port.give(bar(0), bar(1))
    assert port.order() == More()
    port.backend.play(*cc("density", 127))
    order = port.order()
    assert isinstance(order, Steer) and order.take == 1
    assert order.steering == Steering(density=1.0)
    assert order.from_step % 4 == 0 and order.from_step <= 32
    port.bars.send(NewBar(0, bar(2, 40)))
    tick = order.from_step * TPB // 4
    port.bars.send(NewBar(1, bar(tick // BAR, 70, from_tick=tick)))
    port.give(bar(tick // BAR + 1, 71), None, take=1)
    pitches = [pitch for _, pitch in [*port.told(), *port.notes()][-4:] if isinstance(pitch, int)]
    assert pitches[-2:] == [70, 71] and 40 not in pitches


def test_keys_of_the_terminal_move_the_same_knobs(begin):
    port = begin()
    port.give(bar(0), bar(1))
    port.control.send(("key", "D"))
    while isinstance(order := port.order(), More):
        port.bars.send(NewBar(0, bar(2)))
    assert order.steering == Steering(density=0.1)


def test_a_voice_is_muted_by_its_number(begin):
    port = begin()
    port.control.send(("key", "1"))
    port.give(bar(0), bar(1), None)
    assert port.told()[-1][1]["notes"] == 0


def test_a_bar_is_held_and_let_go(begin):
    port = begin()
    port.give(bar(0, 60), bar(1, 62))
    time.sleep(LEAD_SEC + 0.1)
    port.control.send(("key", "h"))
    time.sleep(3 * BAR_SEC)
    port.control.send(("key", "h"))
    for number in range(2, 9):
        while not port.bars.poll(0.1) and port.thread.is_alive():
            pass
        if not port.thread.is_alive():
            break
        port.bars.recv()
        port.bars.send(NewBar(0, bar(number, 60 + 2 * number)) if number < 3 else End(0))
    pitches = [pitch for _, pitch in port.notes()]
    assert pitches[:3] == [60, 60, 60] and pitches[-2:] == [62, 64]
    assert set(pitches[:-2]) == {60}
    apart = np.diff([at for at, _ in port.notes()])
    assert apart == pytest.approx(BAR_SEC)


def test_the_chord_of_the_left_hand_is_kept_to(begin):
    port = begin(duet="chords")
    port.give(bar(0), bar(1))
    for pitch in (48, 52, 67):
        port.backend.play(0x90, pitch, 80)
    orders = []
    while not orders or orders[-1].steering.chord != {0, 4}:
        order = port.order()
        if isinstance(order, Steer):
            orders.append(order)
            tick = order.from_step * TPB // 4
            port.bars.send(NewBar(order.take, bar(tick // BAR, 70, from_tick=tick)))
        else:
            port.bars.send(NewBar(orders[-1].take if orders else 0, bar(2)))
    assert orders[-1].steering == Steering(chord=frozenset({0, 4}))


def test_in_a_duet_the_model_rests_while_the_player_plays_and_answers_after_a_pause(begin):
    port = begin(duet="follow")
    port.give(bar(0, 60), bar(1, 62))
    time.sleep(LEAD_SEC + 0.1)
    port.backend.play(0x90, 72, 80)
    time.sleep(0.15)
    port.backend.play(0x80, 72, 0)
    while isinstance(order := port.order(), More):
        port.bars.send(NewBar(0, bar(2)))
    assert isinstance(order, Answer)
    assert [note.pitch for note in order.notes] == [72]
    assert order.from_step % 16 == 0
    number = order.from_step // 16
    assert 0 < order.from_step - order.notes[0].onset_step <= 2 * 16
    port.bars.send(NewBar(1, bar(number, 80)))
    port.give(bar(number + 1, 81), None, take=1)
    port.told()
    notes = port.notes()
    assert [pitch for _, pitch in notes] == [60, 80, 81]
    bars = [at / BAR_SEC for at, _ in notes]
    assert bars == [pytest.approx(round(b), abs=0.01) for b in bars]
    assert 72 not in [m[1] for _, m in port.backend.sent if m[0] < 0xB0]


def test_what_comes_back_through_a_loop_is_not_taken_for_a_player(begin):
    port = begin(duet="follow")
    port.give(bar(0, 60), bar(1, 62))
    while not port.backend.sent:
        time.sleep(0.01)
    at, message = next(entry for entry in port.backend.sent if entry[1][0] & 0xF0 == 0x90)
    time.sleep(max(0.0, at + 0.002 - time.monotonic()))
    port.backend.to_hear.append((at + 0.002, message))
    port.give(bar(2, 64), None)
    port.told()
    assert [pitch for _, pitch in port.notes()] == [60, 62, 64]


def test_what_is_played_is_sent_on_only_when_asked_and_ends_with_the_music(begin):
    port = begin(thru=True)
    port.give(bar(0), bar(1))
    port.backend.play(0x93, 40, 80)
    time.sleep(0.1)
    port.end()
    own = [m for _, m in port.backend.sent if m[0] in (0x93, 0x83)]
    assert own == [b"\x93\x28\x50", b"\x83\x28\x00"]


def test_midi_clock_leads_the_music_from_its_start_to_its_stop(begin):
    port = begin(clock="midi", must_listen=True)
    port.give(bar(0), bar(1))
    time.sleep(0.2)
    assert port.backend.sent == []
    port.backend.play(0xFA)
    begun = port.backend.now_sec()
    apart = 60 / 300 / 24
    for index in range(int(1.8 / apart)):
        time.sleep(max(0.0, begun + index * apart - time.monotonic()))
        port.backend.to_hear.append((begun + index * apart, b"\xf8"))
        if port.bars.poll():
            port.bars.recv()
            port.bars.send(NewBar(0, bar(2 + index)))
    port.backend.play(0xFC)
    time.sleep(0.1)
    ons = [at for at, m in port.backend.sent if m[0] & 0xF0 == 0x90]
    assert (ons[0] - begun) / 0.8 == pytest.approx(1, abs=0.02)  # the first line is past
    sounding = sum(1 if m[0] == 0x90 else -1 for _, m in port.backend.sent if m[0] in (0x90, 0x80))
    assert sounding <= 0
    assert max(at for at, _ in port.backend.sent) <= time.monotonic()


def test_clock_goes_out_with_the_music(begin):
    port = begin(clock_out=True)
    port.give(bar(0), bar(1), None)
    port.told()
    system = [(at, m) for at, m in port.backend.sent if m[0] >= 0xF0]
    first = next(at for at, m in port.backend.sent if m[0] & 0xF0 == 0x90)
    assert system[0] == (pytest.approx(first), b"\xfa")
    assert sum(m == b"\xf8" for _, m in system) >= 2 * 96
    assert system[-1][1] == b"\xfc"
