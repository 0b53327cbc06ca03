"""Ardour, without a window, as the DAW that records; its session is read from the disk."""

import os
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import jack
import mido

SCRIPT = Path(__file__).with_name("ardour_record.lua")
TRACK = "ardour:choir/midi_in 1"
CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config/>
  <TransportMasters current="JACK Transport">
    <TransportMaster type="Engine" name="JACK Transport" removeable="0"/>
    <TransportMaster type="MTC" name="MTC" removeable="0"/>
  </TransportMasters>
</Ardour>
"""
"""What the user's settings are to be: slaved, it follows MIDI clock by default."""
TRIES = 8
PATIENCE_SEC = 30


@contextmanager
def recording(start_server, folder, mode):
    """A JACK server, and an `Ardour` on it that is armed; `mode` is "free" or "slaved".

    Two threads of Ardour 7.3 talk to jackd over one socket, and in a quarter of all starts at the
    same time; jackd then drops Ardour, or ends. It is over once a session is made: try again.
    """
    for number in range(TRIES):
        server = start_server()
        daw = Ardour(folder / str(number), mode)
        try:
            if daw.is_ready(server):
                yield daw
                return
        finally:
            daw.close()
            server.terminate()
            wait_for_end(server)
    raise RuntimeError(f"Ardour did not start in {TRIES} tries")


class Ardour:
    """A session in a new `folder`, with one MIDI track."""

    def __init__(self, folder, mode):
        settings = folder / ".config" / "ardour7"
        settings.mkdir(parents=True)
        settings.joinpath("config").write_text(CONFIG)
        self.session = folder / "session"
        self._process = subprocess.Popen(
            ["ardour7-lua", str(SCRIPT), str(self.session), mode],
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def is_ready(self, server):
        """Whether it is armed, and `server` knows it still."""
        if not self._says("ready") or server.poll() is not None:
            return False
        try:
            with jack.Client("probe", no_start_server=True) as client:
                return any(port.name == TRACK for port in client.get_ports(is_midi=True))
        except jack.JackError:
            return False

    def _says(self, word):
        """Whether it comes to say `word`; it is killed if it takes too long."""
        timer = threading.Timer(PATIENCE_SEC, self._process.kill)
        timer.start()
        found = any(line.strip() == word for line in iter(self._process.stdout.readline, ""))
        timer.cancel()
        return found

    def take(self):
        """Stop, save, and the [(sec, channel, pitch)] of the file in the session, from its start.

        The region with them begins where the transport began.
        """
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._says("saved")
        self.close()  # only then has it thrown away the file of the next take
        (path,) = self.session.glob("interchange/session/midifiles/*.mid")
        return onsets(path)

    def close(self):
        """End it, politely if it can."""
        self._process.stdin.close()
        wait_for_end(self._process)
        self._process.stdout.close()


def wait_for_end(process):
    """It was asked to end: a client that is killed may leave a lock that every JACK waits for."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def onsets(path):
    """[(sec, channel, pitch)] of the note-ons in a MIDI file.

    Ardour writes no tempo: the session's is 120, which is what a file without one has.
    """
    now_sec, found = 0.0, []
    for message in mido.MidiFile(path):
        now_sec += message.time
        if message.type == "note_on" and message.velocity:
            found.append((now_sec, message.channel, message.note))
    return found
