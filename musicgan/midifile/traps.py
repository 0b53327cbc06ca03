"""What symusic reads wrong without a word, and how a file is known to be free of it."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

# Tempo, metre or key of another length than is legal, or a metre of n / 2^8 or finer, for which
# symusic shifts modulo 32: what it makes of these cannot be used.
ILLEGAL_MAP = re.compile(rb"\xff(?:\x51[^\x03]|\x58(?:[^\x04]|\x04[\s\S][^\x00-\x07])|\x59[^\x02])")
MAX_PLACES = 100_000  # more are in no file that symusic could be trusted with
MANY_LONG_DELTAS = 8  # of at most 2^28 ticks each: fewer do not reach 2^31
SYSEX = re.compile(
    rb"\xf0[\x00-\x7f]{1,127}\xf7[\x80-\xff]{0,3}[\x00-\x7f](?=[\x80-\xff])|[\xf0\xf7]"
)
# symusic refuses F4, F5, F9 and FD by itself.
REFUSED_SYSTEM = bytes.maketrans(b"\xf1\xf2\xf3\xf6\xf8\xfa\xfb\xfc\xfe", b"\xf9" * 9)
HIGH, SYSTEM, META = np.uint8(0x80), np.uint8(0xF0), np.uint8(0xFF)
TEMPO, TEMPO_BYTES = np.uint8(0x51), np.uint8(3)


def doubtful_places(data: bytes) -> list[int] | None:
    """Where in a file bytes F0 to FE may be a status; None where symusic cannot be asked at all.

    A status follows a delta time, whose last byte is low, unless it has more than four bytes.
    """
    found = np.frombuffer(data, np.uint8)
    high = found >= HIGH
    three_high = high[2:] & high[1:-1] & high[:-2]
    long = int(np.count_nonzero(three_high))
    if ILLEGAL_MAP.search(data) or (long >= MANY_LONG_DELTAS and _may_overflow(found, three_high)):
        return None
    system = found - SYSTEM < META - SYSTEM
    places = _where(system[1:] > high[:-1], 1)
    if long > 2:  # five high bytes in a row hold three in a row as often
        places += _where(three_high[2:] & three_high[:-2], 0)
    return places if len(places) <= MAX_PLACES else None


def _where(mask: NDArray[np.bool_], first: int) -> list[int]:
    """The indices, from `first` on, of what is true, which is little: numpy would look at all."""
    found: list[int] = []
    data = mask.tobytes()
    at = data.find(1)
    while at >= 0 and len(found) <= MAX_PLACES:
        found.append(at + first)
        at = data.find(1, at + 1)
    return found


def without_system_messages(chunk: bytes) -> bytes:
    """`chunk` with F9, which symusic refuses as a status, for bytes F0 to FE that it accepts.

    After a system message symusic goes astray in silence if running status follows, or if it was
    a packet of sysex. Where such a byte is part of a delta time or of text, F9 is as good. Only
    sysex that is whole and has a status byte after it may stay.
    """
    if 0xF0 in chunk or 0xF7 in chunk:
        chunk = SYSEX.sub(_keep_if_whole, chunk)
    return chunk.translate(REFUSED_SYSTEM)


def _may_overflow(found: NDArray[np.uint8], three_high: NDArray[np.bool_]) -> bool:
    """Whether there are enough 4-byte delta times to carry a 32-bit tick right round."""
    begins = np.flatnonzero(three_high[:-1] & (found[3:] < HIGH))
    # The value of a tempo is often as high as three bytes of a delta time.
    is_tempo = (found[:-2] == META) & (found[1:-1] == TEMPO) & (found[2:] == TEMPO_BYTES)
    tempos = np.flatnonzero(is_tempo)
    in_value = tempos.searchsorted(begins) > tempos.searchsorted(begins - 5)
    return int(np.count_nonzero(~in_value)) >= MANY_LONG_DELTAS


def _keep_if_whole(found: re.Match[bytes]) -> bytes:
    sysex = found[0]
    is_whole = len(sysex) > 1 and sysex.index(0xF7) == 1 + sysex[1]
    return sysex if is_whole else b"\xf9" + sysex[1:]
