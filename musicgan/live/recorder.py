"""A MIDI file of what was sent, at the times it was sent for."""

from __future__ import annotations

import io
from pathlib import Path

import mido

from musicgan.errors import MidiWriteError
from musicgan.midifile.write import write_whole

TICKS_PER_BEAT = 480


class Recorder:
    """Keeps messages with their seconds; `write` makes a file of them.

    Ticks are of the session's first tempo, so that a take lies on a DAW's grid.
    """

    def __init__(self, start_sec: float, bpm: float) -> None:
        self.start_sec, self.bpm = start_sec, bpm
        self._kept: list[tuple[float, bytes]] = []

    def keep(self, at_sec: float, message: bytes) -> None:
        """One message and when it sounds."""
        self._kept.append((at_sec, message))

    def cancel_after(self, at_sec: float) -> None:
        """What was queued for later did not sound."""
        self._kept = [entry for entry in self._kept if entry[0] <= at_sec]

    def write(self, path: Path) -> None:
        """The file, complete or not at all. Raises `MidiWriteError`."""
        file = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
        track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=round(6e7 / self.bpm))])
        last = 0
        for at_sec, message in sorted(self._kept, key=lambda entry: entry[0]):
            tick = round(max(0.0, at_sec - self.start_sec) * self.bpm / 60 * TICKS_PER_BEAT)
            track.append(mido.Message.from_bytes(message, time=tick - last))
            last = tick
        file.tracks.append(track)
        data = io.BytesIO()
        file.save(file=data)
        try:
            write_whole(path, data.getvalue())
        except OSError as error:
            raise MidiWriteError(f"{path}: cannot be written: {error.strerror}") from None
