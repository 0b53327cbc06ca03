"""Members of one Link session, each a process of its own; run in a network of its own.

Prints what they saw of each other as one line of JSON. `unshare -n python link_peers.py`
"""

import asyncio
import fcntl
import json
import socket
import struct
import time
from multiprocessing import get_context

from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.link import LinkClock
from musicgan.live.clocks.two_clocks import read_together

TICKS_PER_BEAT, BAR_BEAT = 480, 4
PATIENCE_SEC = 20
SETTLE_SEC = 1.0


class SoundCard(FakeBackend):
    """Seconds as a sound card counts them: from anywhere, and 0.2 ms a second too fast."""

    RATE, START_SEC = 1.0002, 5000.0

    def now_sec(self):
        return self.START_SEC + self.RATE * time.monotonic()

    def monotonic(self, sec):
        return (sec - self.START_SEC) / self.RATE


class Plain:
    """Another program: Link as it is."""

    def __init__(self, bpm):
        self.link = asyncio.run(self.joined(bpm))
        self.link.quantum = BAR_BEAT

    async def joined(self, bpm):
        from aalink import Link

        link = Link(bpm)
        link.enabled = True
        return link

    def turn(self):
        pass

    def sample(self):
        """(monotonic seconds, beat)."""
        return read_together(time.monotonic, lambda: self.link.beat)[1:]

    def bpm(self):
        return self.link.tempo

    def peers(self):
        return self.link.num_peers

    def set_tempo(self, bpm):
        self.link.tempo = bpm


class Ours:
    """Our clock, polled as the port process does."""

    def __init__(self, bpm):
        self.card = SoundCard()
        options = ClockOptions(TICKS_PER_BEAT, bpm, BAR_BEAT * TICKS_PER_BEAT)
        self.clock = LinkClock(options, self.card)
        self.reports = 0

    def turn(self):
        self.reports += self.clock.poll(self.card.now_sec())

    def begin(self):
        self.clock.begin(self.card.now_sec())

    def sample(self):
        """(monotonic seconds, beat)."""
        now_sec = self.card.now_sec()
        return self.card.monotonic(now_sec), self.clock.tick_at(now_sec) / TICKS_PER_BEAT

    def due(self, beat):
        """In monotonic seconds."""
        return self.card.monotonic(self.clock.due_sec(beat * TICKS_PER_BEAT))

    def bpm(self):
        return self.clock.bpm

    def source(self):
        return self.clock.source

    def reported(self):
        """How often `poll` was true."""
        return self.reports

    def set_tempo(self, bpm):
        return self.clock.set_tempo(bpm, self.card.now_sec())

    def close(self):
        self.clock.close()


def serve(pipe, kind, bpm):
    """Be a member until the pipe ends."""
    peer = kind(bpm)
    try:
        while True:
            if pipe.poll(0.01):
                name, *arguments = pipe.recv()
                pipe.send(getattr(peer, name)(*arguments))
            peer.turn()
    except EOFError:
        return


class Member:
    """One of them, from outside: `member.bpm()` asks the process."""

    def __init__(self, kind, bpm):
        context = get_context("spawn")
        self.pipe, far = context.Pipe()
        self.process = context.Process(target=serve, args=(far, kind, bpm), daemon=True)
        self.process.start()
        far.close()

    def __getattr__(self, name):
        def ask(*arguments):
            self.pipe.send((name, *arguments))
            return self.pipe.recv()

        return ask

    def leave(self):
        self.pipe.close()
        self.process.join()


def loopback_up():
    """The namespace begins with a network that is down."""
    get_flags, set_flags, up_running_multicast = 0x8913, 0x8914, 0x1041
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, get_flags, asked), 16)
        wanted = struct.pack("16sh14x", b"lo", flags | up_running_multicast)
        fcntl.ioctl(any_socket, set_flags, wanted)


