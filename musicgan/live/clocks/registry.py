"""Clocks by name: those of the package, and third parties' by entry point."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points

from musicgan.errors import PortError
from musicgan.live.backends import Backend
from musicgan.live.clocks import Clock, ClockOptions

GROUP = "musicgan.clocks"
BUILT_IN = {
    "internal": "musicgan.live.clocks.internal:InternalClock",
    "midi": "musicgan.live.clocks.midi:MidiClock",
    "jack": "musicgan.live.clocks.jack:JackClock",
    "link": "musicgan.live.clocks.link:LinkClock",
}
Factory = Callable[[ClockOptions, Backend], Clock]


def clock_names() -> list[str]:
    """What `open_clock` knows."""
    return [*BUILT_IN, *sorted(entry.name for entry in entry_points(group=GROUP))]


def open_clock(name: str, options: ClockOptions, backend: Backend) -> Clock:
    """The clock called `name`, against the seconds of `backend`.

    Raises `PortError` for an unknown name and for what is not there, and `MissingExtraError`.
    """
    return _factory(name)(options, backend)


def _factory(name: str) -> Factory:
    if name in BUILT_IN:
        module, attribute = BUILT_IN[name].split(":")
        made: Factory = getattr(import_module(module), attribute)
        return made
    for entry in entry_points(group=GROUP, name=name):
        loaded: Factory = entry.load()
        return loaded
    raise PortError(f"clock {name!r}: choose one of {', '.join(clock_names())}")
