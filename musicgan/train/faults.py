"""What songs do more often than the pieces they are to be like, or more rarely, and by how much.

Each is the name of the rule (`compose.rules`) that makes it likelier or less likely as notes are
drawn: bars that come again as they were, parallel octaves and fifths, voices that cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from musicgan.compose.rules import COMMONEST, RAREST
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.evaluate.repetition import returning_bars
from musicgan.score import Score

Floats = NDArray[np.float64]
Shares = Mapping[str, Floats]
"""By fault how often each of some windows or songs has it, [N]."""

FAULTS = {"returns": 2.5, "parallels": 2.0, "crossings": 1.0}
"""In the order in which they are put right. A fault becomes as many times as likely as the odds of
pieces are those of songs, to this power: what is likely stays likelier than that. Returns of the
fiddle model's songs have odds of .75, with 5 times 1.2; of the lieder's .06, with 8 times .19."""
_DESCRIBED = {"parallels": "parallel_share", "crossings": "crossing_share"}
_TINY = 1e-9


def shares(described: Floats, whole: Iterable[tuple[Score, NDArray[np.int64] | None]]) -> Shares:
    """How often there is each fault, by descriptors [N, D] of windows and in whole songs.

    With a song come the ticks of its bar lines, None where its metre says where they are.
    """
    found = {
        name: described[:, list(DESCRIPTORS).index(descriptor)]
        for name, descriptor in _DESCRIBED.items()
    }
    bars = np.array([returning_bars(*one) for one in whole], np.float64).reshape(-1, 2)
    bars = bars[bars[:, 1] > 0]
    return {"returns": bars[:, 0] / bars[:, 1], **found}


def compared(songs: Shares, pieces: Shares) -> dict[str, float]:
    """Mean shares of songs (`NAME`) and pieces (`NAME_of_real`), and how many standard errors they
    are apart (`NAME_apart`); all 0 where there are fewer than two of either."""
    figures: dict[str, float] = {}
    for name in FAULTS:
        own, of_real = songs[name], pieces[name]
        mean = real = apart = 0.0
        if min(len(own), len(of_real)) > 1:
            mean, real = float(own.mean()), float(of_real.mean())
            error = np.sqrt(own.var() / len(own) + of_real.var() / len(of_real))
            apart = float(abs(mean - real) / max(error, _TINY))
        figures |= {name: mean, f"{name}_of_real": real, f"{name}_apart": apart}
    return figures


def times(name: str, share: float, of_real: float) -> float:
    """How many times as likely a fault should become that has this share in songs."""
    own, real = (np.clip(value, _TINY, 1 - _TINY) for value in (share, of_real))
    odds = real / (1 - real) * (1 - own) / own
    return float(np.clip(odds ** FAULTS[name], RAREST, COMMONEST))
