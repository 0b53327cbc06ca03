"""The machine code that JACK asks, each period while its transport starts, whether we are ready."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, cfunc, types

from musicgan.live.backends.jack_process import last_frame_time
from musicgan.live.backends.jack_ring import CLIENT, HELD, LAYOUT, READY, WRAP

STARTING = 3


def made(layout: tuple[int, ...]) -> Any:
    """The callback, kept for this layout: see `jack_process`."""

    @cfunc(types.int32(types.uint32, types.voidptr, types.voidptr), cache=True)
    def sync(state: Any, place: Any, argument: Any) -> Any:
        """Whether it may roll from the next period on; `argument` is the array of `jack_ring`."""
        ring = carray(argument, (layout[0],), np.int64)
        if state != STARTING:
            return 1
        since = (np.int64(last_frame_time(ring[CLIENT])) - ring[READY]) % WRAP
        return 1 if ring[READY] != HELD and since < WRAP // 2 else 0

    return sync


sync = made(LAYOUT)
