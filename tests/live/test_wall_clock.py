"""A laptop's clock may jump: nothing that plays looks at it."""

import ast
import os
from pathlib import Path

import musicgan.live

from .command import BPM, RATE, end_of, silent, stream
from .conftest import must_have

WALL = {"time", "time_ns", "localtime", "gmtime", "ctime"}

# Since 3.11 Python sleeps until a time of the steady clock. Up to 0.9.10 libfaketime moves that by
# the wall clock whatever it was told (its issue 426), to before the machine started, and every
# sleep raises OSError. `select`, by which Python slept before, it leaves alone.
SLEEP = """
import select, time
time.sleep = lambda sec: select.select([], [], [], sec)
"""


def test_nothing_live_reads_the_wall_clock():
    files = list(Path(musicgan.live.__file__).parent.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert not (node.value.id == "time" and node.attr in WALL), path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [getattr(node, "module", None), *(alias.name for alias in node.names)]
                assert "datetime" not in names, path


def test_a_clock_that_jumps_an_hour_either_way_is_not_heard(
    choir_file, recorder, tmp_path, monkeypatch
):
    """The wall clock of all its processes is a fake one; what they measure time by is not."""
    must_have("faketime")
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    (tmp_path / "sitecustomize.py").write_text(SLEEP)
    with monkeypatch.context() as jumping:
        jumping.setenv("LD_PRELOAD", str(library))
        jumping.setenv("FAKETIME_TIMESTAMP_FILE", str(offset))
        jumping.setenv("FAKETIME_NO_CACHE", "1")
        jumping.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        jumping.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        playing = stream(choir_file)
    recorder.connect("under test:out")
    try:
        for jump in ("+3600", "-3600", "+0"):
            heard = len(recorder.notes())
            recorder.wait_for(lambda heard=heard: len(recorder.notes()) > heard + 20)
            offset.write_text(jump)
        heard = len(recorder.notes())
        recorder.wait_for(lambda heard=heard: len(recorder.notes()) > heard + 20)
        since = recorder.client.frame_time
        playing.terminate()
        silent(recorder, since)
        end_of(playing)
    finally:
        playing.kill()
    frames = [frame for frame, *_ in recorder.notes()]
    step = RATE * 60 / BPM / 4
    places = [(frame - frames[0]) / step for frame in frames]
    assert max(abs(place - round(place)) for place in places) * step <= 1
    assert os.environ.get("LD_PRELOAD") != str(library)
