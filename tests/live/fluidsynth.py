"""FluidSynth on the tests' JACK server: notes in, sound out."""

import shutil
import subprocess
import time

import jack

SOUNDFONT = "/usr/share/sounds/sf2/TimGM6mb.sf2"
MIDI_PART, SOUND = "fluid", "fluid:left"


def start_fluidsynth():
    """The process, when its ports are there; without reverb, which would blur what is heard.

    It is told to "quit"; killed, it would keep the server waiting.
    """
    options = {"audio.jack.id": "fluid", "midi.jack.id": "fluid"}
    process = subprocess.Popen(
        [shutil.which("fluidsynth"), "--quiet", "-a", "jack", "-m",
         "jack", "-R", "0", "-C", "0", "-g", "1",
         *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
         SOUNDFONT],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    until = time.monotonic() + 20
    with jack.Client("probe", no_start_server=True) as client:
        while not client.get_ports("fluid:", is_midi=True) or not client.get_ports(SOUND):
            assert process.poll() is None and time.monotonic() < until, "FluidSynth does not start"
            time.sleep(0.05)
    return process
