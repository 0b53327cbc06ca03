"""What each knob of a `Steering` does: to the noise that makes a song what it is, or to the logits
of what is drawn next.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.layout import Layout
from musicgan.compose.harmony import Beats, Harmony, one_chord
from musicgan.compose.lean import FREE, Lean
from musicgan.compose.rules import Rules
from musicgan.compose.sampling import masked
from musicgan.compose.settings import MOST_CANDIDATES, TEMPERATURES
from musicgan.compose.steering import Steering
from musicgan.compose.wishes import NO_WISHES, Wishes
from musicgan.model.steps import Floats, Ints

WAIT_NATS = 1.75
DURATION_NATS = 2.5
"""How much likelier, at density 1, a long wait or duration becomes than one twice as long."""
VOICE_NATS = 2.0
"""How much likelier a voice that plays chords is to be next, a density of 1 denser than all."""
REGISTER_NATS = 5.0
"""How much likelier, at register 1, a voice's highest pitch becomes than its lowest."""
CHORD_NATS = 2.0
"""How much likelier chord tones become off the beat."""
ROOT_NATS = 3.0
"""How much likelier a chord's root becomes for the lowest voice where the chord comes in."""
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


def length_bias(count: int, grid: int, nats: Floats | float) -> Floats:
    """What is added to the logits of lengths of 0, 1, ... steps, [count]; nats [V, 1]: [V, count].

    0 for length 0, -`nats` for a quarter of a beat, and as much less again for three times as
    much, seven times and so on: in the end for each doubling.
    """
    return np.asarray(-nats * np.log2(1 + 4 * np.arange(count) / grid), np.float32)


def height_bias(ranges: Ints, nats: Floats | float) -> Floats:
    """What is added to the logits of each voice's pitches, [V, 128]; ranges [V, 2], nats [V, 1].

    0 in the middle of a voice's range, +-`nats` / 2 at its ends.
    """
    low, high = ranges[:, :1], ranges[:, 1:]
    return np.asarray(
        nats * (np.arange(128) - (low + high) / 2) / np.maximum(high - low, 1), np.float32
    )


def held_to(tones: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is `allowed` and among `tones`, both [B, 128]; where nothing is, what is allowed."""
    both = allowed & tones
    return np.where(both.any(axis=1, keepdims=True), both, allowed)


class Steered(Lean):
    """Density, register and chords, of a steering and of the song's own, at work on the logits.

    A chord that is held takes the place of the song's own.
    """

    def __init__(
        self,
        steering: Steering,
        layout: Layout,
        rules: Rules,
        beats: Beats,
        wishes: Wishes = NO_WISHES,
    ) -> None:
        voices, drums, grid = layout.voices, list(layout.drums), layout.grid
        density = _both(steering.density, wishes.density, voices)
        register = _both(steering.register, wishes.register, voices)
        usual = float(np.delete(density, drums).mean()) if len(drums) < voices else density[0]
        self._beats = beats
        self._wait = length_bias(layout.end + 1, grid, WAIT_NATS * usual)
        self._wait[layout.end] = 0
        # Where a voice plays one note at a time, the next one comes when that is over.
        lasting = length_bias(layout.max_duration + 1, grid, DURATION_NATS * density[:, None])
        self._duration = lasting * rules.single[:, None]
        self._voice = np.where(rules.single, 0, VOICE_NATS * (density - usual)).astype(np.float32)
        self._pitch = height_bias(rules.ranges, REGISTER_NATS * register[:, None])
        self._pitch[drums] = 0
        harmony = wishes.harmony
        if steering.chord or harmony is None:
            harmony = one_chord(steering.chord)
        self._harmony = harmony
        self._lowest, self._ranges = lowest_voice(rules, layout.drums), rules.ranges
        self._tones = _tables(harmony, layout, self._lowest)
        ranges = np.concatenate([rules.ranges, rules.ranges[self._lowest, None]])
        self._top = _highest(self._tones, ranges)
        # What is free gets no bonus, rather than one for everything.
        bonus = np.where(self._tones.all(axis=2, keepdims=True), 0, CHORD_NATS)
        self._bonus = np.asarray(bonus * self._tones, np.float32)
        self._bonus[:, self._lowest] += np.float32(ROOT_NATS) * harmony.root

    def wait(self, logits: Floats) -> Floats:
        """Shorter or longer ones, by density."""
        return logits + self._wait

    def top(self, voice: Ints, onset_step: Ints) -> Ints | None:
        """On beats the highest tone of the chord: above it nothing would belong."""
        place = np.where(voice == self._lowest, len(self._ranges), voice)
        top = self._top[self._harmony.at(onset_step), place]
        return np.where(self._beats.has(onset_step), top, 127)

    def voice(self, logits: Floats) -> Floats:
        """Those that are to be denser than others rather, where they play chords."""
        return logits + self._voice

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Higher or lower ones, by register, and the chord's."""
        row = self._harmony.at(onset_step)
        # A note above another one of the lowest voice is not the lowest.
        is_upper = ~allowed[np.arange(len(voice)), np.clip(self._ranges[voice, 0], 0, 127)]
        place = np.where((voice == self._lowest) & is_upper, len(self._ranges), voice)
        tones = self._tones[row, place] | ~self._beats.has(onset_step)[:, None]
        return logits + self._pitch[voice] + self._bonus[row, place], held_to(tones, allowed)

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """Shorter or longer ones in single voices, by density; up to a beat without the pitch."""
        step = onset_step[:, None] + np.arange(logits.shape[1])
        belongs = self._tones[self._harmony.at(step), voice[:, None], pitch[:, None]]
        clash = self._beats.has(step) & ~belongs
        clash[:, 0] = False
        # A note may end where it would clash, and no later.
        clashes: Ints = np.cumsum(clash, axis=1)
        return masked(logits + self._duration[voice], np.asarray(clashes - clash == 0))


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


def _both(turned: float, asked: Floats | float, voices: int) -> Floats:
    """A knob that was turned on top of what was asked, [V]."""
    return np.asarray(np.clip(np.broadcast_to(asked, voices) + np.clip(turned, -1, 1), -1, 1))


def lean_of(
    steering: Steering,
    layout: Layout,
    rules: Rules,
    beats: Beats,
    wishes: Wishes = NO_WISHES,
) -> Lean:
    """What a steering and the song's own wishes do to draws."""
    if steering.density or steering.register or steering.chord or wishes:
        return Steered(steering, layout, rules, beats, wishes)
    return FREE
