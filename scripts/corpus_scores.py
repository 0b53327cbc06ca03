"""Pieces of music21's corpus -> Score: four-part chorales and single-line tunes."""

from __future__ import annotations

import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from musicgan.notes import NOTE, sort_notes
from musicgan.score import Key, Metre, Score, Tempo, Track
from musicgan.timing import bpm_to_us

TICKS_PER_BEAT = 480
VELOCITY = 90  # what music21 gives a note without dynamics
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
VIOLIN = 40

T = TypeVar("T")


class UnfitError(Exception):
    """A piece that is not of the form asked for."""


class Credits(NamedTuple):
    """What an encoding says of itself: its composer and any claim or permission."""

    composer: str
    statement: str


def credits_of(source: Path) -> Credits:
    """The embedded credits of a MusicXML (also packed) or ABC file; empty where it has none."""
    if source.suffix == ".mxl":
        with zipfile.ZipFile(source) as packed:
            name = next(n for n in packed.namelist() if "META-INF" not in n and "." in n)
            text = packed.read(name).decode("utf-8", "replace")
    else:
        text = source.read_text(encoding="utf-8", errors="replace")
    if source.suffix == ".abc":
        composers = re.findall(r"^C:\s*(.+?)\.?\s*$", text, re.MULTILINE)
        encoders = re.findall(r"^Z:\s*(.+?)\s*$", text, re.MULTILINE)[:1]
        return Credits(
            "; ".join(composers), "".join(f"transcribed by {_name(e)}" for e in encoders)
        )
    words = re.findall(r"<(?:credit-words|rights)[^>]*>([^<]*)", text)
    claims = {
        " ".join(w.split()) for w in words if re.search(r"©|\(c\)|copyright|permission", w, re.I)
    }
    return Credits("", "; ".join(sorted(claims)))


def _name(encoder: str) -> str:
    """The person's name in an ABC file's Z: field, without dates and addresses."""
    encoder = re.sub(r"^contributed\b.*?\bby\b|,.*|<.*", "", encoder, flags=re.IGNORECASE)
    return " ".join(w for w in encoder.split() if not re.search(r"[\d:@]", w)).rstrip(".")


def score_of(source: Path) -> Score:
    """The piece in `source`, repeats played out.

    Raises `UnfitError` for a chorale without its four voices, a tune of several parts, and
    repeats that make no sense.
    """
    from music21 import converter

    whole: Any = converter.parse(source, forceSource=True, storePickle=False)
    if source.suffix == ".abc":
        if len(whole.parts) != 1:
            raise UnfitError(f"{len(whole.parts)} parts, wanted a tune of one")
        title = " ".join((whole.metadata.title or source.stem).split())
        return _make([_played_out(whole.parts[0])], [Track(title, VIOLIN)])
    parts = [_played_out(_voice(whole.parts, name)) for name in VOICES]
    return _make(parts, [Track(name) for name in VOICES])


def _played_out(part: Any) -> Any:
    from music21.repeat import Expander, ExpanderException

    try:
        expander = Expander(part)
        return expander.process() if expander.isExpandable() else part
    except ExpanderException as error:
        raise UnfitError(f"its repeats make no sense ({error})") from None


def _voice(parts: Any, name: str) -> Any:
    found = [part for part in parts if (part.partName or "").split()[:1] == [name]]
    if not found:
        raise UnfitError(f"no part called {name}")
    return found[0]


def _tick(beats: float | Fraction) -> int:
    return round(Fraction(beats) * TICKS_PER_BEAT)


def _make(parts: list[Any], tracks: list[Track]) -> Score:
    rows = [row for index, part in enumerate(parts) for row in _rows(part, index)]
    if not rows:
        raise UnfitError("no notes")
    flat = parts[0].flatten()
    marks = [(m, m.getQuarterBPM()) for m in flat.getElementsByClass("MetronomeMark")]
    return Score(
        notes=sort_notes(np.array(rows, NOTE)),
        tracks=tuple(tracks),
        tempos=tuple(Tempo(_tick(m.offset), bpm_to_us(bpm)) for m, bpm in marks if bpm),
        metres=_metres(parts[0]),
        keys=_keys(flat),
        ticks_per_beat=TICKS_PER_BEAT,
    )


def _rows(part: Any, index: int) -> list[tuple[int, int, int, int, int]]:
    """Sounding notes of a part; ties joined, chord symbols and grace notes left out."""
    rows = []
    for element in part.stripTies().flatten().notes:
        if "Harmony" in element.classes or element.duration.isGrace:
            continue
        onset = _tick(element.offset)
        length = _tick(element.offset + element.duration.quarterLength) - onset
        rows += [(onset, length, pitch.midi, VELOCITY, index) for pitch in element.pitches]
    return rows


def _metres(part: Any) -> tuple[Metre, ...]:
    """The metre map; an upbeat is a short first bar, so that bar lines fall where they are."""
    signs = part.flatten().getElementsByClass("TimeSignature")
    metres = {_tick(s.offset): (s.numerator, s.denominator) for s in signs}
    first = part.getElementsByClass("Measure").first()
    if first is not None and 0 in metres:
        upbeat = Fraction(first.highestTime)
        if 0 < upbeat < Fraction(first.barDuration.quarterLength):
            metres.setdefault(_tick(upbeat), metres[0])
            metres[0] = (upbeat.numerator, 4 * upbeat.denominator)
    return tuple(Metre(tick, *metre) for tick, metre in _changes(metres))


def _keys(flat: Any) -> tuple[Key, ...]:
    """The key map; a signature without a mode counts as major."""
    keys = {}
    for sign in flat.getElementsByClass("KeySignature"):
        is_minor = getattr(sign, "mode", None) in ("minor", "dorian")
        keys[_tick(sign.offset)] = (sign.sharps * 7 + 9 * is_minor) % 12, is_minor
    return tuple(Key(tick, *key) for tick, key in _changes(keys))


def _changes(stated: dict[int, T]) -> list[tuple[int, T]]:
    """What is stated, by tick, without restatements: a repeat begins by saying it all again."""
    kept: list[tuple[int, T]] = []
    for tick in sorted(stated):
        if not kept or stated[tick] != kept[-1][1]:
            kept.append((tick, stated[tick]))
    return kept
