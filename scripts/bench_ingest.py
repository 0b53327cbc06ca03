"""How fast a folder of MIDI becomes arrays to train on: musicgan beside its neighbours, one core.

    python scripts/bench_ingest.py FOLDER [--files 100] [--rounds 5]

Every reader takes the same files, in turn on each file, so that a busy machine slows them all
alike. In its turn a reader reads the file three times, lest the first pay for what the one before
left in the processor's caches, and those that take a hundred times as long come after the others;
the best time of each file counts. Files that any of them cannot read are left out. Readers that are
not installed are named and left out.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.slots import Slot
from musicgan.corpus.scan import find_midi
from musicgan.midifile import read_midi

TIMES_IN_TURN = 3
Reader = Callable[[Path], Any]


def musicgan_reader() -> Reader:
    """File -> event rows, duplicates and overlaps resolved: what training reads."""
    slots = (Slot("one"), Slot("two"), Slot("three"), Slot("drums", is_drum=True))
    codec = EventsCodec(grid=4, slots=slots, velocity_bins=8)
    return lambda path: codec.encode(read_midi(path))


def musicgan_read_only() -> Reader:
    return read_midi


def symusic_reader() -> Reader:
    """Parsing alone, notes as numpy columns."""
    import symusic

    parsed: Any = symusic.Score
    return lambda path: [track.notes.numpy() for track in parsed(str(path)).tracks]


def miditok_reader() -> Reader:
    """REMI tokens, MidiTok's defaults."""
    import miditok
    import symusic

    tokenizer = miditok.REMI()
    return lambda path: tokenizer(symusic.Score(str(path)))


def pretty_midi_reader() -> Reader:
    """Parsing alone."""
    import pretty_midi

    return lambda path: pretty_midi.PrettyMIDI(str(path))


READERS = {
    "musicgan, to rows": musicgan_reader,
    "musicgan, read only": musicgan_read_only,
    "symusic, parse": symusic_reader,
    "MidiTok REMI": miditok_reader,
    "pretty_midi, parse": pretty_midi_reader,
}
SLOW = {"MidiTok REMI", "pretty_midi, parse"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    names = find_midi(chosen.folder)
    step = max(1, len(names) // chosen.files)
    paths = [chosen.folder / name for name in names[::step][: chosen.files]]
    readers = {}
    for label, make in READERS.items():
        try:
            readers[label] = make()
        except ImportError as error:
            print(f"{label}: left out, {error.name} is not installed")
    report(*measure(readers, paths, chosen.rounds))


def measure(
    readers: dict[str, Reader], paths: list[Path], rounds: int
) -> tuple[dict[str, float], int, int]:
    """Best seconds of each reader over all files, notes and files measured."""
    seconds = dict.fromkeys(readers, 0.0)
    quick, slow = readers.keys() - SLOW, readers.keys() & SLOW
    notes = files = 0
    for path in paths:
        try:
            best = dict.fromkeys(readers, np.inf)
            for _ in range(rounds):
                for label in quick:
                    best[label] = min(best[label], timed(readers[label], path))
            for _ in range(rounds):
                for label in slow:
                    best[label] = min(best[label], timed(readers[label], path))
        except Exception as error:  # any reader may refuse a file in its own way
            print(f"{path.name}: left out, {type(error).__name__}: {error}")
            continue
        for label, best_sec in best.items():
            seconds[label] += best_sec
        notes += len(read_midi(path))
        files += 1
    return seconds, notes, files


def timed(read: Reader, path: Path) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        taken = []
        for _ in range(TIMES_IN_TURN):
            began = time.perf_counter()
            read(path)
            taken.append(time.perf_counter() - began)
        return min(taken)


def report(seconds: dict[str, float], notes: int, files: int) -> None:
    print(f"{files} files, {notes:,} notes, one core")
    print(f"{'reader':22}{'us a file':>12}{'notes/s':>14}{'times musicgan':>16}")
    ours = next(iter(seconds.values()))
    for label, taken in seconds.items():
        rate = notes / taken
        print(f"{label:22}{taken / files * 1e6:12,.0f}{rate:14,.0f}{ours / taken:16.3f}")


if __name__ == "__main__":
    main()