def wait_for(condition):
    """Seconds until `condition()` holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < PATIENCE_SEC, "they do not agree"
        time.sleep(0.005)
    return round(time.monotonic() - begun, 3)


def agreed(bpm, *members):
    return lambda: all(abs(member.bpm() - bpm) < 0.01 for member in members)


def off_ms(beat, bpm):
    """From the nearest bar line."""
    return ((beat + BAR_BEAT / 2) % BAR_BEAT - BAR_BEAT / 2) * 60_000 / bpm


def phase_ms(member, other, bpm, count=100):
    """[median, largest] difference between where two are in the bar."""
    errors = []
    for _ in range(count):
        (here_sec, here), (there_sec, there) = member.sample(), other.sample()
        there += (here_sec - there_sec) * bpm / 60
        errors.append(abs(off_ms(here - there, bpm)))
        time.sleep(0.01)
    return [round(sorted(errors)[count // 2], 3), round(max(errors), 3)]


def bar_line_ms(due_sec, other, bpm):
    """How far from a bar line of `other` that moment is."""
    sec, beat = other.sample()
    return round(abs(off_ms(beat + (due_sec - sec) * bpm / 60, bpm)), 3)


def join(plain, early):
    """It begins at once, before it knows of the other."""
    early.begin()
    join_sec = wait_for(lambda: agreed(100, early)() and plain.peers() == 1)
    time.sleep(SETTLE_SEC)
    return {
        "join_sec": join_sec,
        "reported_after_join": early.reported(),
        "phase_ms": phase_ms(early, plain, 100),
    }


def begin_as_a_member(plain, late):
    wait_for(lambda: agreed(100, late)() and plain.peers() == 2)
    time.sleep(SETTLE_SEC)
    asked_sec, _ = plain.sample()
    late.begin()
    return {
        "begin_in_sec": round(late.due(0) - asked_sec, 3),
        "begin_off_bar_line_ms": bar_line_ms(late.due(0), plain, 100),
    }


def hear_of_a_tempo(plain, early, late):
    """ "due_...": [seconds to a bar line to come, what its beat and the tempo make of it]."""
    far_beat = (early.sample()[1] // BAR_BEAT + 4) * BAR_BEAT
    before_sec, (sec, beat) = early.due(far_beat), early.sample()
    seen = {"due_before": [round(before_sec - sec, 3), round((far_beat - beat) * 60 / 100, 3)]}
    plain.set_tempo(90)
    seen["tempo_from_other_sec"] = wait_for(agreed(90, early, late))
    time.sleep(SETTLE_SEC)
    after_sec, (sec, beat) = early.due(far_beat), early.sample()
    seen["due_after"] = [round(after_sec - sec, 3), round((far_beat - beat) * 60 / 90, 3)]
    seen["due_later_by_sec"] = round(after_sec - before_sec, 3)
    seen["due_off_bar_line_ms"] = bar_line_ms(after_sec, plain, 90)
    return seen


def set_a_tempo(plain, early, late):
    seen = {"set_tempo": early.set_tempo(132)}
    seen["tempo_from_ours_sec"] = wait_for(agreed(132, plain, early, late))
    time.sleep(SETTLE_SEC)
    seen["phase_ms_at_the_end"] = phase_ms(early, plain, 132)
    seen["bpms_at_the_end"] = [member.bpm() for member in (plain, early, late)]
    return seen


def leave(plain, early, late):
    seen = {"sources": [early.source(), late.source()]}
    seen["reported_in_all"] = [early.reported(), late.reported()]
    early.close()
    seen["leave_sec"] = wait_for(lambda: plain.peers() == 1 and late.source() != seen["sources"][1])
    seen["sources_after_one_left"] = [late.source()]
    return seen


def main():
    loopback_up()
    plain = Member(Plain, 100)
    plain.bpm()
    time.sleep(SETTLE_SEC)  # of two sessions of nearly one age either may win
    early = Member(Ours, 120)
    seen = join(plain, early)
    late = Member(Ours, 140)
    seen |= begin_as_a_member(plain, late)
    seen |= hear_of_a_tempo(plain, early, late)
    seen |= set_a_tempo(plain, early, late)
    seen |= leave(plain, early, late)
    for member in (early, late, plain):
        member.leave()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
