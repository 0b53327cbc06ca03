"""The functions of JACK's library that callbacks in machine code call, with their types."""

import ctypes
from functools import cache

LIBRARY = ctypes.CDLL("libjack.so.0")


@cache
def typed():
    """get_buffer, last_frame_time, event count, event, and the C library's memcpy."""
    pointer, number = ctypes.c_size_t, ctypes.c_uint32
    functions = (
        (LIBRARY.jack_port_get_buffer, pointer, [pointer, number]),
        (LIBRARY.jack_last_frame_time, number, [pointer]),
        (LIBRARY.jack_midi_get_event_count, number, [pointer]),
        (LIBRARY.jack_midi_event_get, ctypes.c_int, [ctypes.c_void_p, pointer, number]),
        (ctypes.CDLL(None).memcpy, pointer, [ctypes.c_void_p, pointer, pointer]),
    )
    for function, restype, argtypes in functions:
        function.restype, function.argtypes = restype, argtypes
    return [function for function, *_ in functions]


def call_back(client, callback, memory):
    """Have the server's thread run `callback`, a numba cfunc, on `memory` for this client."""
    LIBRARY.jack_set_process_callback(
        ctypes.c_void_p(client),
        ctypes.c_void_p(callback.address),
        ctypes.c_void_p(memory.ctypes.data),
    )
