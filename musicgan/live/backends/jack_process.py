"""The machine code that runs in JACK's own thread, once a period.

It takes no lock and never waits for Python, whatever the interpreter does; a callback in Python
drops events and disturbs every other client. `jack_code` keeps it on disk: that is why the server's
functions are named here and not given as addresses, which no two runs share.

It knows what sounds, and sees connections come and go. Whoever is disconnected in the middle of a
note misses its end: at each new connection every note that has ended ends once more. A player who
is disconnected lets go of what they held.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numpy as np
from numba import carray, cfunc, njit, types
from numba.core.types import ExternalFunction

from musicgan.live.backends.jack_code import LIBRARY
from musicgan.live.backends.jack_ring import (
    AT,
    CLIENT,
    DATA,
    ENDED,
    HEAD,
    HELD,
    IN,
    IN_HEAD,
    IN_PEERS,
    IN_PLACES,
    IN_PORT,
    IN_TAIL,
    LOST,
    MESSAGE,
    NOW,
    NOW_HEAD,
    NOW_TAIL,
    OUT,
    OUT_PLACES,
    PEERS,
    PLACES,
    PORT,
    POSITION,
    READY,
    ROOM,
    SIZE,
    SMALL,
    SOUNDS,
    STATE,
    TAIL,
    TIME,
    TURN,
    WORDS,
    WRAP,
)
from musicgan.live.messages import NOTE_OFF, NOTE_ON

STARTING = 3
"""The transport's state."""
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
# In this thread it answers for the connections of this very period, and does not wait.
connections_of = external("jack_port_connected", types.int32, pointer)
query = external("jack_transport_query", types.int32, pointer, address)
copy = external("memcpy", pointer, address, pointer, pointer)


@njit
def note(ring: Any, octets: Any, places: int, at: int) -> None:
    """What the message in word `at` does to a table."""
    first = octets[8 * at + 1]
    place = places + 128 * (first & 15) + (octets[8 * at + 2] & 127)
    if first & 0xF0 == NOTE_ON and octets[8 * at + 3] > 0:
        ring[place] = SOUNDS
    elif first & 0xF0 == NOTE_ON or first & 0xF0 == NOTE_OFF:
        ring[place] = ENDED


@njit
def give(ring: Any, octets: Any, buffer: Any, ahead: int, at: int) -> None:
    """Send the message in word `at`, so many frames into the period."""
    if write(buffer, ahead, octets[8 * at + 1 : 8 * at + 4].ctypes, octets[8 * at]) != 0:
        ring[LOST] += 1
        return
    note(ring, octets, OUT_PLACES, at)


@njit
def put_off(octets: Any, at: int, place: int) -> None:
    """The end of a note at `place` of a table, into word `at`."""
    octets[8 * at] = 3
    octets[8 * at + 1] = NOTE_OFF | place // 128
    octets[8 * at + 2] = place % 128
    octets[8 * at + 3] = 0


@njit
def hear(ring: Any, octets: Any, frames: int, begin: int) -> None:
    """What comes in, and the end of what a player held who is gone."""
    peers = connections_of(ring[IN_PORT])
    if peers < ring[IN_PEERS]:
        for place in range(PLACES):
            if ring[IN_PLACES + place] == SOUNDS and ring[IN_HEAD] - ring[IN_TAIL] < SMALL:
                at = IN + 2 * (ring[IN_HEAD] % SMALL)
                ring[at] = begin
                put_off(octets, at + 1, place)
                note(ring, octets, IN_PLACES, at + 1)
                ring[IN_HEAD] += 1
    ring[IN_PEERS] = peers
    heard = get_buffer(ring[IN_PORT], frames)
    for index in range(count_of(heard)):
        event_of(ring[TIME : DATA + 1].ctypes, heard, index)
        if ring[SIZE] > 3 or ring[IN_HEAD] - ring[IN_TAIL] >= SMALL:
            continue
        at = IN + 2 * (ring[IN_HEAD] % SMALL)
        ring[at] = begin + (ring[TIME] & 0xFFFFFFFF)
        octets[8 * (at + 1)] = ring[SIZE]
        copy(octets[8 * (at + 1) + 1 :].ctypes, ring[DATA], ring[SIZE])
        note(ring, octets, IN_PLACES, at + 1)
        ring[IN_HEAD] += 1


@njit
def end_again(ring: Any, octets: Any, buffer: Any) -> None:
    """Before anything else, for a peer that is new in this period; others lose nothing by it."""
    peers = connections_of(ring[PORT])
    if peers > ring[PEERS]:
        for place in range(PLACES):
            if ring[OUT_PLACES + place] == ENDED:
                put_off(octets, MESSAGE, place)
                give(ring, octets, buffer, 0, MESSAGE)
    ring[PEERS] = peers


@cfunc(types.int32(types.uint32, types.voidptr))
def process(frames: Any, argument: Any) -> Any:
    """A period of `frames`; `argument` is the array of `jack_ring`. Always 0: all is well."""
    ring = carray(argument, (WORDS,), np.int64)
    octets = carray(argument, (WORDS * 8,), np.uint8)
    begin = np.int64(last_frame_time(ring[CLIENT]))
    # Whoever reads a turn that is odd, or another one afterwards, reads again.
    ring[TURN] += 1
    ring[STATE] = query(ring[CLIENT], ring[POSITION:].ctypes)
    ring[AT] = begin
    ring[TURN] += 1
    if ring[IN_PORT] != 0:
        hear(ring, octets, frames, begin)
    buffer = get_buffer(ring[PORT], frames)
    clear(buffer)
    end_again(ring, octets, buffer)
    while ring[NOW_TAIL] < ring[NOW_HEAD]:
        give(ring, octets, buffer, 0, NOW + 2 * (ring[NOW_TAIL] % SMALL) + 1)
        ring[NOW_TAIL] += 1
    tail, head = ring[TAIL], ring[HEAD]
    while tail < head:
        at = OUT + 2 * (tail % ROOM)
        if octets[8 * (at + 1)] > 0:  # else it was cancelled, and its time does not matter
            ahead = (ring[at] - begin) % WRAP
            if ahead >= WRAP // 2:
                ahead = np.int64(0)  # it is late
            if ahead >= frames:
                break
            give(ring, octets, buffer, ahead, at + 1)
        tail += 1
    ring[TAIL] = tail
    return 0


@cfunc(types.int32(types.uint32, types.voidptr, types.voidptr))
def sync(state: Any, place: Any, argument: Any) -> Any:
    """Asked each period while the transport starts: whether it may roll from the next one on."""
    ring = carray(argument, (WORDS,), np.int64)
    if state != STARTING:
        return 1
    since = (np.int64(last_frame_time(ring[CLIENT])) - ring[READY]) % WRAP
    return 1 if ring[READY] != HELD and since < WRAP // 2 else 0
