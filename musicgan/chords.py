"""Chord symbols as musicians write them, and progressions of them over bars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from musicgan.errors import ComposeError
from musicgan.score import Key
from musicgan.theory import key_fit

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KINDS = {
    "": (0, 4, 7), "maj": (0, 4, 7), "M": (0, 4, 7),
    "m": (0, 3, 7), "min": (0, 3, 7), "-": (0, 3, 7),
    "dim": (0, 3, 6), "°": (0, 3, 6), "o": (0, 3, 6),
    "aug": (0, 4, 8), "+": (0, 4, 8), "5": (0, 7),
    "sus": (0, 5, 7), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "7sus4": (0, 5, 7, 10),
    "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "add9": (0, 2, 4, 7), "madd9": (0, 2, 3, 7),
    "7": (0, 4, 7, 10), "7b5": (0, 4, 6, 10), "7#5": (0, 4, 8, 10), "aug7": (0, 4, 8, 10),
    "+7": (0, 4, 8, 10), "m7": (0, 3, 7, 10), "min7": (0, 3, 7, 10), "-7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11), "M7": (0, 4, 7, 11), "Δ": (0, 4, 7, 11), "Δ7": (0, 4, 7, 11),
    "mMaj7": (0, 3, 7, 11), "mM7": (0, 3, 7, 11), "dim7": (0, 3, 6, 9), "°7": (0, 3, 6, 9),
    "o7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "ø": (0, 3, 6, 10), "ø7": (0, 3, 6, 10),
    "9": (0, 2, 4, 7, 10), "m9": (0, 2, 3, 7, 10), "maj9": (0, 2, 4, 7, 11),
    "7b9": (0, 1, 4, 7, 10), "7#9": (0, 3, 4, 7, 10), "13": (0, 2, 4, 7, 9, 10),
}  # fmt: skip
"""Semitones above the root."""
_SYMBOL = re.compile(r"([A-G])([#b♯♭]?)([^/]*)(?:/([A-G])([#b♯♭]?))?")
_SCALES = np.array([[2, 0, 2, 0, 2, 2, 0, 2, 0, 2, 0, 2], [2, 0, 2, 2, 0, 2, 0, 2, 2, 1, 2, 1]])
"""What a tone within a key's scale says for it, counted from the tonic: major, and minor, whose
raised sixth and seventh say less. Outside it: nothing."""
_KEY_SCALES = np.stack([np.roll(_SCALES, tonic, 1) for tonic in range(12)], 1)
FIRST_BONUS = 0.3
LAST_BONUS = 0.1
"""How much a key fits better whose tonic chord a progression begins or ends with. Of 35 well-known
progressions these get the key right that is expected of all but two."""


@dataclass(frozen=True)
class Chord:
    """A chord as pitch classes, 0 (C) to 11."""

    symbol: str
    root: int
    tones: frozenset[int]
    bass: int | None = None
    """What the lowest voice has where the chord comes in, as in C/E; None: any of its tones."""

    @property
    def is_minor(self) -> bool:
        """Whether its third is minor."""
        third = {(tone - self.root) % 12 for tone in self.tones}
        return 3 in third and 4 not in third


def parse_chord(text: str) -> Chord:
    """A chord from a symbol such as C, Am, F#m7, Bb7, Gdim, Eaug, Dsus4, Cmaj7, C/E.

    Raises `ComposeError`.
    """
    match = _SYMBOL.fullmatch(text)
    if match is None:
        raise ComposeError(
            f"chord {text!r}: begin with a capital letter from A to G, such as C, F#m, Bb7 or C/E"
        )
    letter, accidental, kind, bass_letter, bass_accidental = match.groups()
    if kind not in _KINDS:
        known = ", ".join(name for name in _KINDS if name.isascii() and name)
        raise ComposeError(f"chord {text!r}: {kind!r} is no kind of chord; known are {known}")
    root = (_LETTERS[letter] + _ACCIDENTALS[accidental]) % 12
    bass = (_LETTERS[bass_letter] + _ACCIDENTALS[bass_accidental]) % 12 if bass_letter else None
    return Chord(text, root, frozenset((root + step) % 12 for step in _KINDS[kind]), bass)


@dataclass(frozen=True)
class Progression:
    """Bars of one or more chords each, to be played over and over."""

    bars: tuple[tuple[Chord, ...], ...]

    def __str__(self) -> str:
        """As `parse_progression` reads it."""
        alone = all(len(bar) == 1 for bar in self.bars)
        bars = [" ".join(chord.symbol for chord in bar) for bar in self.bars]
        if alone and len(bars) > 1:
            return " ".join(bars)
        # One bar of several chords is known by its line.
        return " | ".join(bars) + (" |" if len(bars) == 1 and not alone else "")

    def bar(self, number: int) -> tuple[Chord, ...]:
        """The chords of bar `number`, from 0 on."""
        return self.bars[number % len(self.bars)]

    @cached_property
    def key(self) -> Key:
        """The key that fits the chords best; a tonic chord at the beginning speaks for its key."""
        first, last = self.bars[0][0], self.bars[-1][-1]
        # Counted from the first root: ties then break alike in every key.
        weight = np.zeros(12)
        for bar in self.bars:
            for chord in bar:
                for tone in (*chord.tones, chord.root):
                    weight[(tone - first.root) % 12] += 1 / len(bar)
        fit = key_fit(weight) + _KEY_SCALES @ weight / weight.sum()
        fit[int(first.is_minor), 0] += FIRST_BONUS
        fit[int(last.is_minor), (last.root - first.root) % 12] += LAST_BONUS
        mode, tonic = divmod(int(np.argmax(fit)), 12)
        return Key(0, (tonic + first.root) % 12, is_minor=bool(mode))


def parse_progression(text: str) -> Progression:
    """A progression from chord symbols, one a bar: "C Am F G".

    With bar lines a bar can have several, which share its beats: "C Am | F G". Bar lines at the
    very beginning and end may stand or not. Raises `ComposeError`.
    """
    if not text.replace("|", " ").split():
        raise ComposeError("chords: none are given; write one a bar, such as 'C Am F G'")
    if "|" not in text:
        return Progression(tuple((parse_chord(symbol),) for symbol in text.split()))
    inner = text.strip().removeprefix("|").removesuffix("|")
    bars = tuple(tuple(map(parse_chord, bar.split())) for bar in inner.split("|"))
    if not all(bars):
        number = bars.index(()) + 1
        raise ComposeError(
            f"chords {text!r}: bar {number} is empty; repeat the chord that goes on in it"
        )
    return Progression(bars)
