"""What a codec is: Score <-> sequence, with laws (`codecs.laws`) that anybody's codec must keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musicgan.score import Score


class Codec(Protocol):
    """Turns a score into rows and rows into a score.

    Laws: `decode(encode(s), like=s) == normalized(s)`; `normalized` is idempotent; any array of
    the right shape and type decodes to a score that is already normal; transposing commutes
    with encoding; `type(codec)(**options())` is the same codec. `codecs.laws` checks them all.
    """

    name: str
    """The name it is registered by in the entry-point group `musicgan.codecs`."""

    grid: int
    """Steps a beat."""

    def options(self) -> Mapping[str, Any]:
        """JSON-ready arguments that rebuild this codec."""
        ...

    def normalized(self, score: Score) -> Score:
        """`score` as this codec can say it: snapped to its grid, within its limits."""
        ...

    def encode(self, score: Score) -> NDArray[Any]:
        """Rows of a score, [T, F]: int64 for note tuples, float32 for frames."""
        ...

    def decode(self, rows: NDArray[Any], like: Score | None = None) -> Score:
        """The score of rows [T, F]. Tempo, metre and key maps come from `like`, if given.

        Raises `CodecError` when the shape is wrong; never for what the rows say.
        """
        ...


def hears_pedal(codec: Codec | None) -> bool:
    """Whether files are read for it with the sustain pedal folded into durations.

    A codec that knows of no pedal, such as one of another package, hears keys alone.
    """
    return bool(getattr(codec, "pedal", False))


def in_steps(codec: Codec) -> Codec:
    """The codec without timing finer than its grid, if it has any: a tick is a step."""
    found: Codec = getattr(codec, "in_steps", codec)
    return found


Rows = NDArray[np.int64]
