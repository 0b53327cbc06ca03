"""Read and write MIDI files."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from musicgan.errors import MidiReadError, MidiWriteError
from musicgan.score import NOTE, Key, Metre, Score, Tempo, Track, empty_notes, sort_notes

GOOD_TICKS_PER_BEAT = 480
KEY_NAMES = (
    ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"),
)
DRUM_CHANNEL = 9


def read_midi(path: str | Path) -> Score:
    """The score of a MIDI file."""
    import symusic

    try:
        parsed = symusic.Score.from_midi(Path(path).read_bytes())
    except (OSError, RuntimeError, ValueError) as error:
        raise MidiReadError(f"{path}: cannot be read as MIDI: {error}") from None
    parts = []
    tracks = []
    for track in parsed.tracks:
        column = track.notes.numpy()
        if not len(column["time"]):
            continue
        notes = empty_notes(len(column["time"]))
        notes["onset_tick"] = column["time"]
        notes["duration_tick"] = column["duration"]
        notes["pitch"] = column["pitch"]
        notes["velocity"] = column["velocity"]
        notes["track"] = len(tracks)
        parts.append(notes)
        tracks.append(Track(track.name, 0 if track.is_drum else track.program, track.is_drum))
    return Score(
        notes=sort_notes(np.concatenate(parts)) if parts else np.zeros(0, NOTE),
        tracks=tuple(tracks),
        tempos=tuple(Tempo(t.time, t.mspq) for t in parsed.tempos),
        metres=tuple(Metre(m.time, m.numerator, m.denominator) for m in parsed.time_signatures),
        keys=tuple(
            Key(k.time, (k.key * 7 + 9 * k.tonality) % 12, bool(k.tonality))
            for k in parsed.key_signatures
        ),
        ticks_per_beat=parsed.tpq,
    )


def write_midi(score: Score, path: str | Path | IO[bytes], text: str = "") -> None:
    """Write `score` as a format 1 MIDI file; a path appears whole or not at all."""
    data = _encode(score, text)
    if not isinstance(path, (str, Path)):
        path.write(data)
        return
    target = Path(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            temporary = file.name
            file.write(data)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise MidiWriteError(f"{target}: cannot be written: {error.strerror}") from None


def _encode(score: Score, text: str) -> bytes:
    import mido

    factor = max(1, round(GOOD_TICKS_PER_BEAT / score.ticks_per_beat))
    file = mido.MidiFile(type=1, ticks_per_beat=score.ticks_per_beat * factor, charset="utf-8")
    file.tracks.append(_conductor(score, text, factor))
    pitched = 0
    for index, track in enumerate(score.tracks):
        channel = DRUM_CHANNEL
        if not track.is_drum:
            channel = pitched % 15 + (pitched % 15 >= DRUM_CHANNEL)
            pitched += 1
        file.tracks.append(_note_track(score, index, channel, factor))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _conductor(score: Score, text: str, factor: int) -> Any:
    from mido import MetaMessage

    events: list[tuple[int, Any]] = []
    if text:
        events.append((0, MetaMessage("text", text=text)))
    for metre in score.metres:
        events.append(
            (
                metre.tick,
                MetaMessage(
                    "time_signature", numerator=metre.numerator, denominator=metre.denominator
                ),
            )
        )
    for key in score.keys:
        name = KEY_NAMES[key.is_minor][key.tonic]
        events.append((key.tick, MetaMessage("key_signature", key=name)))
    for tempo in score.tempos:
        events.append((tempo.tick, MetaMessage("set_tempo", tempo=tempo.us_per_beat)))
    events.sort(key=lambda event: event[0])
    return _deltas(events, factor)


def _note_track(score: Score, index: int, channel: int, factor: int) -> Any:
    from mido import Message, MetaMessage

    track = score.tracks[index]
    notes = score.notes[score.notes["track"] == index]
    events: list[tuple[int, Any]] = []
    for onset, duration, pitch, velocity, _ in notes.tolist():
        on = Message("note_on", channel=channel, note=pitch, velocity=velocity)
        off = Message("note_off", channel=channel, note=pitch)
        events += [(onset, on), (onset + duration, off)]
    events.sort(key=lambda event: (event[0], event[1].type == "note_on"))
    head = [(0, Message("program_change", channel=channel, program=track.program))]
    if track.name:
        head.insert(0, (0, MetaMessage("track_name", name=track.name)))
    return _deltas(head + events, factor)


def _deltas(events: list[tuple[int, Any]], factor: int) -> Any:
    from mido import MidiTrack

    track = MidiTrack()
    now = 0
    for tick, message in events:
        track.append(message.copy(time=(tick - now) * factor))
        now = tick
    return track
