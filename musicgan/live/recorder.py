"""A MIDI file of what was sent, at the times it was sent for."""

from __future__ import annotations

import io
from bisect import insort
from pathlib import Path

from musicgan.errors import MidiWriteError
from musicgan.live.backends import Backend

TICKS_PER_BEAT = 480
SAME_TEMPO = 0.002
"""A tempo that differs by less is only a clock's jitter."""


class Recorder:
    """Keeps messages with their seconds; `write` makes a file of them.

    `start_sec` is a bar line, and beat 0 of the file; earlier messages lie there. Its tempos are
    those of the session, so that a take lies on a DAW's grid.
    """

    def __init__(self, bpm: float) -> None:
        self.start_sec: float | None = None
        self._tempos = [(0.0, bpm)]
        """(seconds, beats a minute), from then on."""
        self._kept: list[tuple[float, bytes]] = []
        """In order of time; what was sent at once came before what was queued."""

    def __len__(self) -> int:
        """Messages kept."""
        return len(self._kept)

    def keep(self, at_sec: float, message: bytes) -> None:
        """One message and when it sounds; system messages are none of a file's."""
        if message[0] < 0xF0:
            insort(self._kept, (at_sec, message), key=lambda entry: entry[0])

    def tempo(self, at_sec: float, bpm: float) -> None:
        """From then on so fast."""
        if abs(bpm / self._tempos[-1][1] - 1) > SAME_TEMPO:
            self._tempos.append((at_sec, bpm))

    def cancel_after(self, at_sec: float) -> None:
        """What was queued for later did not sound."""
        while self._kept and self._kept[-1][0] > at_sec:
            self._kept.pop()

    def write(self, path: Path) -> None:
        """The file, complete or not at all. Raises `MidiWriteError`."""
        import mido

        from musicgan.midifile.write import write_whole

        file = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
        events: list[tuple[int, mido.Message | mido.MetaMessage]] = [
            (self._tick(at), mido.MetaMessage("set_tempo", tempo=round(6e7 / bpm)))
            for at, bpm in self._tempos
        ]
        events += [(self._tick(at), mido.Message.from_bytes(m)) for at, m in self._kept]
        track, last = mido.MidiTrack(), 0
        for tick, event in sorted(events, key=lambda entry: entry[0]):
            track.append(event.copy(time=tick - last))
            last = tick
        file.tracks.append(track)
        data = io.BytesIO()
        file.save(file=data)
        try:
            write_whole(path, data.getvalue())
        except OSError as error:
            raise MidiWriteError(f"{path}: cannot be written: {error.strerror}") from None

    def _tick(self, at_sec: float) -> int:
        """Beats pass at the tempos of the way there."""
        beat, here = 0.0, self.start_sec or 0.0
        bpm = self._tempos[0][1]
        for change_sec, after in self._tempos[1:]:
            if change_sec >= at_sec:
                break
            if change_sec > here:
                beat += (change_sec - here) * bpm / 60
                here = change_sec
            bpm = after
        return round(max(0.0, beat + (at_sec - here) * bpm / 60) * TICKS_PER_BEAT)


class Recording:
    """A backend that another one is heard through, with a take of what it sent."""

    def __init__(self, backend: Backend, recorder: Recorder) -> None:
        self.backend, self.recorder = backend, recorder
        self.queued, self.handed_over_sec = backend.queued, backend.handed_over_sec

    def now_sec(self) -> float:
        """The other's."""
        return self.backend.now_sec()

    def send(self, at_sec: float, message: bytes) -> None:
        """Send and keep it."""
        self.backend.send(at_sec, message)
        self.recorder.keep(at_sec if self.queued else self.now_sec(), message)

    def send_now(self, message: bytes) -> None:
        """Send and keep it."""
        self.backend.send_now(message)
        self.recorder.keep(self.now_sec(), message)

    def listen(self, port: str | None) -> None:
        """The other one."""
        self.backend.listen(port)

    def heard(self) -> list[tuple[float, bytes]]:
        """By the other one."""
        return self.backend.heard()

    @property
    def lost(self) -> int:
        """By the other one."""
        return self.backend.lost

    def cancel_after(self, at_sec: float) -> None:
        """Also from the take."""
        self.backend.cancel_after(at_sec)
        self.recorder.cancel_after(at_sec)

    def close(self) -> None:
        """The other one."""
        self.backend.close()
