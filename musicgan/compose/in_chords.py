"""Chords at work on the logits: which notes belong on the beats, and which are liked between."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.layout import Layout
from musicgan.compose.effects import Steered
from musicgan.compose.harmony import Beats, Harmony, one_chord
from musicgan.compose.lean import FREE, Lean
from musicgan.compose.rules import Rules
from musicgan.compose.sampling import masked
from musicgan.compose.steering import Steering
from musicgan.compose.wishes import NO_WISHES, Wishes
from musicgan.model.steps import Floats, Ints

CHORD_NATS = 2.0
"""How much likelier chord tones become off the beat."""
ROOT_NATS = 3.0
"""How much likelier a chord's root becomes for the lowest voice where the chord comes in."""


class InChords(Steered):
    """A song's own chords, or the one that is held in their place; density and register besides."""

    def __init__(
        self,
        steering: Steering,
        layout: Layout,
        rules: Rules,
        beats: Beats,
        wishes: Wishes = NO_WISHES,
    ) -> None:
        super().__init__(steering, layout, rules, wishes)
        harmony = wishes.harmony
        if steering.chord or harmony is None:
            harmony = one_chord(steering.chord)
        self._beats, self._harmony = beats, harmony
        self._lowest, self._ranges = lowest_voice(rules, layout.drums), rules.ranges
        self._tones = _tables(harmony, layout, self._lowest)
        ranges = np.concatenate([rules.ranges, rules.ranges[self._lowest, None]])
        self._top = _highest(self._tones, ranges)
        # What is free gets no bonus, rather than one for everything.
        bonus = np.where(self._tones.all(axis=2, keepdims=True), 0, CHORD_NATS)
        self._bonus = np.asarray(bonus * self._tones, np.float32)
        self._bonus[:, self._lowest] += np.float32(ROOT_NATS) * harmony.root

    def top(self, voice: Ints, onset_step: Ints) -> Ints | None:
        """On beats the highest tone of the chord: above it nothing would belong."""
        place = np.where(voice == self._lowest, len(self._ranges), voice)
        top = self._top[self._harmony.at(onset_step), place]
        return np.where(self._beats.has(onset_step), top, 127)

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """The chord's rather, and on beats nothing else."""
        row = self._harmony.at(onset_step)
        # A note above another one of the lowest voice is not the lowest.
        is_upper = ~allowed[np.arange(len(voice)), np.clip(self._ranges[voice, 0], 0, 127)]
        place = np.where((voice == self._lowest) & is_upper, len(self._ranges), voice)
        tones = self._tones[row, place] | ~self._beats.has(onset_step)[:, None]
        logits, allowed = super().pitch(logits, allowed, voice, onset_step)
        return logits + self._bonus[row, place], held_to(tones, allowed)

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """Up to a beat to whose chord the pitch does not belong."""
        step = onset_step[:, None] + np.arange(logits.shape[1])
        belongs = self._tones[self._harmony.at(step), voice[:, None], pitch[:, None]]
        clash = self._beats.has(step) & ~belongs
        clash[:, 0] = False
        # A note may end where it would clash, and no later.
        clashes: Ints = np.cumsum(clash, axis=1)
        logits = super().duration(logits, voice, pitch, onset_step)
        return masked(logits, np.asarray(clashes - clash == 0))


def held_to(tones: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is `allowed` and among `tones`, both [B, 128]; where nothing is, what is allowed."""
    both = allowed & tones
    return np.where(both.any(axis=1, keepdims=True), both, allowed)


def _tables(harmony: Harmony, layout: Layout, lowest: int) -> NDArray[np.bool_]:
    """What belongs to each chord by voice, [C + 1, V + 1, 128]; after the last voice, what does
    above the lowest note of voice `lowest`."""
    tones = np.repeat(harmony.tones[:, None], layout.voices + 1, axis=1)
    tones[:, lowest] = harmony.lowest
    tones[:, list(layout.drums)] = True
    return tones


def _highest(tones: NDArray[np.bool_], ranges: Ints) -> Ints:
    """The highest of `tones` [C, V, 128] within `ranges` [V, 2], [C, V]; -1 where there is none."""
    pitch = np.arange(128)
    there = tones & (ranges[:, :1] <= pitch) & (pitch <= ranges[:, 1:])
    return np.asarray(np.where(there, pitch, -1).max(axis=2))


def lowest_voice(rules: Rules, drums: Collection[int] = ()) -> int:
    """The pitched voice whose range lies lowest; the first one where there is none."""
    middle = rules.ranges.sum(axis=1)
    pitched = [voice for voice in range(len(middle)) if voice not in drums]
    return min(pitched, key=lambda voice: int(middle[voice]), default=0)


def lean_of(
    steering: Steering,
    layout: Layout,
    rules: Rules,
    beats: Beats,
    wishes: Wishes = NO_WISHES,
) -> Lean:
    """What a steering and the song's own wishes do to draws."""
    if steering.chord or wishes.harmony is not None:
        return InChords(steering, layout, rules, beats, wishes)
    if steering.density or steering.register or wishes:
        return Steered(steering, layout, rules, wishes)
    return FREE
