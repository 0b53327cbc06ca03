"""Train, valid and test parts of a collection: by piece, without a seed, stable as it grows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musicgan.errors import CorpusError

PARTS = ("train", "valid", "test")
DEFAULT_SHARES = (0.8, 0.1, 0.1)


def split(
    hashes: Sequence[str],
    groups: NDArray[np.int64],
    shares: tuple[float, float, float] = DEFAULT_SHARES,
) -> NDArray[np.int8]:
    """The part of each file, as an index into `PARTS`, [N].

    `hashes` tell the contents of the files, `groups` which of them belong together ([N], equal
    label = same side). A group's side follows from its lowest hash alone: adding files moves no
    other group. Only when a part would be empty does it take a group from training.
    Raises `CorpusError` with fewer groups than three, one for each part.
    """
    lowest: dict[int, str] = {}
    for label, content in zip(groups.tolist(), hashes, strict=True):
        lowest[label] = min(content, lowest.get(label, content))
    if len(lowest) < len(PARTS):
        raise CorpusError(
            f"{len(hashes)} files hold {len(lowest)} different pieces, too few to split into "
            "train, valid and test: give at least 3"
        )
    place = {label: _place(content) for label, content in lowest.items()}
    limits = np.cumsum(shares)[:-1]
    side = {label: int(np.searchsorted(limits, at, "right")) for label, at in place.items()}
    for part in (2, 1, 0):
        if part not in side.values():
            side[_donor(place, side)] = part
    return np.array([side[label] for label in groups.tolist()], np.int8)


def _place(content: str) -> float:
    """A number in [0, 1) that depends on the content alone."""
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:6], "big") / 2**48


def _donor(place: dict[int, float], side: dict[int, int]) -> int:
    """The last group of the part that has most of them."""
    sizes = np.bincount(list(side.values()), minlength=len(PARTS))
    richest = int(sizes.argmax())
    return max((at, label) for label, at in place.items() if side[label] == richest)[1]
