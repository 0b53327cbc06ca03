"""What Python and JACK's own thread share, and the machine code that runs in that thread.

The process callback takes no lock and never waits for Python, whatever the interpreter does; a
callback in Python drops events and disturbs every other client.

All is one array of 64-bit words. A message takes two: its frame, and its bytes with their number
in the lowest byte; one of 0 bytes was cancelled. Those to be sent lie in a ring from `OUT` on,
counted up by Python in `HEAD` and by the callback in `TAIL`; those that must not wait for them in
one from `NOW` on; those that came in one from `IN` on, with head and tail the other way round.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

import numpy as np

HEAD, TAIL, NOW_HEAD, NOW_TAIL, IN_HEAD, IN_TAIL, PORT, IN_PORT, CLIENT, LOST = range(10)
TIME, SIZE, DATA, TURN, STATE, AT, POSITION = range(10, 17)
"""Counters; ports and client as pointers; messages that did not fit; an event of the server; how
often the transport was written, its state, the server's frame then, and a `jack_position_t`."""
OUT = POSITION + 32
"""More than a position takes."""
ROOM, SMALL = 1 << 14, 1 << 12
"""Messages that can wait."""
NOW = OUT + 2 * ROOM
IN = NOW + 2 * SMALL
WORDS = IN + 2 * SMALL
WRAP = 1 << 32
"""JACK counts frames in 32 bits: a day and an hour at 48 kHz."""


def process_callback() -> Any:
    """The compiled process callback; `address` is what JACK is given, with the array's."""
    from numba import carray, cfunc, types

    library = load_library()
    get_buffer, clear = library.jack_port_get_buffer, library.jack_midi_clear_buffer
    write, last_frame_time = library.jack_midi_event_write, library.jack_last_frame_time
    count_of, event_of = library.jack_midi_get_event_count, library.jack_midi_event_get
    query, copy = library.jack_transport_query, library.memcpy

    @cfunc(types.int32(types.uint32, types.voidptr), cache=False)
    def process(frames: Any, argument: Any) -> Any:
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

    return process


def load_library() -> Any:
    """libjack and memcpy, with the types of what is called."""
    library = ctypes.CDLL(ctypes.util.find_library("jack") or "libjack.so.0")
    pointer, number, address = ctypes.c_size_t, ctypes.c_uint32, ctypes.c_void_p
    for name, result, arguments in (
        ("jack_port_get_buffer", pointer, [pointer, number]),
        ("jack_midi_clear_buffer", None, [pointer]),
        ("jack_midi_event_write", ctypes.c_int, [pointer, number, address, pointer]),
        ("jack_midi_get_event_count", number, [pointer]),
        ("jack_midi_event_get", ctypes.c_int, [address, pointer, number]),
        ("jack_last_frame_time", number, [pointer]),
        ("jack_transport_query", ctypes.c_int, [pointer, address]),
        ("memcpy", pointer, [address, pointer, pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
