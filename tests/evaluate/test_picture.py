"""Piano rolls as pictures: which pixels are painted, and that a PNG holds them."""

import struct
import zlib

import numpy as np
import pytest

from musicgan.evaluate.picture import (
    BAR,
    BEAT,
    COLOURS,
    MAX_WIDTH,
    OCTAVE,
    PAPER,
    roll_picture,
    write_png,
)
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Metre, Score, Track


def read_png(data):
    """Pixels of a PNG without filters, chunk by chunk as RFC 2083 lays them out."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        assert checksum == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, colour, rest) == (8, 2, [0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def test_a_png_holds_the_pixels(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (7, 11, 3)).astype(np.uint8)
    write_png(image, tmp_path / "a.png")
    assert np.array_equal(read_png((tmp_path / "a.png").read_bytes()), image)


def test_a_note_is_a_bar_of_its_tracks_colour():
    notes = np.array([(0, 2, 60, 80, 0), (2, 1, 62, 80, 1)], NOTE)
    image = roll_picture(Score(notes, (Track(), Track()), ticks_per_beat=4), cell=(4, 3))
    # Pitches 57 to 65, a row of 3 pixels each, the highest on top; 4 steps of 4 pixels.
    assert image.shape == (9 * 3, 4 * 4, 3)
    first, second = image[(65 - 60) * 3], image[(65 - 62) * 3]
    assert (first[1] == COLOURS[0] // 2).all()
    assert (first[2:8] == COLOURS[0]).all()
    assert (first[8:] == PAPER).all()
    assert (second[9] == COLOURS[1] // 2).all()
    assert (second[10:12] == COLOURS[1]).all()
    assert (second[12:] == PAPER).all()


def test_beats_bars_and_octaves_are_ruled():
    notes = np.array([(0, 1, 72, 80, 0), (31, 1, 72, 80, 0)], NOTE)
    score = Score(notes, metres=(Metre(0, 3, 4),), ticks_per_beat=4)
    image = roll_picture(score, cell=(4, 5))
    assert [x for x in range(0, 128, 4) if image[0, x, 0] == BAR] == [0, 48, 96]
    assert [x for x in range(0, 128, 4) if image[0, x, 0] == BEAT] == [16, 32, 64, 80, 112]
    assert (image[(75 - 72 + 1) * 5 - 1, 8] == OCTAVE).all()


def test_repeated_notes_show():
    notes = np.array([(0, 1, 60, 80, 0), (1, 1, 60, 80, 0)], NOTE)
    row = roll_picture(Score(notes, ticks_per_beat=4), cell=(6, 5))[3 * 5]
    assert (row[7] == COLOURS[0] // 2).all()
    assert (row[6] == PAPER).all()


def test_an_empty_score_and_a_very_long_one_have_a_picture():
    assert roll_picture(Score(empty_notes())).shape == ((75 - 57 + 1) * 5, 4 * 6, 3)
    notes = np.array([(0, 1, 0, 80, 0), (10**9, 1, 127, 80, 0)], NOTE)
    image = roll_picture(Score(notes, ticks_per_beat=4))
    assert image.shape == (128 * 5, MAX_WIDTH // 6 * 6, 3)


@pytest.mark.parametrize(("grid", "wide"), [(4, 6), (12, 6), (24, 4), (64, 1), (480, 1)])
def test_the_finer_the_steps_the_narrower_they_are(grid, wide):
    notes = np.array([(0, 2 * grid, 60, 80, 0)], NOTE)
    assert roll_picture(Score(notes, ticks_per_beat=grid), grid).shape[1] == 2 * grid * wide
