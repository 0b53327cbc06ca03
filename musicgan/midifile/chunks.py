"""Find the header and the track chunks in any bytes, however they are wrapped or damaged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

FALLBACK_TICKS_PER_BEAT = 480
MAX_CHUNKS = 65_535
MAX_VISITED = 2 * MAX_CHUNKS  # chunks of any kind
HEADER_MAGIC, TRACK_MAGIC = b"MThd", b"MTrk"
END_OF_TRACK = b"\xff\x2f\x00"
MAGIC = re.compile(rb"MThd|MTrk")
FRAMES_PER_SEC = {24: Fraction(24), 25: Fraction(25), 29: Fraction(30000, 1001), 30: Fraction(30)}
REPLACEMENT = "\ufffd".encode()


@dataclass(frozen=True)
class TrackSpan:
    """Events of a track: bytes `start` to `end`; `is_exact` if the chunk's length said so."""

    start: int
    end: int
    is_exact: bool


@dataclass(frozen=True)
class Contents:
    """What a file holds, as far as its chunks tell."""

    data: bytes
    tracks: tuple[TrackSpan, ...]
    ticks_per_beat: int
    tick_scale: Fraction = Fraction(1)
    """What to multiply ticks by; other than 1 only for time code."""
    is_timecode: bool = False
    """SMPTE division: ticks are parts of a second, tempo events do not count, a beat is 0.5 s."""
    follow_each_other: bool = False
    """Format 2: the tracks are patterns, to be played one after another."""

    @property
    def is_sound(self) -> bool:
        """Whether every track was where its chunk's length said."""
        return bool(self.tracks) and all(span.is_exact for span in self.tracks)


def find_contents(data: bytes) -> Contents:
    """The tracks of the first MIDI file inside `data`, which may be anything. Never raises."""
    contents = _walk(data)
    if contents.is_sound:
        return contents
    try:  # a file that some tool took for Latin-1 text and saved as UTF-8
        restored = data.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return contents
    return retried if (retried := _walk(restored)).is_sound else contents


def lost_its_high_bytes(data: bytes) -> bool:
    """Whether a tool read `data` as text and put U+FFFD for every byte above 127."""
    return REPLACEMENT in data and data.replace(REPLACEMENT, b"").isascii()


def _walk(data: bytes) -> Contents:
    tracks: list[TrackSpan] = []
    at = _next_magic(data, 0)
    headers = visited = 0
    while at < len(data) and len(tracks) < MAX_CHUNKS and visited < MAX_VISITED:
        visited += 1
        magic = data[at : at + 4]
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        is_exact = _is_boundary(data, end)
        if not is_exact:
            end = _next_magic(data, at + 4)
        if magic == HEADER_MAGIC:
            headers += 1
            if headers > 1:  # a second file was joined on
                break
        elif magic == TRACK_MAGIC or (is_exact and data.endswith(END_OF_TRACK, at, end)):
            tracks.append(TrackSpan(min(at + 8, end), end, is_exact))
        at = end
    form, division = _header(data)
    ticks_per_beat, scale, is_timecode = _division(division)
    return Contents(data, tuple(tracks), ticks_per_beat, scale, is_timecode, form == 2)


def _next_magic(data: bytes, at: int) -> int:
    found = MAGIC.search(data, at)
    return found.start() if found else len(data)


def _is_boundary(data: bytes, at: int) -> bool:
    """Whether a chunk may begin at `at`, or the file ends there."""
    if at >= len(data):
        return at == len(data)
    magic = data[at : at + 4]
    if magic in (HEADER_MAGIC, TRACK_MAGIC):
        return True
    following = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return len(magic) == 4 and magic.isalnum() and following <= len(data)


def _header(data: bytes) -> tuple[int, int]:
    """Format and division. Whatever its length says, the header ends where a track begins."""
    start = data.find(HEADER_MAGIC)
    if start >= 0:
        body = data[start + 8 : min(start + 14, _next_magic(data, start + 4))]
    else:
        track = data.find(TRACK_MAGIC)
        body = data[max(0, track - 6) : max(0, track)]
    if len(body) < 6:
        return 1, FALLBACK_TICKS_PER_BEAT
    return int.from_bytes(body[:2], "big"), int.from_bytes(body[4:], "big")


def _division(division: int) -> tuple[int, Fraction, bool]:
    """Ticks a beat, the scale that ticks need for it, and whether the division was time code."""
    if division < 0x8000:
        return division or FALLBACK_TICKS_PER_BEAT, Fraction(1), False
    frames_per_sec = FRAMES_PER_SEC.get(256 - (division >> 8))
    ticks_per_sec = (frames_per_sec or 0) * (division & 0xFF)
    if not ticks_per_sec:
        return FALLBACK_TICKS_PER_BEAT, Fraction(1), False
    ticks_per_beat = round(ticks_per_sec / 2)
    if ticks_per_beat < FALLBACK_TICKS_PER_BEAT // 4:  # too coarse to round to
        ticks_per_beat = FALLBACK_TICKS_PER_BEAT
    return ticks_per_beat, 2 * ticks_per_beat / Fraction(ticks_per_sec), True
