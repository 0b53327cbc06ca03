"""Single keys from the terminal, while it is lent to us: no Enter, no echo.

Ctrl-C stays what it is. Where there is no terminal, or we are in its background, nothing comes.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

POLL_SEC = 0.1
"""How long a wait for a key lasts before it is asked whether to go on."""
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)?")
"""What arrows and function keys send, or a lone Escape."""
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")


@contextmanager
def keys_to(pressed: Callable[[str], None]) -> Iterator[bool]:
    """Call `pressed` with each key, a character, from a thread of its own, until leaving.

    Yields whether there is a terminal to read from. It is as it was afterwards, whatever happened.
    Arrows and function keys are left out.
    """
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        yield False
        return
    opened = _console() if sys.platform == "win32" else _terminal(sys.stdin.fileno())
    with opened as read:
        done = threading.Event()
        thread = threading.Thread(target=_forward, args=(read, pressed, done), daemon=True)
        if read is not None:
            thread.start()
        try:
            yield read is not None
        finally:
            done.set()
            if read is not None:
                thread.join()


def _forward(
    read: Callable[[], str | None], pressed: Callable[[str], None], done: threading.Event
) -> None:
    while not done.is_set():
        keys = read()
        if keys is None:
            return
        for key in keys:
            pressed(key)


class Keys:
    """Takes what a terminal sends apart; bytes may come in any pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._rest = ""

    def take(self, data: bytes) -> str:
        """The keys in it, without the sequences of special keys."""
        text = self._rest + self._decoder.decode(data)
        begun = UNFINISHED.search(text)
        self._rest = begun[0] if begun else ""
        return ESCAPE.sub("", text[: begun.start()] if begun else text)


@contextmanager
def _terminal(fd: int) -> Iterator[Callable[[], str | None] | None]:
    """Lends a POSIX terminal; gives a function that waits a little for keys, None at its end."""
    if _is_background(fd):
        yield None
        return
    import select
    import termios
    import tty

    keys = Keys()

    def read() -> str | None:
        if not select.select([fd], [], [], POLL_SEC)[0]:
            return ""
        try:
            data = os.read(fd, 1024)
        except OSError:
            return None
        return keys.take(data) if data else None

    old = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd, termios.TCSANOW)
        yield read
    finally:
        with suppress(termios.error):  # there is none any more
            termios.tcsetattr(fd, termios.TCSANOW, old)


def _is_background(fd: int) -> bool:
    """Whether the shell has put us behind: to touch its terminal would stop this process."""
    try:
        return os.tcgetpgrp(fd) != os.getpgrp()
    except OSError:  # not the terminal we were started from
        return False


@contextmanager
def _console() -> Iterator[Callable[[], str | None] | None]:
    """The same of a Windows console, which needs nothing set."""
    import time
    from importlib import import_module

    msvcrt: Any = import_module("msvcrt")

    def read() -> str | None:
        if not msvcrt.kbhit():
            time.sleep(POLL_SEC / 4)
            return ""
        key = str(msvcrt.getwch())
        if key in "\x00\xe0":
            msvcrt.getwch()  # the code of a special key
            return ""
        return key

    yield read
