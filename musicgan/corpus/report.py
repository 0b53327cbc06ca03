"""What one file of a collection holds: the numbers a person and a training run want to know."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from musicgan.corpus.duplicates import NO_SKETCH, sketch
from musicgan.notes import Columns, snap_columns, to_notes
from musicgan.score import Metre, Score
from musicgan.theory import estimate_key, infer_metre

NORMAL_GRID = 24
"""Steps a beat of the normal form by which exact duplicates are told."""


@dataclass(frozen=True)
class FileReport:
    """One file. When `error` is set it could not be used, and the musical fields are empty."""

    name: str
    """Path inside the folder, with forward slashes."""
    sha256: str
    """Of the file's bytes; empty when they could not be read."""
    error: str | None = None
    notes: int = 0
    seconds: float = 0.0
    tracks: int = 0
    drum_tracks: int = 0
    stated_metre: str = ""
    """The metre most of the music is stated to be in, like 3/4; empty when none is stated."""
    metre: str = ""
    """The metre most of the music is taken to be in."""
    bpm: float = 0.0
    """Beats a minute over the whole piece."""
    polyphony: float = 0.0
    """Pitched notes sounding at once, on average while any sounds; 0 where all are drums."""
    key: str = ""
    """Empty where all are drums."""
    velocities: int = 0
    """Different velocities."""
    on_sixteenth: float = 0.0
    """Share of the onsets exactly on a sixteenth."""
    notes_sha256: str = ""
    """Of the notes in normal form: equal for exact duplicates."""
    sketch: bytes = NO_SKETCH
    """Fingerprint for near duplicates, blind to transposition."""

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready mapping that `from_json` reads back."""
        return {**vars(self), "sketch": self.sketch.hex()}

    @classmethod
    def from_json(cls, mapping: Mapping[str, Any]) -> FileReport:
        """The report that `to_json` wrote."""
        known = {field.name: mapping[field.name] for field in fields(cls)}
        return cls(**{**known, "sketch": bytes.fromhex(mapping["sketch"])})


def report_score(
    name: str,
    sha256: str,
    score: Score,
    stated: tuple[Metre, ...] | None = None,
    keys: Score | None = None,
) -> FileReport:
    """The report of a file that read as `score`.

    `stated` is the metre map the file had, where `score` has an inferred one in its place. `keys`
    is the file as its keys were held, where `score` has the pedal folded in: by these copies are
    known, and parts of a split, so that the pedal changes neither.
    """
    if not len(score):
        return FileReport(name, sha256, error="no notes in it")
    notes = score.columns
    drums = np.array([track.is_drum for track in score.tracks])
    is_drum = drums[notes.place >> 7]
    pitched = notes.take(np.flatnonzero(~is_drum)) if drums.any() else notes
    seconds = score.duration_sec
    return FileReport(
        name=name,
        sha256=sha256,
        notes=len(score),
        seconds=round(seconds, 3),
        tracks=len(score.tracks),
        drum_tracks=int(drums.sum()),
        stated_metre=_main_metre(score.metres if stated is None else stated, score.end_tick),
        metre=_main_metre(infer_metre(score), score.end_tick),
        bpm=round(60 * score.end_tick / score.ticks_per_beat / max(seconds, 1e-9), 2),
        polyphony=round(_polyphony(pitched), 3),
        key="" if is_drum.all() else str(estimate_key(score)),
        velocities=int(np.count_nonzero(np.bincount(notes.velocity))),
        on_sixteenth=round(float(np.mean(notes.onset_tick * 4 % score.ticks_per_beat == 0)), 4),
        notes_sha256=_notes_sha256(score if keys is None else keys),
        sketch=sketch(score if keys is None else keys),
    )


def _main_metre(metres: tuple[Metre, ...], end_tick: int) -> str:
    length: dict[str, int] = {}
    ends = [metre.tick for metre in metres[1:]] + [end_tick]
    for metre, until in zip(metres, ends, strict=False):  # no metre, yet an end
        name = f"{metre.numerator}/{metre.denominator}"
        length[name] = length.get(name, 0) + until - metre.tick
    return max(length, key=lambda name: length[name], default="")


def _polyphony(notes: Columns) -> float:
    """Summed durations over the time in which anything sounds; `notes` sorted by onset."""
    onset, end = notes.onset_tick, notes.end_tick
    if not len(onset):
        return 0.0
    reached = np.maximum.accumulate(end)
    gaps = np.maximum(onset[1:] - reached[:-1], 0).sum()
    return float((end - onset).sum() / max(1, reached[-1] - onset[0] - gaps))


def _notes_sha256(score: Score) -> str:
    """Which notes sound when: instruments, velocities and tempo do not count, drums apart."""
    notes = score.columns
    is_drum = np.array([track.is_drum for track in score.tracks])[notes.place >> 7]
    alike = notes._replace(
        place=is_drum * 128 + (notes.place & 127),
        velocity=np.ones_like(notes.velocity),
        is_single=False,
    )
    snapped = to_notes(snap_columns(alike, score.ticks_per_beat, NORMAL_GRID))
    return hashlib.sha256(snapped.tobytes()).hexdigest()
