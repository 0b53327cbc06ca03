"""ALSA's sequencer, the Linux kernel's own MIDI: whether it is there."""

from __future__ import annotations

from pathlib import Path

from musicgan.errors import MissingSystemError

DEVICE = Path("/dev/snd/seq")
NO_SEQUENCER = (
    "ALSA's sequencer is not there: load it with 'modprobe snd-seq', or start a JACK server and "
    "pip install 'musicgan[jack]'"
)


def require_sequencer() -> None:
    """Raise `MissingSystemError` with what to do where the kernel has no sequencer."""
    if not DEVICE.exists():
        raise MissingSystemError(NO_SEQUENCER)
