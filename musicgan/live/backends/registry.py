"""Backends by name: those of the package, and third parties' by entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.metadata import entry_points

from musicgan.errors import MissingExtraError, MissingSystemError, PortError
from musicgan.live.backends import Backend

GROUP = "musicgan.backends"
BUILT_IN = {
    "jack": "musicgan.live.backends.jack:JackBackend",
    "alsa": "musicgan.live.backends.alsa:AlsaBackend",
    "rtmidi": "musicgan.live.backends.rtmidi:RtMidiBackend",
    "file": "musicgan.live.backends.file:FileBackend",
}
AUTO = "auto"


def backend_names() -> list[str]:
    """What `open_backend` knows, `auto` first."""
    return [AUTO, *BUILT_IN, *sorted(entry.name for entry in entry_points(group=GROUP))]


def open_backend(name: str, virtual: str, port: str | None) -> Backend:
    """The backend called `name`, open; `auto` is the most exact one that opens here.

    `virtual` names a port of its own, `port` an existing one to play into. Raises `PortError` and
    `MissingExtraError`.
    """
    if name != AUTO:
        return _factory(name)(virtual, port)
    for queued in ("jack", "alsa") if sys.platform == "linux" else ():
        with suppress(MissingExtraError, MissingSystemError):
            return _factory(queued)(virtual, port)
    return _factory("rtmidi")(virtual, port)


def _factory(name: str) -> Callable[[str, str | None], Backend]:
    if name in BUILT_IN:
        module, attribute = BUILT_IN[name].split(":")
        made: Callable[[str, str | None], Backend] = getattr(import_module(module), attribute)
        return made
    for entry in entry_points(group=GROUP, name=name):
        loaded: Callable[[str, str | None], Backend] = entry.load()
        return loaded
    raise PortError(f"backend {name!r}: choose one of {', '.join(backend_names())}")
