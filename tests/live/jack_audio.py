"""A JACK client that keeps the sound it hears, with the frame at which it began."""

import ctypes

import jack
import numpy as np
from numba import carray, cfunc, types

COUNT, PORT, CLIENT, BEGIN, FIRST = range(5)
ROOM_SEC = 60


def listening_callback(library, room):
    """After `FIRST` 64-bit words come up to `room` samples of 32 bits."""
    pointer, number = ctypes.c_size_t, ctypes.c_uint32
    get_buffer, last_frame_time = library.jack_port_get_buffer, library.jack_last_frame_time
    copy = ctypes.CDLL(None).memcpy
    for function, restype, argtypes in (
        (get_buffer, pointer, [pointer, number]),
        (last_frame_time, number, [pointer]),
        (copy, pointer, [ctypes.c_void_p, pointer, pointer]),
    ):
        function.restype, function.argtypes = restype, argtypes

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
        library = ctypes.CDLL("libjack.so.0")
        self._process = listening_callback(library, room)
        library.jack_set_process_callback(
            ctypes.c_void_p(pointers[1]),
            ctypes.c_void_p(self._process.address),
            ctypes.c_void_p(self._memory.ctypes.data),
        )
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
