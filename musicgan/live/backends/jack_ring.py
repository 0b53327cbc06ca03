"""What Python and JACK's own thread share: see `jack_process` for what runs there.

It is one array of 64-bit words. A message takes two: its frame, and its bytes with their number
in the lowest byte; one of 0 bytes was cancelled. Those to be sent lie in a ring from `OUT` on,
counted up by Python in `HEAD` and by the callback in `TAIL`; those that must not wait for them in
one from `NOW` on; those that came in one from `IN` on, with head and tail the other way round.
Two tables, from `OUT_PLACES` and `IN_PLACES` on, tell for each channel and pitch whether a note
sounds there. They are the callback's own, as are `PEERS` and `IN_PEERS`: how many ports ours are
connected to.
"""

from __future__ import annotations

HEAD, TAIL, NOW_HEAD, NOW_TAIL, IN_HEAD, IN_TAIL, PORT, IN_PORT, CLIENT, LOST = range(10)
PEERS, IN_PEERS, MESSAGE, TIME, SIZE, DATA, TURN, STATE, AT, READY, POSITION = range(10, 21)
"""Counters; ports and client as pointers; messages that did not fit; connections; a message being
made; an event of the server; how often the transport was written, its state, the server's frame
then, the frame from which on it may roll or `HELD`, and a `jack_position_t`."""
HELD = -1
OUT = POSITION + 32
"""More than a position takes."""
ROOM, SMALL = 1 << 14, 1 << 12
"""Messages that can wait."""
PLACES = 16 * 128
SOUNDS, ENDED = 1, 2
"""What a table says of a place, once there was a note."""
NOW = OUT + 2 * ROOM
IN = NOW + 2 * SMALL
OUT_PLACES = IN + 2 * SMALL
IN_PLACES = OUT_PLACES + PLACES
WORDS = IN_PLACES + PLACES
WRAP = 1 << 32
"""JACK counts frames in 32 bits: a day and an hour at 48 kHz."""
