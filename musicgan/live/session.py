"""A composer and a port process, and the two ends of what connects them to a player."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from musicgan.errors import PortError
from musicgan.live.backends import Backend
from musicgan.live.composer import ComposerOptions, run_composer
from musicgan.live.port import PortOptions, run_port

PATIENCE_SEC = 2.0
"""For a process that was asked to end."""


class Session:
    """Music from entering to leaving. Both processes fall silent when this one is gone.

    Raises `PortError` on entering when the port cannot be opened.
    """

    def __init__(
        self,
        open_backend: Callable[[], Backend],
        composer: ComposerOptions,
        port: PortOptions,
    ) -> None:
        context = get_context("spawn")
        composers, ports = context.Pipe()
        self.control, far_control = context.Pipe()
        self._far_ends = (composers, ports, far_control)
        self.composer = context.Process(
            target=run_composer, args=(composers, composer), daemon=True
        )
        self.port = context.Process(
            target=run_port, args=(open_backend, ports, far_control, port), daemon=True
        )

    def __enter__(self) -> Session:
        # The composer first: it takes longer to be ready.
        self.composer.start()
        self.port.start()
        # Only who holds the last end of a pipe keeps it alive.
        for end in self._far_ends:
            end.close()
        kind, *rest = self._receive(self.control)
        if kind != "open":
            self._end()
            raise PortError(rest[0] if rest else "the port process did not start")
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        self._end()

    def events(self) -> Iterator[tuple[str, Any]]:
        """What the port process tells until it has closed: see `port.run_port`."""
        while True:
            kind, *rest = self._receive(self.control)
            yield kind, rest[0] if rest else None
            if kind == "closed":
                return

    def stop(self) -> None:
        """Silence; `events` then end with "closed"."""
        self._send("stop")

    def set_tempo(self, bpm: float) -> None:
        """From now on so fast."""
        self._send("tempo", bpm)

    def press(self, key: str) -> None:
        """A key of the terminal, for the desk."""
        self._send("key", key)

    def _send(self, *what: Any) -> None:
        try:
            self.control.send(what)
        except OSError:
            return  # it has closed already

    @staticmethod
    def _receive(control: Connection) -> tuple[Any, ...]:
        try:
            return tuple(control.recv())
        except (EOFError, OSError):
            return ("closed", {"reason": "the port process died"})

    def _end(self) -> None:
        until = time.monotonic() + PATIENCE_SEC
        for process in (self.port, self.composer):
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.terminate()
                process.join()
