"""Train, valid and test parts of a collection: by piece, without a seed, stable as it grows."""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musicgan.errors import CorpusError

Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")
HASH = "S64"
"""A sha256 in hexadecimal, as numpy holds many of them."""
DEFAULT_SHARES = (0.8, 0.1, 0.1)
ENOUGH = (1, 4, 4)
"""Groups of a part that are not left to chance where its share comes to so many."""
SHORTEST_PIECE = 16
"""Notes: there is nothing to be learned from shorter ones."""


def split(
    hashes: ArrayLike,
    groups: NDArray[np.int64],
    shares: tuple[float, float, float] = DEFAULT_SHARES,
) -> NDArray[np.int8]:
    """The part of each file, as an index into `PARTS`, [N].

    `hashes` tell the contents of the files, `groups` which of them belong together ([N], equal
    label = same side). A group's side follows from its lowest hash alone: adding files moves no
    other group. Only where chance gives a part less than its share of a small collection, and less
    than `ENOUGH`, does it take groups of the part that has most.
    Raises `CorpusError` with fewer groups than three, one for each part.
    """
    contents = np.asarray(hashes, HASH)
    order = np.argsort(contents)
    labels, first, group = np.unique(groups[order], return_index=True, return_inverse=True)
    if len(labels) < len(PARTS):
        pieces = "1 different piece" if len(labels) == 1 else f"{len(labels)} different pieces"
        raise CorpusError(
            f"only {pieces}: too few to split into train, valid and test; give at least 3"
        )
    place = np.array([_place(content) for content in contents[order][first]])
    side = np.searchsorted(np.cumsum(shares)[:-1], place, "right").astype(np.int8)
    for part in (2, 1, 0):
        least = max(1, min(ENOUGH[part], int(shares[part] * len(labels))))
        while np.count_nonzero(side == part) < least:
            side[_donor(place, side)] = part
    parts = np.zeros(len(contents), np.int8)
    parts[order] = side[group]
    return parts


def _place(content: bytes) -> float:
    """A number in [0, 1) that depends on the content alone."""
    return int.from_bytes(hashlib.sha256(content).digest()[:6], "big") / 2**48


def _donor(place: NDArray[np.float64], side: NDArray[np.int8]) -> int:
    """The last group of the part that has most of them."""
    richest = np.bincount(side, minlength=len(PARTS)).argmax()
    return int(np.where(side == richest, place, -1).argmax())
