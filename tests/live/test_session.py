"""A session whose port process fails tells why, however late it is asked."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from musicgan.errors import PortError
from musicgan.live.backends.registry import open_backend
from musicgan.live.session import Session


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (partial(open_backend, "drum", "musicgan", None), "backend 'drum': choose one of auto, "),
        (partial(os._exit, 3), "the port process did not start"),
    ],
)
def test_a_port_that_failed_before_it_was_told_what_to_play_says_why(opened, said):
    with Session(opened) as session:
        session.port.join(30)
        assert not session.port.is_alive()
        with pytest.raises(PortError, match=said):
            session.begin(None, None)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no such signals")
def test_its_processes_never_hear_of_the_terminal(tmp_path):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with Session(partial(open_backend, "file", "musicgan", str(tmp_path / "a.mid"))) as session:
        for process in (session.port, session.composer):
            status = Path(f"/proc/{process.pid}/status").read_text()
            blocked = int(status.split("SigBlk:")[1].split()[0], 16)
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP):
                assert blocked >> (number - 1) & 1
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_what_is_pressed_before_it_has_begun_is_not_taken_for_anything_else(tmp_path):
    with Session(partial(open_backend, "file", "musicgan", str(tmp_path / "a.mid"))) as session:
        session.press("d")
        assert not session.control.poll(0.5), "nobody complains"
