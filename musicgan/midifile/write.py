"""Score -> MIDI file, format 1: a conductor track, then one chunk a track."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import mido
import numpy as np
from numpy.typing import NDArray

from musicgan.errors import MidiWriteError
from musicgan.midifile.raw import DRUM_CHANNEL, clean_name
from musicgan.score import Key, Metre, Score, Tempo

MIN_TICKS_PER_BEAT = 96
GOOD_TICKS_PER_BEAT = 480
MAX_TICKS_PER_BEAT = 32_767
MAX_DELTA_TICK = (1 << 28) - 1
MAX_TICK = 1 << 36
PITCHED_CHANNELS = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_FIFTHS = ("Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#")
_MINOR_FIFTHS = ("Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#")
_KEY_NAMES = {(i - 5, False): name for i, name in enumerate(_FIFTHS)} | {
    (i - 5, True): f"{name}m" for i, name in enumerate(_MINOR_FIFTHS)
}
"""(sharps, is minor) -> mido's name of a key signature."""

Event = tuple[int, int, Any]
"""(tick, rank among the events of that tick, message)"""
LAST = 9
"""The rank of a track's end."""


def write_midi(
    score: Score, target: str | Path | IO[bytes], text: str = "", end_tick: int = 0
) -> None:
    """Write `score` as a MIDI file to a path or an open binary file; same score, same bytes.

    `text` becomes a text event at the start. Tracks end with their last note, or at `end_tick` if
    that is later, as a song's last bar line is. Drums go to channel 10, the other tracks to the
    other fifteen in turn, so more than fifteen share. On one pitch of a track a note ends where
    the next begins, so that players leave nothing sounding. A resolution below 96 ticks a beat,
    such as a grid, is multiplied up to about 480; all else is kept:
    `read_midi(write_midi(s)) == s` for a score with one sounding note a pitch and no empty track.
    A path appears whole or not at all.

    Raises `MidiWriteError` when the score cannot be said in MIDI or the path cannot be written.
    """
    data = _file_bytes(score, text, end_tick)
    if not isinstance(target, (str, Path)):
        target.write(data)
        return
    try:
        write_whole(Path(target), data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MidiWriteError(f"{str(target)!r}: cannot be written: {reason}") from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that appears whole or not at all, where a link leads if `path` is one.

    Raises `OSError` or `ValueError`.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():  # a device or a pipe must not be replaced
        path.write_bytes(data)
        return
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def usual_channels(drums: Sequence[bool]) -> tuple[int, ...]:
    """A channel for each track, given which are drums: 10 (here 9) for drums, the rest in order.

    With more tracks than channels they share.
    """
    pitched = itertools.cycle(PITCHED_CHANNELS)
    return tuple(DRUM_CHANNEL if drum else next(pitched) for drum in drums)


def _file_bytes(score: Score, text: str, until_tick: int) -> bytes:
    _check(score)
    factor = 1
    if score.ticks_per_beat < MIN_TICKS_PER_BEAT:
        factor = round(GOOD_TICKS_PER_BEAT / score.ticks_per_beat)
    file = mido.MidiFile(type=1, ticks_per_beat=score.ticks_per_beat * factor, charset="utf-8")
    file.tracks.append(_timed(_conductor_events(score, text), factor, until_tick))
    end_tick = _ends_before_retrigger(score.notes)
    channels = usual_channels([track.is_drum for track in score.tracks])
    for index, (track, channel) in enumerate(zip(score.tracks, channels, strict=True)):
        program = mido.Message("program_change", channel=channel, program=track.program)
        events: list[Event] = [(0, 0, program)]
        if name := _said(clean_name(track.name)):
            events.insert(0, (0, 0, mido.MetaMessage("track_name", name=name)))
        mine = score.notes["track"] == index
        events += _note_events(score.notes[mine], end_tick[mine], channel)
        file.tracks.append(_timed(events, factor, until_tick))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _conductor_events(score: Score, text: str) -> list[Event]:
    events: list[Event] = []
    if text:
        events.append((0, 0, mido.MetaMessage("text", text=_said(text))))
    for event in _map_events(score):
        events.append((event.tick, 0, _map_message(event)))
    return events


def _map_events(score: Score) -> list[Tempo | Metre | Key]:
    return [*score.metres, *score.keys, *score.tempos]


def _map_message(event: Tempo | Metre | Key) -> Any:
    if isinstance(event, Tempo):
        return mido.MetaMessage("set_tempo", tempo=event.us_per_beat)
    if isinstance(event, Metre):
        numbers = {"numerator": event.numerator, "denominator": event.denominator}
        return mido.MetaMessage("time_signature", **numbers)
    return mido.MetaMessage("key_signature", key=_KEY_NAMES[key_sharps(event), event.is_minor])


def _said(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def key_sharps(key: Key) -> int:
    """Sharps, or flats below zero, of a key signature: from five flats to six sharps."""
    return ((key.tonic - 9 * key.is_minor) * 7 + 5) % 12 - 5


def _note_events(
    notes: NDArray[np.void], end_tick: NDArray[np.int64], channel: int
) -> Iterable[Event]:
    """Within a tick: ends of earlier notes, notes without length, beginnings."""
    for (onset, _, pitch, velocity, _), end in zip(notes.tolist(), end_tick.tolist(), strict=True):
        sound = {"channel": channel, "note": pitch}
        on = mido.Message("note_on", velocity=velocity, **sound)
        off = mido.Message("note_off", velocity=0, **sound)
        if end > onset:
            yield end, 1, off
            yield onset, 3, on
        else:
            yield onset, 2, on
            yield onset, 2, off


def _ends_before_retrigger(notes: NDArray[np.void]) -> NDArray[np.int64]:
    """Where each note ends if the next one of its track and pitch ends it, [N] -> [N]."""
    onset = notes["onset_tick"]
    end = onset + notes["duration_tick"]
    order = np.lexsort((notes["duration_tick"], onset, notes["pitch"], notes["track"]))
    lane = notes["track"].astype(np.int64) * 128 + notes["pitch"]
    here, following = order[:-1], order[1:]
    crowded = (lane[here] == lane[following]) & (end[here] > onset[following])
    end[here[crowded]] = onset[following[crowded]]
    return np.asarray(end, np.int64)


def _timed(events: list[Event], factor: int, until_tick: int) -> Any:
    """A mido track: events sorted, each with the ticks since the one before, and its end."""
    track = mido.MidiTrack()
    now = 0
    last_tick = max([until_tick, *(event[0] for event in events)])
    end = (last_tick, LAST, mido.MetaMessage("end_of_track"))
    for tick, _, message in sorted([*events, end], key=lambda event: event[:2]):
        delta_tick = (tick - now) * factor
        while delta_tick > MAX_DELTA_TICK:  # more than MIDI can say at once
            track.append(mido.MetaMessage("text", time=MAX_DELTA_TICK))
            delta_tick -= MAX_DELTA_TICK
        message.time = delta_tick
        track.append(message)
        now = tick
    return track


def _check(score: Score) -> None:
    """Raise `MidiWriteError` for the first thing in `score` that MIDI has no bytes for."""
    notes = score.notes
    ranges: list[tuple[str, NDArray[np.int64], int, int]] = [
        ("ticks_per_beat", np.array([score.ticks_per_beat]), 1, MAX_TICKS_PER_BEAT),
        ("onset_tick", notes["onset_tick"], 0, MAX_TICK),
        ("duration_tick", notes["duration_tick"], 0, MAX_TICK),
        ("pitch", notes["pitch"], 0, 127),
        ("velocity", notes["velocity"], 1, 127),
        ("track", notes["track"], 0, len(score.tracks) - 1),
        ("number of tracks", np.array([len(score.tracks)]), 0, 65_534),
        ("program", np.array([track.program for track in score.tracks]), 0, 127),
        ("us_per_beat", np.array([t.us_per_beat for t in score.tempos]), 1, (1 << 24) - 1),
        ("numerator", np.array([metre.numerator for metre in score.metres]), 1, 255),
        ("denominator", np.array([metre.denominator for metre in score.metres]), 1, 128),
        ("tonic", np.array([key.tonic for key in score.keys]), 0, 11),
        ("tick", np.array([e.tick for e in _map_events(score)]), 0, MAX_TICK),
    ]
    for what, values, low, high in ranges:
        wrong = values[(values < low) | (values > high)]
        if len(wrong):
            raise MidiWriteError(f"{what} {wrong[0]} cannot be written: legal are {low} to {high}")
    for metre in score.metres:
        if metre.denominator & (metre.denominator - 1):
            raise MidiWriteError(f"metre denominator {metre.denominator}: must be a power of two")
