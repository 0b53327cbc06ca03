"""Frames drawn one by one and fed back: B songs at once, numpy only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musicgan.model.frames import FramesGenerator, FramesState
from musicgan.model.steps import Floats, Ints

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class FrameRules:
    """What a song must keep to, beyond the order of cells that all songs keep.

    The default is none: songs as the generator alone makes them.
    """

    single: Bools | None = None
    """[S] slots that play one note at a time."""
    longest_rest_step: int | None = None
    """After so many silent steps, at the start and where the last bar begins, something sounds."""
    last_bar_step: int = 0
    pitched: Bools = field(default_factory=lambda: np.ones(1, bool))
    """[S] or [1]: slots that may break a rest."""


def draw_frames(
    generator: FramesGenerator,
    conditions: Ints,
    places: Ints,
    rng: np.random.Generator,
    temperature: float = 1.0,
    rules: FrameRules | None = None,
) -> Bools:
    """Songs from their first step: conditions [B, 2], places [B, T, 2] -> frames [B, T, F].

    A cell is set where its logit / temperature exceeds logistic noise, which is a Bernoulli draw.
    """
    rules = rules or FrameRules()
    config = generator.config
    count, length = places.shape[:2]
    state = generator.begin(conditions, _normal(rng, count, config.noise))
    frames = np.zeros((count, length, config.width), bool)
    before = np.zeros((count, config.width), np.float32)
    silent_step = np.full(count, rules.longest_rest_step or 0)
    for step in range(length):
        noise = _normal(rng, count, config.noise)
        state = generator.advance(state, before, places[:, step], noise)
        if rules.longest_rest_step is not None:
            due = (silent_step >= rules.longest_rest_step) | (step == rules.last_bar_step)
        else:
            due = np.zeros(count, bool)
        frames[:, step] = _draw(generator, state, before, due, rng, temperature, rules)
        before = frames[:, step].astype(np.float32)
        silent_step = np.where(frames[:, step].any(1), 0, silent_step + 1)
    return frames


def _draw(
    generator: FramesGenerator,
    state: FramesState,
    before: Floats,
    due: Bools,
    rng: np.random.Generator,
    temperature: float,
    rules: FrameRules,
) -> Bools:
    """One frame [B, F]; where `due` [B] it is not silent."""
    config = generator.config
    shape = (len(before), config.slots, config.pitches)
    score = generator.onset(state) / temperature + rng.logistic(size=(len(before), config.lanes))
    onset = score > 0
    if rules.single is not None:
        best = score.reshape(shape)
        highest = (best == best.max(-1, keepdims=True)) | ~rules.single[:, None]
        onset &= highest.reshape(onset.shape)
    was_onset, was_hold = config.parts(before > 0)
    logits = generator.hold(state, onset.astype(np.float32)) / temperature
    hold = (logits + rng.logistic(size=logits.shape) > 0) & (was_onset | was_hold) & ~onset
    if rules.single is not None:
        moves = onset.reshape(shape).any(-1) & rules.single
        hold &= ~np.repeat(moves, config.pitches, axis=1)
    for song in np.flatnonzero(due & ~onset.any(1) & ~hold.any(1)):
        allowed = np.repeat(np.resize(rules.pitched, config.slots), config.pitches)
        onset[song, np.where(allowed, score[song], -np.inf).argmax()] = True
    return np.asarray(config.join(onset, hold))


def _normal(rng: np.random.Generator, count: int, size: int) -> Floats:
    return rng.standard_normal((count, size)).astype(np.float32)
