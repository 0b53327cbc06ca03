"""MIDI clock in and out of the port process."""

import time

import pytest

from musicgan.live.orders import NewBar

from .port_thread import bar


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
