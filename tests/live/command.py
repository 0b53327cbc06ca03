"""The command under test, as a process."""

import subprocess
import sys


def start_stream(model, *options):
    """`musicgan stream` with seed 3, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "musicgan", "stream", "--model", str(model), "--seed", "3",
         "--backend", "jack", *options],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def end_of(process, patience_sec=60):
    """Wait for a command that ends by itself, well."""
    try:
        _, told = process.communicate(timeout=patience_sec)
    finally:
        process.kill()
    assert process.returncode == 0, told
