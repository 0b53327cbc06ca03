"""The callbacks as machine code: made once, then loaded without what made them."""

import os
import subprocess
import sys

LOAD = """
import sys
sys.modules["torch"] = None  # playing may not need it
from musicgan.live.backends.jack_code import callbacks
_, process, sync = callbacks()
assert process and sync and process != sync
print("numba" in sys.modules)
"""


def loaded(folder):
    """Whether numba was needed."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env={**os.environ, "MUSICGAN_CACHE": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip() == "True"


def test_they_are_made_once_and_then_loaded_without_numba(jack_parts, tmp_path):
    assert loaded(tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.suffix == ".o"
    assert not loaded(tmp_path)


def test_where_nothing_can_be_kept_they_are_made_all_the_same(jack_parts, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    assert loaded(blocked / "folder")
    assert list(tmp_path.iterdir()) == [blocked] and not blocked.stat().st_size
