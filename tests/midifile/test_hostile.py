"""Malicious and exotic files under limits that kill: a Score or one line that says why not."""

import csv
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SHARED
from midi_bytes import EOT, SCALE, chunk, midi, off, on

from musicgan.midifile import MAX_FILE_BYTES

SECONDS_PER_FILE = 5
MAX_MEMORY = 1_000_000_000

# Reads every file it is given under limits that kill it, and reports a line of JSON for each.
# Seconds are the process's own: how busy the machine is says nothing about the reader.
READER = f"""
import json, resource, signal, sys, time
resource.setrlimit(resource.RLIMIT_AS, ({MAX_MEMORY}, {MAX_MEMORY}))
from musicgan.errors import MidiReadError
from musicgan.midifile import read_midi
for path in sys.stdin.read().splitlines():
    signal.setitimer(signal.ITIMER_PROF, {SECONDS_PER_FILE})
    try:
        score = read_midi(path)
        report = {{"notes": len(score), "seconds": score.duration_sec}}
    except MidiReadError as error:
        report = {{"error": str(error)}}
    except BaseException as error:
        report = {{"crash": repr(error)}}
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps({{"path": path, **report}}), flush=True)
"""


def read_under_limits(paths: list[Path]) -> dict[str, dict[str, object]]:
    """What reading each path gave, by file name; a file that killed the reader is missing."""
    done = subprocess.run(
        [sys.executable, "-c", READER],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
    )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(report["path"]).name: report for report in reports}


def expected_rows() -> list[dict[str, str]]:
    table = SHARED / "hostile" / "expected.csv"
    if not table.exists():
        return []
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@functools.cache
def hostile_reports() -> dict[str, dict[str, object]]:
    folder = SHARED / "hostile"
    return read_under_limits([folder / row["file"] for row in expected_rows()])


def most_notes_found(row: dict[str, str]) -> int:
    """The notes that symusic and mido agree on, else what one of them found, else 0."""
    counts = [re.search(r"n=(\d+)", row[reader]) for reader in ("symusic", "mido")]
    return max([int(count[1]) for count in counts if count], default=0)


# Files in which other readers count notes that are not there for us, and why.
NOT_COUNTED = {
    "gen_time_overflow_31bit.mid": "notes beyond MAX_BEATS are dropped",
    "gen_time_rollbomb_tpq1.mid": "a note beyond MAX_BEATS is dropped",
}


@pytest.mark.parametrize("row", expected_rows(), ids=lambda row: row["file"])
def test_every_file_does_what_is_expected_of_it(row: dict[str, str]) -> None:
    assert row["file"] in hostile_reports(), "the reader died: over 5 s or 1 GB"
    report = hostile_reports()[row["file"]]
    assert "crash" not in report
    if "error" in report:
        assert "\n" not in str(report["error"])
        assert row["file"] in str(report["error"])
    if row["suggested_behaviour"].startswith("reject"):
        assert "error" in report
    elif row["suggested_behaviour"] == "load" or most_notes_found(row):
        assert report.get("notes", 0) > 0, report
        if row["file"] not in NOT_COUNTED:
            assert report["notes"] >= most_notes_found(row)


def test_the_hostile_files_are_there(shared: Path) -> None:
    assert len(expected_rows()) >= 148


TRACK = SCALE + EOT
GOOD = midi(TRACK)


def test_time_and_memory_are_bounded(tmp_path: Path) -> None:
    """Files made to be slow: each read in seconds, in under a gigabyte."""
    alternating = (on(1, 60) + off(1, 60)) * (MAX_FILE_BYTES // 8 - 10)
    bombs = {
        "notes.mid": midi(alternating + EOT),
        "broken_notes.mid": midi(alternating),
        "hanging.mid": midi(on(1, 60) * 500_000 + EOT),
        "controllers.mid": midi(b"\1\xb0\1\1" * 1_000_000 + TRACK),
        "one_delta.mid": midi(b"\xff" * 15_000_000 + TRACK),
        "magics.mid": GOOD + b"MTrk" * 4_000_000,
        "headers.mid": b"MThd" * 4_000_000 + chunk(TRACK),
        "chunks.mid": GOOD + chunk(b"") * 2_000_000,
        "tracks.mid": midi() + chunk(on(0, 60) + off(9, 60) + EOT) * 800_000,
        "syncs.mid": midi(b"\0\xff\1\xff\xff\xff\x7f" * 2_000_000 + TRACK),
        "tempos.mid": midi(b"\0\xff\x51\3\xff\xff\xff" * 2_000_000 + TRACK),
        "high.mid": midi(b"\x80" * 15_000_000),
        "silences.mid": midi(
            b"".join(on(0, pitch) for pitch in range(128)) + b"\0\xb0\x7b\0" * 400_000
        ),
        "foreign.mid": GOOD + b"XFIH\0\0\0\0" * 2_000_000,
        "unseen_name.mid": midi(
            b"\0\xff\3\x87\x80\x80\0" + "\u200b".encode() * ((7 << 21) // 3) + b"AB" + TRACK
        ),
        "lanes.mid": midi()
        + chunk(b"".join(bytes([0, 0x90 | c, 60, 9]) for c in range(16)) + EOT) * 8_000,
    }
    for name, data in bombs.items():
        (tmp_path / name).write_bytes(data)
    huge = tmp_path / "huge.mid"
    with huge.open("wb") as file:
        file.write(GOOD)
        file.truncate(200_000_000)
    reports = read_under_limits([*(tmp_path / name for name in bombs), huge])
    assert set(reports) == {*bombs, "huge.mid"}
    assert not [report for report in reports.values() if "crash" in report]
    assert "larger than" in str(reports["huge.mid"]["error"])
    assert reports["notes.mid"]["notes"] == MAX_FILE_BYTES // 8 - 10
