"""What another library hears in a song: its notes, lines, tempo, and what comes again in it."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TypeAlias

import numpy as np
import pretty_midi

NEAR_SEC = 1e-3
Song: TypeAlias = pretty_midi.PrettyMIDI


def notes_of(song: Song) -> list[pretty_midi.Note]:
    """All notes but those of drums."""
    return [note for part in song.instruments if not part.is_drum for note in part.notes]


def percent(those: list[bool]) -> float:
    """NaN where there are none."""
    return 100 * float(np.mean(those)) if those else float("nan")


def notes_a_bar(song: Song) -> float:
    return len(notes_of(song)) / len(song.get_downbeats())


def mean_pitch(song: Song) -> float:
    return float(np.mean([note.pitch for note in notes_of(song)]))


def pitch_range(song: Song) -> float:
    pitches = [note.pitch for note in notes_of(song)]
    return float(max(pitches) - min(pitches)) if pitches else float("nan")


def returned(song: Song) -> float:
    """Of four sections the second and the last beside the first; not the bar in which it ends."""
    lines = song.get_downbeats()
    bar_sec, bars = lines[1] - lines[0], round(len(lines) / 4)
    heard = [notes_between(song, n * bar_sec, (n + 1) * bar_sec) for n in range(4 * bars)]
    pairs = [(n, bars + n) for n in range(bars)] + [(n, 3 * bars + n) for n in range(bars - 1)]
    return percent([note in heard[first] for first, again in pairs for note in heard[again]])


def notes_between(song: Song, begin_sec: float, end_sec: float) -> list[tuple[int, int, int]]:
    """(voice, hundredths of a second after the beginning, pitch) of notes that begin there."""
    return [
        (voice, round(100 * (note.start - begin_sec)), note.pitch)
        for voice, part in enumerate(song.instruments)
        for note in part.notes
        if begin_sec - NEAR_SEC <= note.start < end_sec - NEAR_SEC
    ]


def in_parallels(song: Song) -> float:
    """From beat to beat both move the same way, from an octave or a fifth to the same again."""
    found = []
    for before, after in pairwise(lines(song)):
        moves = [
            (b, a)
            for b, a in zip(before, after, strict=True)
            if b is not None and a is not None and b != a
        ]
        for (b1, a1), (b2, a2) in combinations(moves, 2):
            apart = abs(b1 - b2) % 12, abs(a1 - a2) % 12
            found.append(apart in ((0, 0), (7, 7)) and (a1 > b1) == (a2 > b2))
    return percent(found)


def crossed(song: Song) -> float:
    """Of two voices that sound on a beat the one is above that is lower on the whole, or not."""
    found = []
    for one, other in combinations(zip(*lines(song), strict=True), 2):
        both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        if both:
            apart = np.diff(both).ravel()
            found += list(apart * np.sign(apart.mean()) < 0)
    return percent(found)


def lines(song: Song) -> list[list[int | None]]:
    """The highest pitch of each voice on each beat."""
    parts = [part.notes for part in song.instruments if not part.is_drum]
    return [[_highest(notes, beat) for notes in parts] for beat in song.get_beats()]


def _highest(notes: list[pretty_midi.Note], at_sec: float) -> int | None:
    at_sec += NEAR_SEC
    return max((note.pitch for note in notes if note.start <= at_sec < note.end), default=None)


def tempo_bpm(song: Song) -> float:
    _, tempos = song.get_tempo_changes()
    return float(np.mean(tempos))


def swell(song: Song) -> float:
    end_sec = song.get_end_time()
    first, last = (
        [n.velocity for n in notes_of(song) if low <= n.start / end_sec < high]
        for low, high in ((0, 0.25), (0.75, 1))
    )
    return float(np.mean(last) - np.mean(first)) if first and last else float("nan")
