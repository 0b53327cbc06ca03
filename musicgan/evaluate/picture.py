"""A piano roll as a picture: plain numpy pixels, and a PNG writer that needs nothing else."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgan.score import Score
from musicgan.theory import downbeats

Pixels = NDArray[np.uint8]

COLOURS = np.array(
    [
        (214, 69, 65), (244, 179, 80), (38, 166, 154), (63, 81, 181),
        (142, 68, 173), (139, 195, 74), (3, 155, 229), (121, 85, 72),
    ],
    np.uint8,
)  # fmt: skip
"""One a track, repeated."""
PAPER, OCTAVE, BEAT, BAR = 252, 238, 240, 205
MARGIN_PITCHES = 3
WIDEST_BEAT, MAX_WIDTH = 96, 4000


def roll_picture(score: Score, grid: int = 4, cell: tuple[int, int] | None = None) -> Pixels:
    """Pixels [H, W, 3] of a score: time to the right, pitch upwards, a colour a track.

    `cell` is (width, height) of one grid step of one pitch; (6, 5), narrower where steps are so
    fine that a beat would be wider than `WIDEST_BEAT` pixels. Octaves (C), beats and bars are
    ruled; onsets are cut out so that repeated notes show. Cut at `MAX_WIDTH` pixels.
    """
    snapped = score.snapped(grid)
    notes = snapped.notes
    wide, tall = cell or (max(1, min(6, WIDEST_BEAT // grid)), 5)
    low, high = (int(notes["pitch"].min()), int(notes["pitch"].max())) if len(notes) else (60, 72)
    low, high = max(0, low - MARGIN_PITCHES), min(127, high + MARGIN_PITCHES)
    steps = min(max(snapped.end_tick, grid), MAX_WIDTH // wide)
    image = np.full(((high - low + 1) * tall, steps * wide, 3), PAPER, np.uint8)
    for pitch in range(-(-low // 12) * 12, high + 1, 12):
        image[(high - pitch + 1) * tall - 1] = OCTAVE
    for step in range(0, steps, grid):
        image[:, step * wide] = BEAT
    for step in downbeats(snapped).tolist() or [0]:
        if step < steps:
            image[:, step * wide] = BAR
    for note in notes[notes["onset_tick"] < steps]:
        left = int(note["onset_tick"]) * wide
        right = left + int(note["duration_tick"]) * wide
        top = (high - int(note["pitch"])) * tall
        colour = COLOURS[int(note["track"]) % len(COLOURS)]
        image[top : top + tall, left + 1 : right] = colour
        image[top : top + tall, left + 1 : left + 2] = colour // 2
    return image


def write_png(image: Pixels, path: Path) -> None:
    """Write pixels [H, W, 3] as a PNG."""
    path.write_bytes(png(image))


def png(image: Pixels) -> bytes:
    """Pixels [H, W, 3] as the bytes of a PNG (RFC 2083, no filter, one IDAT)."""
    height, width, _ = image.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)
    lines[:, 1:] = image.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        out += struct.pack(">I", len(data)) + kind + data + checksum
    return out
