"""An independent JACK client that records, in machine code: in Python it would lose notes."""

import time
from functools import cache

import numpy as np
from numba import carray, cfunc, types

from .jack_functions import call_back, typed

COUNT, PORT, CLIENT, TIME, SIZE, DATA, FIRST = range(7)
ROOM = 1 << 16
NOTE_OFF, NOTE_ON, CONTROL = 0x80, 0x90, 0xB0


@cache
def recording_callback():
    """Frames and bytes of what comes, two words a message; see `JackRecorder.got`."""
    get_buffer, last_frame_time, count_of, event_of, copy = typed()
    words = FIRST + 2 * ROOM

    @cfunc(types.int32(types.uint32, types.voidptr))
    def process(frames, argument):
        ring = carray(argument, (words,), np.int64)
        octets = carray(argument, (words * 8,), np.uint8)
        buffer = get_buffer(ring[PORT], frames)
        begin = np.int64(last_frame_time(ring[CLIENT]))
        for index in range(count_of(buffer)):
            event_of(ring[TIME : DATA + 1].ctypes, buffer, index)
            at = FIRST + 2 * ring[COUNT]
            if at + 2 > words:
                return 0
            ring[at] = begin + (ring[TIME] & 0xFFFFFFFF)
            octets[8 * (at + 1)] = ring[SIZE]
            copy(octets[8 * (at + 1) + 1 : 8 * (at + 1) + 4].ctypes, ring[DATA], ring[SIZE])
            ring[COUNT] += 1
        return 0

    return process


class JackRecorder:
    """A client whose input port can be connected to anything."""

    def __init__(self, name="recorder"):
        import jack

        self.client = jack.Client(name, no_start_server=True)
        self.port = self.client.midi_inports.register("in")
        self._ring = np.zeros(FIRST + 2 * ROOM, np.int64)
        pointers = [int(jack._ffi.cast("uintptr_t", p)) for p in (self.port._ptr, self.client._ptr)]
        self._ring[PORT], self._ring[CLIENT] = pointers
        self._process = recording_callback()
        call_back(pointers[1], self._process, self._ring)
        self.client.activate()

    @property
    def got(self):
        """[(frame, message)] so far."""
        count = int(self._ring[COUNT])
        rows = self._ring[FIRST : FIRST + 2 * count].reshape(-1, 2)
        return [
            (int(frame), int(word).to_bytes(8, "little")[1 : 1 + (int(word) & 255)])
            for frame, word in rows
        ]

    def connect(self, name, patience_sec=60.0):
        """To an output port as soon as it is there."""
        import jack

        def connected():
            try:
                self.client.connect(name, self.port)
            except jack.JackError:
                return False
            return True

        self.wait_for(connected, patience_sec)
        # The server joins them between two periods: what is sent before that is not heard.
        begun, period = self.client.last_frame_time, self.client.blocksize
        self.wait_for(lambda: self.client.last_frame_time - begun >= 3 * period, patience_sec)

    def disconnect(self, name):
        """From an output port."""
        self.client.disconnect(name, self.port)

    def notes(self):
        """(frame, channel, pitch) of the note-ons."""
        return [(at, m[0] & 15, m[1]) for at, m in self.got if m[0] & 0xF0 == NOTE_ON]

    def sounding(self):
        """(channel, pitch) of what sounds after all that came."""
        now = set()
        for _, message in self.got:
            place = (message[0] & 15, message[1])
            if message[0] & 0xF0 == NOTE_ON:
                assert place not in now, "struck again without a note-off"
                now.add(place)
            elif message[0] & 0xF0 == NOTE_OFF:
                now.discard(place)
        return now

    def silences(self):
        """(channel, controller) of CC123 and CC120."""
        return {
            (message[0] & 15, message[1])
            for _, message in self.got
            if message[0] & 0xF0 == CONTROL and message[1] in (120, 123)
        }

    def wait_for(self, condition, patience_sec=60.0):
        """Until `condition()` holds."""
        until = time.monotonic() + patience_sec
        while not condition():
            assert time.monotonic() < until, "it did not come to pass"
            time.sleep(0.02)

    def close(self):
        """End the client."""
        self.client.close()
