"""How exactly notes come, as an independent JACK client hears them, on a busy machine.

    python scripts/bench_live.py [--notes 10000] [--busy 2]

Needs a JACK server; without one it starts a dummy one (48 kHz, periods of 32 frames, as root in
real time). While it plays, the bundled chorale model composes and `--busy` processes do nothing
but work. Three ways, one after the other:

- as `musicgan stream` does it on JACK: a port process that looks a second ahead, and JACK's own
  thread;
- as it does it where nothing can be queued: the port process sends each note when it is due;
- as most programs do it: the thread of the model sleeps until a note is due, and sends it with mido
  (pip install python-rtmidi, which has wheels for CPython up to 3.12).

The notes are 5 to 15 ms apart. The error is that of each note-on against where it should be,
after the constant offset of the way, in ms; at 48 kHz a frame is 0.021 ms.

Before that, with nothing else at work: seconds from starting `musicgan stream` to its first note.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from musicgan.compose.bars import LiveSong
from musicgan.compose.player import open_player
from musicgan.compose.settings import MAX_BARS, Settings
from musicgan.compose.styles import bundled_path
from musicgan.live.backends.jack import JackBackend
from musicgan.live.launch import port_process
from musicgan.live.options import PortOptions
from musicgan.live.orders import End, NewBar
from musicgan.live.plan import PlannedBar, PlannedNote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from live.jack_recorder import JackRecorder

RATE, PERIOD = 48_000, 32
"""Short periods: what is sent at once is as exact as they are, at best."""
BPM, TICKS_PER_BEAT = 120, 24_000
"""A tick is a frame."""
BAR = 4 * TICKS_PER_BEAT
FIRST_SEC = 1.0
"""The longest that the first note may take."""


def main() -> int:
    """Print the figures; exit 1 when a note is lost, the first way misses a frame, the second is
    less than five times as exact as the third, or the first note takes more than a second."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--busy", type=int, default=2)
    asked = parser.parse_args()
    spacing = np.random.default_rng(0).uniform(0.005, 0.015, asked.notes)
    due = np.round(np.cumsum(spacing) * RATE).astype(np.int64)
    with server():
        first_sec = sorted(first_notes())
    middle_sec = first_sec[len(first_sec) // 2]
    print(f"first note after {middle_sec:.2f} s ({first_sec[0]:.2f} to {first_sec[-1]:.2f})")
    print(f"{asked.notes} notes, {asked.busy} busy processes beside the model")
    print(f"{'':34}{'median':>9}{'p99':>9}{'max':>9}{'lost':>7}   ms")
    lost = 0
    p99: list[float] = []
    ways: dict[str, Callable[[JackRecorder, NDArray[np.int64]], None]] = {
        "port process, JACK's queue": partial(by_port, JackBackend),
        "port process, at once": partial(by_port, AtOnce),
        "model's thread, mido": model_thread,
    }
    with server(), busy(asked.busy):
        for name, play in ways.items():
            recorder = JackRecorder()
            play(recorder, due)
            frames = np.array([frame for frame, *_ in recorder.notes()])
            recorder.close()
            missing = len(due) - len(frames)
            error = np.abs(frames - due[: len(frames)] - np.median(frames - due[: len(frames)]))
            error = error / RATE * 1000 if not missing else np.full(1, np.nan)
            figures = [np.median(error), np.quantile(error, 0.99), error.max()]
            print(f"{name:34}" + "".join(f"{x:9.3f}" for x in figures) + f"{missing:7}", flush=True)
            lost, p99 = lost + missing, [*p99, figures[1]]
    missed = p99[0] > 1000 / RATE or 5 * p99[1] > p99[2] or middle_sec > FIRST_SEC
    return int(bool(lost) or missed)


def first_notes(times: int = 5) -> list[float]:
    """Seconds to the first note, so many times; once before, so that all caches are there."""
    found = []
    recorder = JackRecorder()
    command = [sys.executable, "-m", "musicgan", "stream", "--seed", "3", "--port", "recorder:in"]
    for _ in range(times + 1):
        heard, begin = len(recorder.notes()), time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(recorder.notes()) == heard:
            time.sleep(0.001)
        found.append(time.monotonic() - begin)
        process.terminate()
        process.wait()
    recorder.close()
    return found[1:]


class AtOnce(JackBackend):
    """JACK as RtMidi plays it: what is sent comes with the next period."""

    queued = False

    def send(self, at_sec: float, message: bytes) -> None:
        """Now."""
        self.send_now(message)


def by_port(backend: type[JackBackend], recorder: JackRecorder, due: np.ndarray) -> None:
    """Through the port process of `musicgan stream`."""
    context = multiprocessing.get_context("spawn")
    bars, far_bars = context.Pipe()
    control, far_control = context.Pipe()
    options = PortOptions(BPM, 4, TICKS_PER_BEAT, BAR, TICKS_PER_BEAT, ("voice",))
    port = context.Process(
        target=port_process, args=(partial(backend, "bench"), far_bars, far_control)
    )
    composer = context.Process(target=feed, args=(bars, due))
    for process in (port, composer):
        process.start()
    for end in (bars, far_bars, far_control):
        end.close()
    control.send(options)
    recorder.connect("bench:out")
    while control.recv()[0] != "closed":
        pass
    for process in (port, composer):
        process.join()


def feed(bars: Connection, due: np.ndarray) -> None:
    """Bars of the notes wanted, each after a bar of real music was composed."""
    song = model_bars()
    for number in range(int(due[-1]) // BAR + 1):
        next(song)
        bars.recv()
        inside = due[due // BAR == number]
        first = int(np.searchsorted(due, number * BAR))
        notes = tuple(
            PlannedNote(int(on), int(on) + 100, 0, 0, (first + i) % 128, 80)
            for i, on in enumerate(inside)
        )
        start = number * BAR
        bars.send(NewBar(0, PlannedBar(number, start, BAR, notes, start)))
    bars.recv()
    bars.send(End(0))
    with suppress(EOFError):
        bars.recv()


def model_thread(recorder: JackRecorder, due: np.ndarray) -> None:
    """From the process of the model, whose other thread composes all the while."""
    rtmidi = mido.Backend("mido.backends.rtmidi/UNIX_JACK")
    port = rtmidi.open_output("out", virtual=True, client_name="peer")
    recorder.connect("peer:out")
    song, stopped = model_bars(), threading.Event()

    def compose() -> None:
        while not stopped.is_set():
            next(song)

    thread = threading.Thread(target=compose)
    thread.start()
    begin = time.perf_counter() + 0.2
    for index, frame in enumerate(due.tolist()):
        while (left := begin + frame / RATE - time.perf_counter()) > 0:
            time.sleep(left)
        port.send(mido.Message("note_on", note=index % 128, velocity=80))
        port.send(mido.Message("note_off", note=index % 128))
    stopped.set()
    thread.join()
    time.sleep(0.2)
    port.close()


def model_bars() -> Iterator[object]:
    """Bars of the bundled chorale model."""
    player = open_player(bundled_path("chorale"))
    return LiveSong(player, Settings(bars=MAX_BARS, seed=1)).bars()


@contextmanager
def server() -> Iterator[None]:
    """The server there is, or a dummy one."""
    import jack

    def there() -> bool:
        try:
            jack.Client("probe", no_start_server=True).close()
        except jack.JackError:
            return False
        return True

    if there():
        yield
        return
    # Without real-time scheduling of its own it is late itself, and what is sent at once with it.
    real_time = ["-R", "-P70"] if os.geteuid() == 0 else ["-r"]
    command = ["jackd", *real_time, "-S", "-d", "dummy", "-r", str(RATE), "-p", str(PERIOD)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not there():
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that only work."""
    work: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    processes = [work([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
