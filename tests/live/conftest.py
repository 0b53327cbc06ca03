"""Real parts: a JACK server of the tests' own, and an independent client that records."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import zlib
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from tiny_model import choir_codec, tiny_model

from musicgan.model.file import save_model


@pytest.fixture(autouse=True, scope="session")
def signals_as_at_a_terminal():
    """Commands under test get these even where nohup, or a shell's &, has them ignored."""
    asked = [getattr(signal, name) for name in ("SIGHUP", "SIGQUIT") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.SIG_DFL) for number in asked}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def start_jackd(name):
    """A server with a dummy driver; ready when a client can be opened.

    It waits for its clients (-S): on a busy machine it would else go on without them, and what
    they had to say in that period would be lost, as sound is in an xrun.
    """
    import jack

    command = ["jackd", "-n", name, "-r", "-S", "-d", "dummy", "-r", "48000", "-p", "256"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, **quiet)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            jack.Client("probe", no_start_server=True).close()
            return process
        except jack.JackError:
            time.sleep(0.05)
        if process.poll() is not None:  # one of the same name was not quite gone
            process = subprocess.Popen(command, **quiet)
    process.kill()
    raise RuntimeError("jackd does not start")


def must_have(command):
    """Skip the test where `command` is not installed; where CI is set it must be."""
    if shutil.which(command) is None:
        missing = f"{command} is not installed: scripts/install_live_parts.sh"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def jack_parts(worker_id):
    """Whose server it is, where there is a JACK to run."""
    must_have("jackd")
    # Few names, used again: JACK has room for eight servers, those that were killed included.
    checkout = zlib.crc32(str(Path(__file__)).encode()) % 1000
    return f"musicgan-{checkout}-{worker_id}"


@pytest.fixture
def jack_server(jack_parts, monkeypatch):
    """The name of the server that is the default one of this process and its children."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_parts)
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    return jack_parts


@pytest.fixture
def jackd(jack_server):
    """It runs."""
    process = start_jackd(jack_server)
    yield process
    # Politely: killed it leaves its shared memory behind.
    process.terminate()
    process.wait(10)


@pytest.fixture
def recorder(jackd):
    """A client of its own that hears what is sent to it."""
    from .jack_recorder import JackRecorder

    made = JackRecorder()
    yield made
    made.close()


@pytest.fixture
def playing(choir_file, recorder):
    """An endless stream that has sounded for a while."""
    from .command import NAME, stream

    process = stream(choir_file)
    recorder.connect(f"{NAME}:out")
    recorder.wait_for(lambda: len(recorder.notes()) > 20)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def fluidsynth(jackd):
    """A synthesiser on the running server."""
    must_have("fluidsynth")
    from .fluidsynth import start_fluidsynth

    process = start_fluidsynth()
    yield process
    process.communicate("quit\n", timeout=10)


@pytest.fixture
def ardour(jack_server, tmp_path):
    """`ardour("free")` or `ardour("slaved")`: a server and an Ardour that records."""
    must_have("ardour7-lua")
    from .ardour import recording

    with ExitStack() as stack:
        yield lambda mode: stack.enter_context(
            recording(partial(start_jackd, jack_server), tmp_path, mode)
        )


@pytest.fixture
def begin():
    """Begin a performance of a port process in a thread, with these options."""
    from .port_thread import Port

    made = []

    def begun(**options):
        made.append(Port(**{"lookahead_sec": 0.2, **options}))
        return made[-1]

    yield begun
    for port in made:
        port.end()


@pytest.fixture(scope="session")
def choir_file(tmp_path_factory):
    """The file of a tiny model of four voices."""
    path = tmp_path_factory.mktemp("models") / "choir.safetensors"
    save_model(tiny_model(choir_codec(), single=True), path)
    return path
