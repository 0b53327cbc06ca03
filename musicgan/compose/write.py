"""Songs to files, with what made them written inside."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicgan import __version__
from musicgan.codecs.base import hears_pedal
from musicgan.compose.kinds import AnyPlayer, compose_any
from musicgan.compose.settings import Settings
from musicgan.compose.tasks import Task
from musicgan.errors import MidiWriteError
from musicgan.midifile import read_midi, write_midi
from musicgan.score import Key, Score
from musicgan.theory import downbeats, estimate_key
from musicgan.timing import US_PER_BEAT_AT_120, us_to_bpm

MIDI_S = (".mid", ".midi", ".kar", "")
XML_S = (".musicxml", ".xml")


@dataclass(frozen=True)
class Written:
    """What was written where."""

    path: Path
    seed: int
    bars: int
    notes: int
    key: Key | None
    """None for drums alone."""
    bpm: float
    score: Score


def draw_seed() -> int:
    """A seed short enough to be typed again."""
    return secrets.randbelow(1_000_000)


def write_songs(
    player: AnyPlayer,
    songs: Sequence[Settings],
    out: Path,
    *,
    kind: str | None = None,
    primer: Path | None = None,
    task: Task | None = None,
) -> Iterator[Written]:
    """Compose songs and write each; yields as they are done.

    They are free songs, or continue the `primer`, or do the `task`.

    With several, `song.mid` becomes `song-001.mid` and so on. Seed, model hash and settings go
    into each MIDI file as a text event. Raises `MidiReadError` for the primer, `MidiWriteError`
    for the path before anything is composed.
    """
    kind = song_kind(out, kind) or "mid"
    heard = read_midi(primer, pedal=hears_pedal(player.codec)) if primer else None
    check_folder(out)
    for index, one in enumerate(songs):
        path = out if len(songs) == 1 else out.with_name(f"{out.stem}-{index + 1:03}{out.suffix}")
        score = task.compose(player, one) if task else compose_any(player, one, heard)
        _write(score, path, kind, provenance(player, one, primer, task))
        yield _written(score, path, one)


def song_kind(out: Path, asked: str | None = None) -> str | None:
    """What `out` is written as, "mid" or "musicxml": as asked, else by its suffix; None where that
    is of something else."""
    suffix = out.suffix.lower()
    return asked or {**dict.fromkeys(MIDI_S, "mid"), **dict.fromkeys(XML_S, "musicxml")}.get(suffix)


def takes(settings: Settings, count: int) -> list[Settings]:
    """`count` songs of the same settings, on consecutive seeds."""
    return [replace(settings, seed=settings.seed + index) for index in range(count)]


def provenance(
    player: AnyPlayer, settings: Settings, primer: Path | None = None, task: Task | None = None
) -> str:
    """One line of JSON that says how to make a song again."""
    asked = {name: value for name, value in vars(settings).items() if value is not None}
    habit = player.critic_habit if task is None else task.critic_habit(player)
    asked.setdefault("critic", habit)
    if primer is not None:
        asked["primer"] = primer.name
    if task is not None:
        asked = task.said(asked)
    made = {"musicgan": __version__, "model": player.file.digest}
    said = {**made, "style": player.file.metadata.get("style"), **asked}
    return json.dumps(said, default=str)


def check_folder(out: Path) -> None:
    """Raises `MidiWriteError` when no file can be written as `out`."""
    folder = out.parent
    if not folder.is_dir():
        raise MidiWriteError(f"{out}: the folder {folder} does not exist; create it first")
    if out.is_dir():
        raise MidiWriteError(f"{out}: is a folder; give a file name")
    if not os.access(folder, os.W_OK):
        raise MidiWriteError(f"{out}: no permission to write in {folder}")


def _write(score: Score, path: Path, kind: str, text: str) -> None:
    if kind == "musicxml":
        from musicgan.interop import write_musicxml

        write_musicxml(score, path, title=path.stem, composer="musicgan", text=text)
    else:
        write_midi(score, path, text=text, end_tick=int(downbeats(score)[-1]))


def _written(score: Score, path: Path, settings: Settings) -> Written:
    bpm = us_to_bpm(score.tempos[0].us_per_beat if score.tempos else US_PER_BEAT_AT_120)
    pitched = not all(track.is_drum for track in score.tracks)
    key = score.keys[0] if score.keys else estimate_key(score) if pitched else None
    bars = len(downbeats(score)) - 1
    return Written(path, settings.seed, bars, len(score), key, bpm, score)
