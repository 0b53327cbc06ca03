"""How the two processes begin: at once, with what takes long to load, before what to play is known.

What this module imports every process of a stream waits for, so it is next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musicgan.live.backends import Backend


def port_process(
    open_backend: Callable[[], Backend], bars: Connection, control: Connection
) -> None:
    """Open the port, then play as the `PortOptions` say that come first over `control`."""
    from musicgan.live.port import run_port

    run_port(open_backend, bars, control)


def composer_process(asked: Connection, orders: Connection) -> None:
    """Compose what is ordered, as the `ComposerOptions` say that come over `asked`."""
    from musicgan.live.composer import run_composer

    run_composer(asked, orders)
