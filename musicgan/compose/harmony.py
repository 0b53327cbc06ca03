"""Chords by the step: where the beats are, and which chord holds where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.chords import Chord, Progression
from musicgan.errors import ComposeError
from musicgan.model.steps import Ints

Bools = NDArray[np.bool_]
ALWAYS = -(1 << 62)
"""A step before all others."""


def beat_length_step(metre: tuple[int, int], grid: int) -> int:
    """Steps from one beat to the next: 6/8 has two, 2/2 counts in quarters, at least 1."""
    above, below = metre
    units = 3 if below >= 8 and above % 3 == 0 and above > 3 else 1
    return max(1, units * 4 * grid // max(below, 4))


@dataclass(frozen=True)
class Beats:
    """Where the beats of even bars fall."""

    origin_step: int
    bar_step: int
    beat_step: int

    def has(self, onset_step: Ints) -> Bools:
        """Whether a beat begins there, [...]."""
        return np.asarray(self.since(onset_step) == 0)

    def since(self, onset_step: Ints) -> Ints:
        """Steps since the latest beat, [...]."""
        return (onset_step - self.origin_step) % self.bar_step % self.beat_step


@dataclass(frozen=True)
class Harmony:
    """Chords over and over, each until the next one begins; before the first one all is free.

    Only beats change chords. The last row of the tables is what is free.
    """

    start_step: int
    cycle_step: int
    change_step: Ints
    """[C] Where in the cycle a row of the tables begins to hold, ascending from 0."""
    tones: Bools
    """[C + 1, 128] Pitches that belong to the chord."""
    lowest: Bools
    """[C + 1, 128] Pitches for the lowest note of the lowest voice: where C/E comes in, an E."""
    root: Bools
    """[C + 1, 128] Pitches that it likes: where a C comes in, a C."""

    def at(self, step: Ints) -> Ints:
        """The row of the tables that holds at steps, [...]."""
        into = (step - self.start_step) % self.cycle_step
        row = np.searchsorted(self.change_step, into, side="right") - 1
        return np.where(step < self.start_step, len(self.change_step), row)


def one_chord(chord: frozenset[int]) -> Harmony:
    """Pitch classes `chord` from everlasting; all when there are none."""
    tones = np.stack([chord_tones(chord), chord_tones(frozenset())])
    return Harmony(ALWAYS, 1, np.zeros(1, np.int64), tones, tones, np.zeros_like(tones))


def harmony_of(progression: Progression, start_step: int, bar_step: int, beat_step: int) -> Harmony:
    """The chords of a progression, a bar line at `start_step`.

    Several chords of a bar share its beats evenly; the first ones are longer where that does
    not come out even. Raises `ComposeError` for more chords in a bar than beats.
    """
    rows: list[tuple[int, Chord, bool]] = []
    for number, bar in enumerate(progression.bars):
        for beat, chord in zip(_shares(bar, bar_step // beat_step), bar, strict=True):
            begin_step = number * bar_step + beat * beat_step
            # It has come in with its first beat: then the lowest voice may go elsewhere in it.
            rows += [(begin_step, chord, True), (begin_step + beat_step, chord, False)]
    change_step = np.array([step for step, *_ in rows])
    last = np.append(change_step[1:] > change_step[:-1], True)
    kept = [row for row, is_last in zip(rows, last, strict=True) if is_last]
    free = chord_tones(frozenset())
    return Harmony(
        start_step,
        len(progression.bars) * bar_step,
        change_step[last],
        np.stack([*(chord_tones(chord.tones) for _, chord, _ in kept), free]),
        np.stack([*(_lowest(chord, is_new) for _, chord, is_new in kept), free]),
        np.stack([*(_root(chord, is_new) for _, chord, is_new in kept), ~free]),
    )


def chord_tones(chord: frozenset[int]) -> Bools:
    """Which pitches belong to pitch classes `chord`, [128]; to none: all."""
    return np.isin(np.arange(128) % 12, list(chord)) if chord else np.ones(128, bool)


def _lowest(chord: Chord, is_new: bool) -> Bools:
    if chord.bass is None:
        return chord_tones(chord.tones)
    return chord_tones(frozenset({chord.bass}) if is_new else chord.tones | {chord.bass})


def _root(chord: Chord, is_new: bool) -> Bools:
    is_wanted = is_new and chord.bass is None
    return chord_tones(frozenset({chord.root})) if is_wanted else np.zeros(128, bool)


def _shares(bar: Sequence[Chord], beats: int) -> list[int]:
    """The beats at which the chords of a bar come in, from 0."""
    if len(bar) > beats:
        symbols = " ".join(chord.symbol for chord in bar)
        raise ComposeError(
            f"chords {symbols!r}: {len(bar)} in a bar of {beats} beat{'s' * (beats > 1)}; at most "
            "one a beat, so put bar lines (|) between them"
        )
    return [-(-beats * i // len(bar)) for i in range(len(bar))]
