"""How loud a song is from beginning to end, in the marks that musicians write."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musicgan.errors import ComposeError
from musicgan.score import Score

MARKS = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 127}
"""The velocity of each mark, as notation programs play it."""


@dataclass(frozen=True)
class Dynamics:
    """Marks at even distances, the first where a song begins and the last where it ends."""

    marks: tuple[str, ...]

    def __str__(self) -> str:
        """As `parse_dynamics` reads it."""
        out = self.marks[0]
        for before, mark in zip(self.marks, self.marks[1:], strict=False):
            out += ("<" if MARKS[before] < MARKS[mark] else ">") + mark
        return out

    def level(self, part: NDArray[np.float64]) -> NDArray[np.float64]:
        """The velocity at parts of a song, 0 at its beginning and 1 at its end, [N] -> [N]."""
        velocities = [float(MARKS[mark]) for mark in self.marks]
        return np.asarray(np.interp(part, np.linspace(0, 1, len(velocities)), velocities))


def parse_dynamics(text: str) -> Dynamics:
    """Dynamics from marks with hairpins between them, such as "p<f>p", or one mark, "mp".

    Raises `ComposeError`.
    """
    parts = re.split(r"([<>])", re.sub(r"\s+", "", text))
    marks, hairpins = parts[::2], parts[1::2]
    if not all(mark in MARKS for mark in marks):
        raise ComposeError(
            f"dynamics {text!r}: write marks from {', '.join(MARKS)} with hairpins between, "
            "such as p<f>p"
        )
    for before, hairpin, after in zip(marks, hairpins, marks[1:], strict=False):
        if (MARKS[before] < MARKS[after]) != (hairpin == "<") or before == after:
            raise ComposeError(
                f"dynamics {text!r}: {before}{hairpin}{after} does not get "
                f"{'louder' if hairpin == '<' else 'softer'}; < leads to a louder mark, > to a "
                "softer one"
            )
    return Dynamics(tuple(marks))


def shaped(score: Score, dynamics: Dynamics | None, begin_tick: int, end_tick: int) -> Score:
    """The score with `dynamics` between two ticks; what begins before them stays as it is.

    The song's own accents stay: a note that is louder than its mean is as much louder now.
    """
    onset = score.notes["onset_tick"]
    inside = onset >= begin_tick
    if dynamics is None or not inside.any():
        return score
    notes = score.notes.copy()
    own = notes["velocity"][inside].astype(np.float64)
    level = dynamics.level((onset[inside] - begin_tick) / max(1, end_tick - begin_tick))
    notes["velocity"][inside] = np.clip(np.rint(level + own - own.mean()), 1, 127)
    return score.with_notes(notes)
