"""What a model's training has met: an input that it never saw means nothing to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Manner(NamedTuple):
    """What a song is conditioned on, besides its style and its end."""

    metre: tuple[int, int]
    bpm: float
    is_minor: bool


def nearest_met(typical: Mapping[str, Any], asked: Manner) -> Manner:
    """The nearest to `asked` that training has met, by the model file's `typical`.

    A metre it never met becomes its commonest, a tempo beyond its range the slowest or fastest,
    a mode it never met the other one. The song itself is still written as asked.
    """
    slowest, fastest = typical.get("bpm_range", (asked.bpm, asked.bpm))
    metres = [tuple(metre) for metre in typical.get("metres", ())] or [asked.metre]
    modes = {bool(is_minor) for _, is_minor in typical["keys"]}
    return Manner(
        metre=asked.metre if asked.metre in metres else metres[0],
        bpm=min(max(asked.bpm, slowest), fastest),
        is_minor=asked.is_minor if asked.is_minor in modes else not asked.is_minor,
    )


def drawn_form(
    forms: Sequence[Sequence[int]], bars: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The form of a piece of the collection: how many bars back each bar looks, [N], N <= `bars`.

    One that is long enough, where there is one; where it was cut short, the last bar is new, so
    that the song can end. Without any a song looks nowhere.
    """
    long = [form for form in forms if len(form) >= bars] or forms
    if not long:
        return np.zeros(bars, np.int64)
    form = long[int(rng.integers(len(long)))]
    lag = np.array(form[:bars], np.int64)
    if len(form) > bars:
        lag[-1] = 0
    return lag
