"""A composer and a port process, and the two ends of what connects them to a player."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from musicgan.errors import PortError
from musicgan.live.launch import composer_process, port_process

if TYPE_CHECKING:
    from musicgan.live.backends import Backend
    from musicgan.live.composer import ComposerOptions
    from musicgan.live.options import PortOptions

PATIENCE_SEC = 2.0
"""For a process that was asked to end."""
OF_THE_TERMINAL = ("SIGINT", "SIGQUIT", "SIGTSTP", "SIGHUP")
"""They go to every process of a command: keys, and a window that is closed."""


@contextmanager
def _deaf_to_the_terminal() -> Iterator[None]:
    """Processes that begin meanwhile never get its signals: a pipe tells them what to do.

    Ended or stopped by one they would leave notes sounding. Windows has no such signals but Ctrl-C,
    which they ignore once they run.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It begins with the first process, and lets some of them through again when it does.
    resource_tracker.ensure_running()
    theirs = {getattr(signal, name) for name in OF_THE_TERMINAL}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, theirs)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Session:
    """Two processes from entering to leaving. Both fall silent when this one is gone.

    They load what they need while it is still being found out what to play; `begin` tells them.
    """

    def __init__(self, open_backend: Callable[[], Backend]) -> None:
        context = get_context("spawn")
        orders, bars = context.Pipe()
        self.control, far_control = context.Pipe()
        asked, self._ask = context.Pipe(duplex=False)
        self._far_ends = (orders, bars, far_control, asked)
        self.port = context.Process(
            target=port_process, args=(open_backend, bars, far_control), daemon=True
        )
        self.composer = context.Process(target=composer_process, args=(asked, orders), daemon=True)
        self._has_begun = False

    def __enter__(self) -> Session:
        with _deaf_to_the_terminal():
            # The port first: it takes longer to be ready.
            self.port.start()
            self.composer.start()
        # Only who holds the last end of a pipe keeps it alive.
        for end in self._far_ends:
            end.close()
        return self

    def begin(self, composer: ComposerOptions, port: PortOptions) -> None:
        """Play so. Raises `PortError` when the port cannot be opened."""
        for pipe, options in ((self._ask, composer), (self.control, port)):
            with suppress(OSError):  # a process that has failed by now has said why
                pipe.send(options)
        self._has_begun = True
        kind, *rest = self._receive(self.control)
        if kind != "open":
            raise PortError(rest[0] if kind == "error" else "the port process did not start")

    def __exit__(self, *error: object) -> None:
        if self._has_begun:
            self.stop()
        else:
            self.port.terminate()
            self.composer.terminate()
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
        """Tell the port process, if it knows what to play and has not closed already."""
        if self._has_begun:
            with suppress(OSError):
                self.control.send(what)

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
