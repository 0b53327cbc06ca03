"""What is known of the next note of B songs as it becomes known field by field: see `Context`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import Place
from musicgan.codecs.echo import Suggested

Ints = NDArray[np.int64]


class Moment(NamedTuple):
    """What is known of a note once its onset is."""

    columns: Ints
    """[B, M] as `Layout.moment_sizes`."""
    onset_step: Ints
    """[B]"""
    place: Place
    contiguity: Ints
    """[V, B] Of each voice to what begins now."""
    lowest: Ints
    """[B] The lowest pitch sounding, -1 for none."""
    suggested: Suggested | None
    """What an earlier bar suggests for each voice; None where the layout looks nowhere."""


class Before(NamedTuple):
    """What is known of a note once its voice is, before its pitch; [B] each but `columns`."""

    columns: Ints
    """[B, P] as `Layout.pitch_sizes`."""
    last: Ints
    """The voice's last pitch."""
    lowest: Ints
    """The lowest pitch sounding; drums have none below them."""
    echo: Ints
    """The pitch that an earlier bar suggests, -1 for none."""
    echo_duration: Ints
    """And its duration, cut to the vocabulary, 0 for none."""


class Own(NamedTuple):
    """A note whose voice is known, and what that voice brings along."""

    before: Before
    moment: Moment
    voice: Ints
    """[B]"""
    at: Ints
    """[B] Where the voice of each song stands in [V, B]."""
    facts: Ints
    """[`FACTS` of `Context`, B] What was known of the voice."""
    drum: NDArray[np.bool_] | None
    """[B] Whether it plays drums; None where no voice does."""
    approaches: Ints
    """[V, B] How the others have just moved."""


class Note(NamedTuple):
    """A note whose pitch is known too: all but how long and how loud it is."""

    columns: Ints
    """[B, D] as `Layout.duration_sizes`."""
    own: Own
    pitch: Ints
    """[B]"""
    leaps: Ints
    """[V, B] Class of the interval from each voice's last pitch."""
