"""What each knob of a `Steering` does: to the noise that makes a song what it is, or to the logits
of what is drawn next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.layout import Layout
from musicgan.compose.lean import FREE, Lean
from musicgan.compose.sampler import Rules
from musicgan.compose.sampling import masked
from musicgan.compose.settings import MOST_CANDIDATES, TEMPERATURES
from musicgan.compose.steering import Steering
from musicgan.model.steps import Floats, Ints

WAIT_NATS = 1.5
DURATION_NATS = 2.5
"""How much likelier, at density 1, a long wait or duration becomes than one twice as long."""
REGISTER_NATS = 5.0
"""How much likelier, at register 1, a voice's highest pitch becomes than its lowest."""
CHORD_NATS = 2.0
"""How much likelier chord tones become off the beat."""
_MORPH, _IDEA = 0, 1
"""What random numbers besides the song's own are for."""


def steered_temperature(steering: Steering, usual: float) -> float:
    """The temperature to draw at, where the settings say `usual`."""
    asked = usual if steering.temperature is None else steering.temperature
    return float(np.clip(asked, *TEMPERATURES))


def steered_candidates(steering: Steering, usual: int) -> int:
    """How many candidates the critic weighs, where the settings say `usual`."""
    asked = usual if steering.critic is None else steering.critic
    return int(np.clip(asked, 0, MOST_CANDIDATES))


def steered_noise(steering: Steering, seed: int, own: Floats) -> Floats:
    """The noise z [1, Z] of idea and morph, where the song's own is `own` [1, Z]."""
    idea = _other_noise(seed, _IDEA, steering.idea, own) if steering.idea else own
    if not steering.morph:
        return idea
    return arc(idea, _other_noise(seed, _MORPH, 0, own), steering.morph)


def arc(one: Floats, other: Floats, part: float) -> Floats:
    """From `one` at 0 to `other` at 1: between two normal noises all the way is normal noise."""
    angle = float(np.clip(part, 0, 1)) * np.pi / 2
    return np.asarray(one * np.cos(angle) + other * np.sin(angle), np.float32)


def _other_noise(seed: int, purpose: int, number: int, like: Floats) -> Floats:
    # A child of the seed: the random numbers of the song itself stay what they were.
    child = np.random.SeedSequence(seed, spawn_key=(purpose, number % (1 << 64)))
    return np.random.default_rng(child).standard_normal(like.shape).astype(np.float32)


def length_bias(count: int, grid: int, nats: float) -> Floats:
    """What is added to the logits of lengths of 0, 1, ... steps, [count].

    0 for length 0, -`nats` for a quarter of a beat, and as much less again for three times as
    much, seven times and so on: in the end for each doubling.
    """
    return np.asarray(-nats * np.log2(1 + 4 * np.arange(count) / grid), np.float32)


def height_bias(ranges: Ints, nats: float) -> Floats:
    """What is added to the logits of each voice's pitches, [V, 128], ranges [V, 2].

    0 in the middle of a voice's range, +-`nats` / 2 at its ends.
    """
    low, high = ranges[:, :1], ranges[:, 1:]
    return np.asarray(
        nats * (np.arange(128) - (low + high) / 2) / np.maximum(high - low, 1), np.float32
    )


def chord_tones(chord: frozenset[int]) -> NDArray[np.bool_]:
    """Which pitches belong to pitch classes `chord`, [128]; to none: all."""
    return np.isin(np.arange(128) % 12, list(chord)) if chord else np.ones(128, bool)


def held_to(tones: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is `allowed` and among `tones`, both [B, 128]; where nothing is, what is allowed."""
    both = allowed & tones
    return np.where(both.any(axis=1, keepdims=True), both, allowed)


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

    def has(self, onset_step: Ints) -> NDArray[np.bool_]:
        """Whether a beat begins there, [B]."""
        return np.asarray(self.since(onset_step) == 0)

    def since(self, onset_step: Ints) -> Ints:
        """Steps since the latest beat, [B]."""
        return (onset_step - self.origin_step) % self.bar_step % self.beat_step


class Steered(Lean):
    """Density, register and chord of a steering, at work on the logits."""

    def __init__(self, steering: Steering, layout: Layout, rules: Rules, beats: Beats) -> None:
        density, register = np.clip([steering.density, steering.register], -1, 1)
        grid, drums = layout.grid, list(layout.drums)
        self._beats = beats
        self._wait = length_bias(layout.end + 1, grid, WAIT_NATS * density)
        self._wait[layout.end] = 0
        # Where a voice plays one note at a time, the next one comes when that is over.
        lasting = length_bias(layout.max_duration + 1, grid, DURATION_NATS * density)
        self._duration = lasting * rules.single[:, None]
        self._tones = np.tile(chord_tones(steering.chord), (layout.voices, 1))
        bonus = np.float32(CHORD_NATS if steering.chord else 0)
        self._pitch = height_bias(rules.ranges, REGISTER_NATS * register) + bonus * self._tones
        self._tones[drums], self._pitch[drums] = True, 0

    def wait(self, logits: Floats) -> Floats:
        """Shorter or longer ones, by density."""
        return logits + self._wait

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Higher or lower ones, by register, and the chord's."""
        tones = self._tones[voice] | ~self._beats.has(onset_step)[:, None]
        return logits + self._pitch[voice], held_to(tones, allowed)

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """Shorter or longer ones in single voices, by density; the chord's alone pass a beat."""
        left_step = self._beats.beat_step - self._beats.since(onset_step)
        short = np.arange(logits.shape[1]) <= left_step[:, None]
        return masked(logits + self._duration[voice], short | self._tones[voice, pitch][:, None])


def lean_of(steering: Steering, layout: Layout, rules: Rules, beats: Beats) -> Lean:
    """What a steering does to draws."""
    if steering.density or steering.register or steering.chord:
        return Steered(steering, layout, rules, beats)
    return FREE
