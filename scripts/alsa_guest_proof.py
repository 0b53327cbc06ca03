"""Notes through ALSA's sequencer, as two independent programs record them.

    python scripts/alsa_guest_proof.py [--notes 2000]

Needs a sequencer, and `arecordmidi`: `scripts/alsa_guest.sh` runs it where both are there. The
notes are 5 to 15 ms apart. The error is that of each note-on against where it should be, after the
constant offset of the way, in ms. The recorders are a client in another process, whose messages
the kernel stamps, and `arecordmidi`, whose own clock ticks once a ms.
"""

from __future__ import annotations

import argparse
import multiprocessing
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import mido
import numpy as np

from musicgan.live.backends import Backend
from musicgan.live.backends.alsa import AlsaBackend
from musicgan.live.backends.rtmidi import RtMidiBackend

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "live"))
from alsa_recorder import CONTROL, NOTE_OFF, NOTE_ON, AlsaRecorder, sounding

AHEAD_SEC = 0.75
"""How far a queued backend is played ahead."""
LEAD_SEC = 1.0
TURN_SEC = 0.05
MOST_NOTES = 16 * 128
"""Each is known by its channel and pitch."""
CLIENT = "proof"
PROGRAMS = multiprocessing.get_context("spawn")

Messages = Sequence[tuple[float, bytes]]
"""[(seconds, message)]"""


def main() -> int:
    """Print what was recorded; exit 1 when the ALSA backend loses a note or anything sounds on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--notes", type=int, default=2000)
    notes = parser.parse_args().notes
    assert notes <= MOST_NOTES
    columns = ("sent", "received", "lost", "swapped", "median", "p99", "max")
    print(f"{'':42}" + "".join(f"{name:>9}" for name in columns) + "   ms")
    good = True
    for busy in (0, 2):
        for way in (AlsaBackend, RtMidiBackend):
            # RtMidi is there to compare with.
            good &= all_came(way, notes, busy) or way is RtMidiBackend
    return 0 if all((good, cancelled_is_silent(), stream_is_recorded())) else 1


def all_came(way: type, notes: int, busy: int) -> bool:
    """Play the notes beside busy processes; whether each came, once, in order, and ended."""
    rng = np.random.default_rng(0)
    on_sec = np.cumsum(rng.uniform(0.005, 0.015, notes))
    messages = song(on_sec, on_sec + rng.uniform(0.02, 0.2, notes))
    backend = way(CLIENT)
    with working(busy), recorders() as takes:
        play(backend, messages)
    backend.close()
    good = True
    for recorder, got in takes.items():
        came = [(at, number_of(message)) for at, message in got if is_on(message)]
        numbers = [number for _, number in came]
        swapped = sum(later < earlier for earlier, later in pairwise(numbers))
        counts = (notes, len(came), notes - len(came), swapped)
        figures = errors_ms([at for at, _ in came], on_sec[numbers].tolist())
        title = f"{way.__name__}, {busy} busy, {recorder}"
        print(
            f"{title:42}"
            + "".join(f"{count:9}" for count in counts)
            + "".join(f"{figure:9.3f}" for figure in figures),
            flush=True,
        )
        good &= numbers == list(range(notes)) and not sounding(got)
    return good


def cancelled_is_silent() -> bool:
    """Stop in the middle of what is queued, as a performer does; whether that is what is heard."""
    on_sec = np.arange(400) * 0.01
    off_sec = on_sec + 0.3
    backend = AlsaBackend(CLIENT)
    with recorders() as takes:
        begin_sec = play(backend, song(on_sec, off_sec), until_sec=1.5)
        cut_sec = backend.now_sec() + 0.02
        backend.cancel_after(cut_sec)
        begun = begin_sec + on_sec <= cut_sec
        for number in np.flatnonzero(begun & (begin_sec + off_sec > cut_sec)).tolist():
            backend.send(cut_sec, note(number, NOTE_OFF, 0))
        for channel in range(16):
            backend.send(cut_sec, bytes([CONTROL | channel, 123, 0]))
    backend.close()
    good = True
    for recorder, got in takes.items():
        ons = [number_of(message) for _, message in got if is_on(message)]
        silences = sum(message[0] & 0xF0 == CONTROL for _, message in got)
        left = len(sounding(got))
        print(
            f"cancelled, {recorder}: {begun.sum()} of {len(on_sec)} notes had begun, "
            f"{len(ons)} came, {left} sound on, {silences} channels silenced"
        )
        good &= ons == np.flatnonzero(begun).tolist() and left == 0 and silences == 16
    return good


def stream_is_recorded() -> bool:
    """Whether a client hears what `musicgan stream` says that it sent."""
    recorder = AlsaRecorder()
    with tempfile.TemporaryDirectory() as folder:
        take = Path(folder) / "take.mid"
        command = ["stream", "--backend", "alsa", "--bars", "4", "--seed", "3", "--record", take]
        with Path(folder, "said").open("w+") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "musicgan", *map(str, command)], stdout=said, stderr=said
            )
            recorder.connect("musicgan", 120)
            recorder.wait_for(lambda: (recorder.got, process.poll())[1] is not None, 240)
            if process.returncode:
                said.seek(0)
                print(said.read())
                return False
        sent = [entry for entry in read_take(take) if is_on(entry[1])]
    came = [entry for entry in recorder.got if is_on(entry[1])]
    print(f"musicgan stream: {len(sent)} notes sent, {len(came)} came")
    if [message[:2] for _, message in came] != [message[:2] for _, message in sent] or not came:
        return False
    figures = errors_ms([at for at, _ in came], [at for at, _ in sent])
    print("musicgan stream: median {:.3f}, p99 {:.3f}, max {:.3f} ms".format(*figures))
    return not sounding(recorder.got)


def song(on_sec: Iterable[float], off_sec: Iterable[float]) -> Messages:
    """Notes that begin and end there, and are known by their numbers."""
    messages = [(at, note(number, NOTE_ON, 90)) for number, at in enumerate(on_sec)]
    messages += [(at, note(number, NOTE_OFF, 0)) for number, at in enumerate(off_sec)]
    return sorted(messages, key=lambda entry: entry[0])


def note(number: int, kind: int, velocity: int) -> bytes:
    return bytes([kind | number // 128, number % 128, velocity])


def number_of(message: bytes) -> int:
    return (message[0] & 15) * 128 + message[1]


def is_on(message: bytes) -> bool:
    return bool(message[0] & 0xF0 == NOTE_ON)


def errors_ms(at_sec: Sequence[float], due_sec: Sequence[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and maximum."""
    error = np.subtract(at_sec, due_sec)
    error = np.abs(error - np.median(error)) * 1000
    return float(np.median(error)), float(np.percentile(error, 99)), float(error.max())


