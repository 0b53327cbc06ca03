"""Keys from a pseudo-terminal arrive one by one, and the terminal is given back as it was."""

import os
import queue
import subprocess
import sys
import types
from pathlib import Path

import pytest

from musicgan.live.keys import Keys, keys_to

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

CHILD = """
import fcntl, signal, sys, termios
from musicgan.live.keys import keys_to
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
try:
    with keys_to(lambda key: print(key, flush=True)) as is_open:
        print(is_open, flush=True)
        while True:
            signal.pause()
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def terminal(monkeypatch):
    """The player's end of a terminal, and ours, which is the standard input."""
    player, ours = pty.openpty()
    with os.fdopen(ours, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield player, stdin.fileno()
    os.close(player)


def test_keys_arrive_without_enter_and_are_not_echoed(terminal):
    player, _ = terminal
    heard = queue.Queue()
    with keys_to(heard.put) as is_open:
        assert is_open
        for key in ("d", "D", "7", "ä", " "):
            os.write(player, key.encode())
            assert heard.get(timeout=30) == key
        os.set_blocking(player, False)
        with pytest.raises(BlockingIOError):
            os.read(player, 100)


def test_the_terminal_is_as_it_was_also_after_an_error(terminal):
    _, ours = terminal
    before = termios.tcgetattr(ours)
    with keys_to(print):
        assert termios.tcgetattr(ours) != before
    assert termios.tcgetattr(ours) == before
    with pytest.raises(RuntimeError, match="boom"), keys_to(print):
        raise RuntimeError("boom")
    assert termios.tcgetattr(ours) == before


def test_what_is_typed_afterwards_is_not_ours(terminal):
    player, ours = terminal
    heard = queue.Queue()
    with keys_to(heard.put):
        pass
    os.write(player, b"d\n")
    assert os.read(ours, 10) == b"d\n"
    assert heard.empty()


def test_ctrl_c_is_still_an_interrupt_and_the_terminal_is_given_back():
    player, ours = pty.openpty()
    before = termios.tcgetattr(ours)
    streams = {"stdin": ours, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], start_new_session=True, **streams
    ) as child:
        assert child.stdout.readline() == "True\n"
        os.write(player, b"h")
        assert child.stdout.readline() == "h\n"
        os.write(player, b"\x03")
        assert child.stdout.readline() == "interrupted\n"
    assert child.returncode == 0
    assert termios.tcgetattr(ours) == before
    os.close(player)
    os.close(ours)


def test_a_terminal_that_goes_away_is_no_error(terminal):
    player, _ = terminal
    heard = queue.Queue()
    with keys_to(heard.put):
        os.write(player, b"d")
        assert heard.get(timeout=30) == "d"
        # Its place is taken, so that the fixture has something to close.
        with Path(os.devnull).open() as null:
            os.dup2(null.fileno(), player)
    assert heard.empty()


@pytest.mark.parametrize("stdin", [None, "pipe", "closed"])
def test_without_a_terminal_nothing_comes(monkeypatch, stdin):
    with Path(os.devnull).open() as null:
        monkeypatch.setattr(sys, "stdin", None if stdin is None else null)
        if stdin == "closed":
            null.close()
        with keys_to(pytest.fail) as is_open:
            assert not is_open


def test_in_the_background_the_terminal_is_left_alone(terminal, monkeypatch):
    _, ours = terminal
    before = termios.tcgetattr(ours)
    monkeypatch.setattr(os, "tcgetpgrp", lambda fd: os.getpgrp() + 1)
    with keys_to(pytest.fail) as is_open:
        assert not is_open
        assert termios.tcgetattr(ours) == before


@pytest.mark.parametrize(
    ("pieces", "keys"),
    [
        ([b"dD"], "dD"),
        ([b"\x1b[A\x1b[1;5Cd\x1bOPm"], "dm"),
        ([b"d\x1b", b"[", b"Dm"], "dm"),
        ([b"\x1b", b"d"], "d"),
        ([b"\xc3", b"\xa4"], "ä"),
        ([b"\xffd"], "d"),
    ],
)
def test_arrows_and_function_keys_are_no_letters(pieces, keys):
    taker = Keys()
    assert "".join(taker.take(piece) for piece in pieces) == keys


def test_a_windows_console_is_read_key_by_key(terminal, monkeypatch):
    typed = ["d", "\xe0", "D", "\x00", "c", "m"]
    fake = types.SimpleNamespace(kbhit=lambda: bool(typed), getwch=lambda: typed.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    monkeypatch.setattr(sys, "platform", "win32")
    heard = queue.Queue()
    with keys_to(heard.put) as is_open:
        assert is_open
        assert [heard.get(timeout=30) for _ in "dm"] == ["d", "m"]
