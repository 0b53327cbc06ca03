"""How music is written down: lengths that are one note, rests that fill a bar, names of pitches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction

from musicgan.midifile.write import key_sharps
from musicgan.score import Key

NOTE_VALUES = {
    Fraction(beats)
    for beats in ("1/12", "1/6", "1/4", "1/3", "1/2", "2/3", "3/4", 1, "3/2", 2, 3, 4, 6, 8)
}
"""Lengths in beats that are one note, dotted or of a triplet perhaps."""


def spell(pitch: int, key: Key) -> tuple[str, int, int]:
    """Letter, sharps (flats below zero) and octave (4 has middle C) of a pitch in a key.

    Of the twelve neighbours on the line of fifths that lie about the key's scale: in C from E
    flat to G sharp, in A minor from B flat to D sharp.
    """
    lowest_fifth = key_sharps(key) - 3 + key.is_minor
    fifth = lowest_fifth + (7 * pitch - lowest_fifth) % 12
    sharps, letter = divmod(fifth + 1, 7)
    return "FCGDAEB"[letter], sharps, (pitch - sharps) // 12 - 1


def rests(start: int, end: int, bar_step: int, grid: int) -> Iterator[tuple[int, int]]:
    """Rests from `start` to `end` of a bar of so many steps.

    A whole rest beside notes is written as halves: alone it stands for a bar of any length, and
    readers take it for that, or for as many beats more as the bar has.
    """
    for begin, stop in note_pieces(start, end, [], grid):
        is_whole = stop - begin >= 4 * grid and stop - begin < bar_step
        step = 2 * grid if is_whole else stop - begin
        for at in range(begin, stop, step):
            yield at, min(at + step, stop)


def note_pieces(start: int, end: int, bar_step: list[int], grid: int) -> Iterator[tuple[int, int]]:
    """Cut a note at bar lines, and where its length has no note value at a beat or before."""
    bar = bisect_right(bar_step, start)
    while start < end:
        while bar < len(bar_step) and bar_step[bar] <= start:
            bar += 1
        limit = min(end, bar_step[bar]) if bar < len(bar_step) else end
        next_beat = start - start % grid + grid
        if Fraction(limit - start, grid) not in NOTE_VALUES:
            if start % grid and next_beat < limit:
                limit = next_beat
            while Fraction(limit - start, grid) not in NOTE_VALUES:
                limit -= 1
        yield start, limit
        start = limit
