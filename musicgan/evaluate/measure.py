"""What a measure is: one number about a set of music, and how to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from musicgan.evaluate.music_set import MusicSet

Of = Callable[[MusicSet, MusicSet, MusicSet | None], float | None]
Target = Literal["lower", "higher", "real"]
Compares = Literal["nothing", "real", "training"]


@dataclass(frozen=True)
class Measure:
    """One number about a set of music."""

    name: str
    title: str
    of: Of
    """(some, real, training) -> the value of `some`; None where there is nothing to measure."""
    target: Target = "real"
    """What is better; "real": the nearer to the real set's own value."""
    compares: Compares = "nothing"
    """With what a set is compared; "real" also where the number of songs matters."""
    headline: bool = False
    blind_to: tuple[str, ...] = ()
    """Negative controls that it does not tell from real music."""
    most: float = 1.0
    """The highest value there can be."""
    note: str = ""
    """What it is and what it fails to see, in a line."""


def mean_of(values: Iterable[float]) -> float | None:
    """The mean of what is a number; None if nothing is."""
    array = np.array(list(values), np.float64)
    array = array[~np.isnan(array)]
    return float(array.mean()) if len(array) else None
