#!/usr/bin/env python3
"""Time and memory from a folder to the first training step, by the size of the collection.

    python scripts/bench_collection.py [FOLDER] [--files 20000] [--updates 8]
        [--limit-sec 5] [--limit-mb 1000]

Of FOLDER, else of so many synthetic tunes of 150 to 600 notes, made in a temporary folder. Prints
seconds and the process's peak of memory after each part, and after so many updates more; exit code
1 when the first step is done later than the limit, or beyond the one of memory. torch is imported
before the clock starts.
"""

from __future__ import annotations

import argparse
import os
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.train.events_run import EventsRun
from musicgan.train.options import Options

IN_A_FOLDER = 1000


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--files", type=int, default=20_000, help="20000; synthetic tunes")
    parser.add_argument("--updates", type=int, default=8, help="8; after the first")
    parser.add_argument("--limit-sec", type=float, default=float("inf"))
    parser.add_argument("--limit-mb", type=float, default=1000.0, help="1000")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        os.environ["MUSICGAN_CACHE"] = str(Path(work) / "cache")
        folder = asked.folder or synthetic(Path(work) / "music", asked.files)
        begin = time.monotonic()

        def say(part: str) -> None:
            print(f"{part:20} {time.monotonic() - begin:8.1f} s {peak_mb():8.0f} MB", flush=True)

        say("before")
        codec = choose_codec(folder)
        say("choices")
        corpus = Corpus.open(folder, codec)
        say("cache")
        run = EventsRun(corpus, codec, Options(device="cpu"))
        say("networks")
        run.phases[0].step(0.0)
        say("first step")
        first_sec = time.monotonic() - begin
        for update in range(1, asked.updates + 1):
            run.phases[0].step(0.0)
            if update & (update - 1) == 0 or update == asked.updates:
                say(f"{update} more")
    return int(first_sec > asked.limit_sec or peak_mb() > asked.limit_mb)


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def synthetic(folder: Path, files: int) -> Path:
    """So many random walks over chords, a thousand to a folder."""
    rng = np.random.default_rng(0)
    for number in range(files):
        beats = int(rng.integers(60, 240))
        lead = 60 + np.abs(np.cumsum(rng.integers(-3, 4, 2 * beats))) % 24
        chords = 40 + rng.integers(0, 12, beats // 2)
        tracks = [track_of(lead, b"\x81\x70"), track_of(chords, b"\x87\x40")]
        path = folder / f"{number // IN_A_FOLDER:03}" / f"{number:06}.mid"
        if number % IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 480)
        path.write_bytes(head + b"".join(tracks))
    return folder


def track_of(pitches: np.ndarray, lasting: bytes) -> bytes:
    """A track of notes one after another, each `lasting` so long: a delta time of two bytes."""
    notes = np.zeros((len(pitches), 9), np.uint8)
    notes[:] = np.frombuffer(b"\0\x90\0\x50" + lasting + b"\x80\0\0", np.uint8)
    notes[:, 2] = notes[:, 7] = pitches
    data = notes.tobytes() + b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(data)) + data


if __name__ == "__main__":
    sys.exit(main())
