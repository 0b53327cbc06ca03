"""Augmentation on the fly: the same piece in another key, louder or softer, faster or slower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.context import ECHO
from musicgan.codecs.echo import NOTHING
from musicgan.codecs.events import PITCH, TOUCH, VOICE
from musicgan.codecs.intervals import NO_INTERVAL
from musicgan.codecs.layout import Layout
from musicgan.codecs.velocity import bin_to_velocity, velocity_to_bin

Ints = NDArray[np.int64]
MOST_SEMITONES = 12
HEARD_TOUCH = 3
"""Column of `Context.hear` that holds the touch."""


@dataclass(frozen=True)
class Augmentation:
    """How far a training window may be from what is written in the file."""

    semitones: int = 6
    """Up and down at most, within each voice's range; up to `MOST_SEMITONES`."""
    velocity: int = 0
    """Of 127, louder and softer at most, all notes of a window by the same amount."""
    tempo: float = 0.0
    """Share by which the tempo that a song is conditioned on may be off, up and down."""
    forget: float = 0.25
    """Share of windows that are told nothing of earlier bars: a network must do without, too."""

    def draw(self, shifts: Ints, rng: np.random.Generator) -> Variation:
        """A variation at random; `shifts` are the transpositions [N] that a song allows."""
        allowed = shifts[abs(shifts) <= self.semitones]
        semitones = int(allowed[rng.integers(len(allowed))])  # `choice` takes ten times as long
        velocity = int(rng.integers(-self.velocity, self.velocity + 1)) if self.velocity else 0
        tempo = float(np.exp(rng.uniform(-1, 1) * np.log1p(self.tempo))) if self.tempo else 1.0
        return Variation(semitones, velocity, tempo, bool(rng.random() < self.forget))


@dataclass(frozen=True)
class Variation:
    """One way to play a window."""

    semitones: int = 0
    velocity: int = 0
    tempo: float = 1.0
    forgets: bool = False


def vary(columns: Mapping[str, Ints], variations: Sequence[Variation], layout: Layout) -> None:
    """Vary windows in place: pitches, velocities, memory; all other columns are invariant.

    `columns` as in `windows.Song`, each [B, T, ...], with one variation a window.
    """
    _transpose(columns, np.array([v.semitones for v in variations]), layout)
    if layout.looks_back:
        _forget(columns, [b for b, v in enumerate(variations) if v.forgets], layout)
    if any(v.velocity for v in variations):
        _play_louder(columns, np.array([v.velocity for v in variations]), layout)


def _transpose(columns: Mapping[str, Ints], shift: Ints, layout: Layout) -> None:
    """Move the few absolute pitches there are; everything else is invariant."""
    by_song = shift[:, None]
    drums = np.array(layout.drums, np.int64)

    def moved(pitch: Ints, voice: Ints, still: NDArray[np.bool_] | bool = False) -> Ints:
        still = np.isin(voice, drums) | (pitch < 0) | still
        return np.where(still, pitch, np.clip(pitch + by_song, 0, 127))

    rows, last, lowest = columns["rows"], columns["last"], columns["lowest"]
    voice, echo = rows[..., VOICE], columns["echo"]
    rows[..., PITCH] = moved(rows[..., PITCH], voice)
    last[...] = moved(last, voice)
    echo[...] = moved(echo, voice)
    lowest[...] = moved(lowest, np.full_like(voice, -1))
    for name in ("fed", "heard"):
        inputs = columns[name]
        start = inputs[..., 0] == layout.start
        inputs[..., -1] = moved(inputs[..., -1], inputs[..., 1], start)


def _forget(columns: Mapping[str, Ints], songs: Sequence[int], layout: Layout) -> None:
    """Make it so that these windows look nowhere, as `Context` has it without a form."""
    if not songs:
        return
    for name in ("fed", "heard"):
        columns[name][songs, :, ECHO] = layout.no_echo
    columns["moment"][songs, :, -layout.voices :] = 0
    columns["pitch"][songs, :, -1] = NO_INTERVAL
    columns["duration"][songs, :, -1] = 0
    columns["echo"][songs] = NOTHING


def louder_touches(velocity: Ints, layout: Layout) -> Ints:
    """What each touch becomes where songs are played louder by `velocity` [B], [B, touches]."""
    bins = layout.velocity_bins
    velocity_bin, part = np.divmod(np.arange(layout.touches), layout.fine)
    loudness = bin_to_velocity(velocity_bin, bins) + velocity[:, None]
    return np.stack([velocity_to_bin(row, bins) for row in loudness]) * layout.fine + part


def _play_louder(columns: Mapping[str, Ints], velocity: Ints, layout: Layout) -> None:
    table = louder_touches(velocity, layout)
    song = np.arange(len(velocity))[:, None]
    rows = columns["rows"]
    rows[..., TOUCH] = table[song, rows[..., TOUCH]]
    for name in ("fed", "heard"):
        inputs = columns[name]
        louder = table[song, inputs[..., HEARD_TOUCH]]
        start = inputs[..., 0] == layout.start
        inputs[..., HEARD_TOUCH] = np.where(start, inputs[..., HEARD_TOUCH], louder)
