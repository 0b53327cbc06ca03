"""Whole pieces as a listener knows them, worked out ahead for training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.base import Rows
from musicgan.codecs.context import Context
from musicgan.codecs.events import DURATION, PITCH, TOUCH, VOICE, WAIT

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Analysis:
    """Everything the networks read of B songs of T rows."""

    inputs: Ints
    """[B, T, I] what row t makes; fed at t + 1."""
    moment: Ints
    """[B, T, M]"""
    pitch: Ints
    """[B, T, P]"""
    duration: Ints
    """[B, T, D]"""
    last: Ints
    """[B, T] last pitch of the voice of row t before it, -1 for none."""
    lowest: Ints
    """[B, T] lowest pitch sounding at row t, itself left out, -1 for none."""
    echo: Ints
    """[B, T] the pitch that an earlier bar suggests for row t, -1 for none."""


def analyse(context: Context, rows: Rows, places: Sequence[Place]) -> Analysis:
    """Run `context` over rows [B, T, 5] whose places are known, one [B] a row."""
    parts: list[tuple[Ints, ...]] = []
    for t, place in enumerate(places):
        row = rows[:, t]
        moment = context.moment(row[:, WAIT], place)
        own = context.own_voice(row[:, VOICE], moment)
        note = context.own_pitch(row[:, PITCH], own)
        heard = context.take_in(note, row[:, DURATION], row[:, TOUCH])
        before = own.before
        parts.append(
            (heard, moment.columns, before.columns, note.columns,
             before.last, before.lowest, before.echo)
        )  # fmt: skip
    return Analysis(*(np.stack(column, axis=1) for column in zip(*parts, strict=True)))
