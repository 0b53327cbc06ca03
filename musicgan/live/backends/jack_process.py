"""The machine code that runs in JACK's own thread, once a period.

It takes no lock and never waits for Python, whatever the interpreter does; a callback in Python
drops events and disturbs every other client. Compiling takes seconds, so it is kept on disk: that
is why the server's functions are named here and not given as addresses, which no two runs share.
"""

from __future__ import annotations

import ctypes.util
from typing import Any

import llvmlite.binding
import numpy as np
from numba import carray, cfunc, types
from numba.core.types import ExternalFunction

from musicgan.live.backends.jack_ring import (
    AT,
    CLIENT,
    DATA,
    HEAD,
    IN,
    IN_HEAD,
    IN_PORT,
    IN_TAIL,
    LOST,
    NOW,
    NOW_HEAD,
    NOW_TAIL,
    OUT,
    PORT,
    POSITION,
    ROOM,
    SIZE,
    SMALL,
    STATE,
    TAIL,
    TIME,
    TURN,
    WORDS,
    WRAP,
)

LIBRARY = ctypes.util.find_library("jack") or "libjack.so.0"
llvmlite.binding.load_library_permanently(LIBRARY)

pointer, number, address = types.uintp, types.uint32, types.voidptr


def external(name: str, result: Any, *arguments: Any) -> Any:
    """A function of a loaded library."""
    return ExternalFunction(name, result(*arguments))


get_buffer = external("jack_port_get_buffer", pointer, pointer, number)
clear = external("jack_midi_clear_buffer", types.void, pointer)
write = external("jack_midi_event_write", types.int32, pointer, number, address, pointer)
count_of = external("jack_midi_get_event_count", number, pointer)
event_of = external("jack_midi_event_get", types.int32, address, pointer, number)
last_frame_time = external("jack_last_frame_time", number, pointer)
query = external("jack_transport_query", types.int32, pointer, address)
copy = external("memcpy", pointer, address, pointer, pointer)


@cfunc(types.int32(types.uint32, types.voidptr), cache=True)
def process(frames: Any, argument: Any) -> Any:
    """A period of `frames`; `argument` is the array of `jack_ring`. Always 0, that all is well."""
    ring = carray(argument, (WORDS,), np.int64)
    octets = carray(argument, (WORDS * 8,), np.uint8)
    begin = np.int64(last_frame_time(ring[CLIENT]))
    # Whoever reads a turn that is odd, or another one afterwards, reads again.
    ring[TURN] += 1
    ring[STATE] = query(ring[CLIENT], ring[POSITION:].ctypes)
    ring[AT] = begin
    ring[TURN] += 1
    if ring[IN_PORT] != 0:
        heard = get_buffer(ring[IN_PORT], frames)
        for index in range(count_of(heard)):
            event_of(ring[TIME : DATA + 1].ctypes, heard, index)
            if ring[SIZE] > 3 or ring[IN_HEAD] - ring[IN_TAIL] >= SMALL:
                continue
            at = IN + 2 * (ring[IN_HEAD] % SMALL)
            ring[at] = begin + (ring[TIME] & 0xFFFFFFFF)
            octets[8 * (at + 1)] = ring[SIZE]
            copy(octets[8 * (at + 1) + 1 :].ctypes, ring[DATA], ring[SIZE])
            ring[IN_HEAD] += 1
    buffer = get_buffer(ring[PORT], frames)
    clear(buffer)
    while ring[NOW_TAIL] < ring[NOW_HEAD]:
        place = 8 * (NOW + 2 * (ring[NOW_TAIL] % SMALL) + 1)
        if write(buffer, 0, octets[place + 1 : place + 4].ctypes, octets[place]) != 0:
            ring[LOST] += 1
        ring[NOW_TAIL] += 1
    tail, head = ring[TAIL], ring[HEAD]
    while tail < head:
        at = OUT + 2 * (tail % ROOM)
        place = 8 * (at + 1)
        size = octets[place]
        if size > 0:  # else it was cancelled, and its time does not matter
            ahead = (ring[at] - begin) % WRAP
            if ahead >= WRAP // 2:
                ahead = np.int64(0)  # it is late
            if ahead >= frames:
                break
            if write(buffer, ahead, octets[place + 1 : place + 4].ctypes, size) != 0:
                ring[LOST] += 1
        tail += 1
    ring[TAIL] = tail
    return 0
