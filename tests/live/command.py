"""The command under test, as a process, and what a recorder must have heard in the end."""

import subprocess
import sys
import time
from pathlib import Path

RATE, BPM = 48_000, 240
STEP = RATE * 60 / BPM / 4
NAME = "under test"


def start_stream(model, *options):
    """`musicgan stream` with seed 3, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "musicgan", "stream", "--model", str(model), "--seed", "3",
         "--backend", "jack", *options],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def stream(model, *options):
    """The same at 240 beats a minute, from a port `under test:out`."""
    return start_stream(model, "--tempo", str(BPM), "--virtual", NAME, *options)


def end_of(process, patience_sec=60):
    """Wait for a command that ends by itself, well."""
    try:
        _, told = process.communicate(timeout=patience_sec)
    finally:
        process.kill()
    assert process.returncode == 0, told


def errors_of(process):
    """The lines that tell what went wrong; anything like a traceback fails."""
    told = process.stderr.read()
    assert "Traceback" not in told, told
    return [line for line in told.splitlines() if line.startswith("Error")]


def children(pid):
    """{what it runs: pid} of the processes below `pid`: "port" and "composer"."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            command = entry.joinpath("cmdline").read_text()
            # Who has the JACK library open owns the port.
            maps = entry.joinpath("maps").read_text()
        except OSError:
            continue
        if parent == pid and "spawn_main" in command:
            found["port" if "libjack" in maps else "composer"] = int(entry.name)
    return found


def silent(recorder, since_frame, channels=4):
    """Every note ends and every channel is silenced at once; nothing comes after.

    At once is 20 to 30 ms on a quiet machine; this one may be busy.
    """
    recorder.wait_for(lambda: len(recorder.silences()) == 2 * channels, 5)
    assert recorder.got[-1][0] - since_frame < 0.5 * RATE
    assert not recorder.sounding()
    heard = len(recorder.got)
    time.sleep(0.3)
    assert len(recorder.got) == heard
