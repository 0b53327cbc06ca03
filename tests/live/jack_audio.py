"""A JACK client that keeps the sound it hears, with the frame at which it began."""

import jack
import numpy as np
from numba import carray, cfunc, types

from .jack_functions import call_back, typed

COUNT, PORT, CLIENT, BEGIN, FIRST = range(5)
ROOM_SEC = 60


def listening_callback(room):
    """After `FIRST` 64-bit words come up to `room` samples of 32 bits."""
    get_buffer, last_frame_time, _, _, copy = typed()

    @cfunc(types.int32(types.uint32, types.voidptr))
    def process(frames, argument):
        head = carray(argument, (FIRST,), np.int64)
        samples = carray(argument, (2 * FIRST + room,), np.float32)
        at = head[COUNT]
        if at == 0:
            head[BEGIN] = last_frame_time(head[CLIENT])
        if at + frames <= room:
            place = 2 * FIRST + at
            copy(samples[place : place + 1].ctypes, get_buffer(head[PORT], frames), 4 * frames)
            head[COUNT] = at + frames
        return 0

    return process


class JackListener:
    """It hears the output port `name` for a minute, from now on."""

    def __init__(self, name):
        self.client = jack.Client("listener", no_start_server=True)
        port = self.client.inports.register("in")
        room = ROOM_SEC * self.client.samplerate
        self._memory = np.zeros(FIRST + room // 2, np.int64)
        pointers = [int(jack._ffi.cast("uintptr_t", p)) for p in (port._ptr, self.client._ptr)]
        self._memory[PORT], self._memory[CLIENT] = pointers
        self._process = listening_callback(room)
        call_back(pointers[1], self._process, self._memory)
        self.client.activate()
        self.client.connect(name, port)

    @property
    def begin_frame(self):
        """JACK's frame of the first sample."""
        return int(self._memory[BEGIN])

    @property
    def samples(self):
        """What was heard so far, float32."""
        return self._memory.view(np.float32)[2 * FIRST :][: int(self._memory[COUNT])].copy()

    def close(self):
        """End the client."""
        self.client.close()