def play(backend: Backend, messages: Messages, until_sec: float = np.inf) -> float:
    """Send each as early as the backend takes it, or when it is due; when the song began.

    Ends with the last message, or leaves what is queued at `until_sec` of the song.
    """
    ahead_sec = AHEAD_SEC if backend.queued else 0.0
    begin_sec = backend.now_sec() + LEAD_SEC
    for at_sec, message in messages:
        while (wait_sec := begin_sec + at_sec - ahead_sec - backend.now_sec()) > 0:
            # A queued backend is given what is due in batches, as by a port process.
            time.sleep(max(wait_sec, TURN_SEC) if backend.queued else wait_sec)
            if backend.now_sec() >= begin_sec + until_sec:
                return begin_sec
        backend.send(begin_sec + at_sec, message)
    time.sleep(ahead_sec)
    return begin_sec


@contextmanager
def working(processes: int) -> Iterator[None]:
    """Processes beside that do nothing but work."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextmanager
def recorders() -> Iterator[dict[str, Messages]]:
    """Both listen to `CLIENT` meanwhile; {recorder: what it got}, which is filled at the end."""
    takes: dict[str, Messages] = {}
    near, far = PROGRAMS.Pipe()
    process = PROGRAMS.Process(target=record, args=(far,), daemon=True)
    process.start()
    near.recv()
    with tempfile.TemporaryDirectory() as folder:
        take = Path(folder) / "take.mid"
        command = ["arecordmidi", "-p", CLIENT, "-b", "120", "-t", "20000", str(take)]
        arecordmidi = subprocess.Popen(command)
        near.send("both")
        near.recv()
        yield takes
        time.sleep(0.5)
        near.send("stop")
        takes["alsa-midi"] = near.recv()
        arecordmidi.send_signal(signal.SIGINT)
        arecordmidi.wait()
        takes["arecordmidi"] = read_take(take)
    process.join()


def record(pipe: Connection) -> None:
    """A process that records until it is told to stop, and answers with what it got."""
    recorder = AlsaRecorder()
    recorder.connect(CLIENT)
    pipe.send("listening")
    pipe.recv()
    recorder.wait_for(lambda: recorder.listeners(CLIENT) == 2)
    pipe.send("both are")
    while not pipe.poll(0.05):
        recorder.got  # noqa: B018 - before there is no more room
    pipe.send(recorder.got)


def read_take(path: Path) -> Messages:
    """What a MIDI file plays."""
    at_sec, messages = 0.0, []
    for message in mido.MidiFile(path):
        at_sec += message.time
        if not message.is_meta:
            messages.append((at_sec, bytes(message.bytes())))
    return messages


if __name__ == "__main__":
    sys.exit(main())
