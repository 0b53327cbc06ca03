"""What can be asked of a song, with ranges and defaults, checked before anything is played."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicgan.chords import Progression
from musicgan.compose.band import Band
from musicgan.compose.dynamics import Dynamics
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.rules import COMMONEST, RAREST, TIMES
from musicgan.errors import ComposeError
from musicgan.score import PITCH_NAMES, Key

if TYPE_CHECKING:
    from musicgan.compose.idea import Idea

MAX_BARS = 10_000
TEMPERATURES = 0.05, 5
TEMPOS_BPM = 20, 400
MOST_CANDIDATES = 256
MOST_SECTIONS = 64
NOTE_VALUES = (1, 2, 4, 8, 16, 32, 64, 128)
"""What a metre can count, as MIDI can say it."""


@dataclass(frozen=True)
class Settings:
    """A request. None means the model's own habit, or drawn from the seed."""

    bars: int = 16
    seed: int = 0
    tempo_bpm: float | None = None
    key: Key | None = None
    metre: tuple[int, int] | None = None
    temperature: float = 1.0
    top_p: float = 1.0
    critic: int | None = None
    """Candidate blocks weighed by the critic; 0 or 1 leaves the critic out."""
    block: int = 8
    """Notes in a candidate block."""
    parallels: float | None = None
    """Pitches that make parallel octaves or fifths: times as likely as the networks have them."""
    crossings: float | None = None
    """Pitches that cross another voice: times as likely as the networks have them."""
    returns: float | None = None
    """What an earlier bar suggests where the form looks back: times as likely, in the same way."""
    tessitura: float | None = None
    """How far voices are held to their usual heights, 0 to 1; with a `register` or `instruments`
    of their own they are not, unless that is said here."""
    form: str | None = None
    """Letters of equally long sections; one that comes again returns to what it was."""
    chords: Progression | None = None
    """Over and over from the first bar on; without a key, in the one that fits them."""
    density: PerVoice | None = None
    """-1 sparse to 1 dense: about half to twice the notes."""
    register: PerVoice | None = None
    """-1 low to 1 high, within the voices' ranges."""
    dynamics: Dynamics | None = None
    """How loud it is from its first bar to its last; a `LiveSong` plays without."""
    instruments: Band | None = None
    """Instruments of the voices, which keep within what these can play."""
    like: Idea | None = None
    """A piece whose idea the song is a variation of: see `idea.in_the_manner_of`."""

    def __post_init__(self) -> None:
        _within("bars", self.bars, 1, MAX_BARS)
        _within("seed", self.seed, 0, 2**63 - 1)
        _within("temperature", self.temperature, *TEMPERATURES)
        _within("top-p", self.top_p, 0.01, 1)
        if self.critic is not None:
            _within("critic", self.critic, 0, MOST_CANDIDATES)
        _within("block", self.block, 1, 64)
        for name in TIMES:
            if getattr(self, name) is not None:
                _within(name, getattr(self, name), RAREST, COMMONEST)
        if self.tessitura is not None:
            _within("tessitura", self.tessitura, 0, 1)
        if self.tempo_bpm is not None:
            _within("tempo", self.tempo_bpm, *TEMPOS_BPM)
        if self.form is not None and not re.fullmatch(f"[A-Z]{{1,{MOST_SECTIONS}}}", self.form):
            raise ComposeError(
                f"form {self.form!r}: write 1 to {MOST_SECTIONS} sections as letters, such as AABA"
            )
        if self.metre is not None:
            above, below = self.metre
            if not 1 <= above <= 255 or below not in NOTE_VALUES:
                raise ComposeError(
                    f"metre {above}/{below}: from 1 to 255 beats, of 1, 2, 4, 8, 16, 32, 64 or 128"
                )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ComposeError(f"{name} {value} is out of range: from {low} to {high}")


_SHARPS = {"DB": "C#", "D#": "EB", "GB": "F#", "G#": "AB", "A#": "BB", "CB": "B", "B#": "C"}
_SHARPS |= {"E#": "F", "FB": "E"}


def parse_key(text: str) -> Key:
    """A key from "C", "f#", "Bb", "Am", "E minor", "G major".

    A lower-case letter alone is a minor key, as in "f#". Raises `ComposeError`.
    """
    match = re.fullmatch(r"\s*([A-Ga-g][#b]?)\s*(m|min|minor|maj|major)?\s*", text)
    if match is None:
        raise ComposeError(
            f"key {text!r}: write a note and a mode, such as C, F#m, Bb or 'A minor'"
        )
    name, mode = match.groups()
    tonics = {pitch.upper(): number for number, pitch in enumerate(PITCH_NAMES)}
    upper = name.upper()
    tonic = tonics[_SHARPS.get(upper, upper)]
    minor = mode.startswith("min") or mode == "m" if mode else name[0].islower()
    return Key(0, tonic, minor)


def check_countable(metre: tuple[int, int], grid: int) -> None:
    """Raises `ComposeError` where `grid` steps a beat cannot count the bars of a metre."""
    above, below = metre
    if above * 4 * grid % below:
        raise ComposeError(
            f"metre {above}/{below}: this style counts in steps of 1/{4 * grid}, of which such a "
            "bar holds no whole number; choose another"
        )


def parse_metre(text: str) -> tuple[int, int]:
    """A metre from "3/4". Raises `ComposeError` where it is none; `Settings` knows the range."""
    match = re.fullmatch(r"\s*(\d{1,3})\s*/\s*(\d{1,3})\s*", text)
    if match is None:
        raise ComposeError(f"metre {text!r}: write beats in a bar and their value, such as 3/4")
    above, below = match.groups()
    return int(above), int(below)
