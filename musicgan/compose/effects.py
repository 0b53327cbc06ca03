"""What each knob of a `Steering` does: to the noise that makes a song what it is, or to the logits
of what is drawn next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.layout import Layout
from musicgan.compose.lean import Lean
from musicgan.compose.rules import Rules
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


class Steered(Lean):
    """Density and register, of a steering and of the song's own, at work on the logits."""

    def __init__(
        self, steering: Steering, layout: Layout, rules: Rules, wishes: Wishes = NO_WISHES
    ) -> None:
        voices, drums, grid = layout.voices, list(layout.drums), layout.grid
        density = _both(steering.density, wishes.density, voices)
        register = _both(steering.register, wishes.register, voices)
        usual = float(np.delete(density, drums).mean()) if len(drums) < voices else density[0]
        self._wait = length_bias(layout.end + 1, grid, WAIT_NATS * usual)
        self._wait[layout.end] = 0
        # Where a voice plays one note at a time, the next one comes when that is over.
        lasting = length_bias(layout.max_duration + 1, grid, DURATION_NATS * density[:, None])
        self._duration = lasting * rules.single[:, None]
        self._voice = np.where(rules.single, 0, VOICE_NATS * (density - usual)).astype(np.float32)
        self._pitch = height_bias(rules.ranges, REGISTER_NATS * register[:, None])
        self._pitch[drums] = 0

    def wait(self, logits: Floats) -> Floats:
        """Shorter or longer ones, by density."""
        return logits + self._wait

    def voice(self, logits: Floats) -> Floats:
        """Those that are to be denser than others rather, where they play chords."""
        return logits + self._voice

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Higher or lower ones, by register."""
        return logits + self._pitch.take(voice, axis=0), allowed

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """Shorter or longer ones in single voices, by density."""
        return logits + self._duration.take(voice, axis=0)


def _both(turned: float, asked: Floats | float, voices: int) -> Floats:
    """A knob that was turned on top of what was asked, [V]."""
    return np.asarray(np.clip(np.broadcast_to(asked, voices) + np.clip(turned, -1, 1), -1, 1))
