"""Which instrument plays which voice of a song, within what it can play."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

from musicgan.compose.per_voice import find_voice
from musicgan.compose.player import Player
from musicgan.errors import ComposeError
from musicgan.instruments import COMPASSES, PROGRAMS, find_program
from musicgan.score import pitch_name

FEW = 12
"""Fewer pitches than an octave's make poor music."""


@dataclass(frozen=True)
class Band:
    """Instruments by voice; a voice that is not named keeps its own."""

    parts: tuple[tuple[str, int], ...]
    """(voice, program 0 to 127); of a voice named twice the last one counts."""

    def __str__(self) -> str:
        """As `parse_band` reads it, with commas between."""
        return ", ".join(f"{voice}:{PROGRAMS[program]}" for voice, program in self.parts)


def parse_band(texts: Iterable[str]) -> Band:
    """Instruments from texts such as "Soprano:Flute" or "Bass:71". Raises `ComposeError`."""
    parts = []
    for text in texts:
        voice, _, program = text.partition(":")
        if not voice.strip() or not program.strip():
            raise ComposeError(
                f"instrument {text!r}: write a voice and an instrument, such as Soprano:Flute"
            )
        parts.append((voice.strip(), find_program(program)))
    return Band(tuple(parts))


def played_by(player: Player, band: Band | None) -> Player:
    """The player with other instruments: voices keep to what theirs can play.

    An instrument of one note at a time makes its voice one, too. Raises `ComposeError` for a
    voice that is not there, that is drums, or that would be left without a note; warns where it
    is left with less than an octave.
    """
    if band is None:
        return player
    slots, ranges = list(player.codec.slots), player.rules.ranges.copy()
    single = player.rules.single.copy()
    # A voice named twice is narrowed once, by the last one.
    for voice, program in {
        find_voice(slots, name): program for name, program in band.parts
    }.items():
        name, compass = slots[voice].name, COMPASSES[program]
        if slots[voice].is_drum:
            raise ComposeError(f"instrument {name}:{PROGRAMS[program]}: drums keep their kit")
        own_low, own_high = (int(pitch) for pitch in ranges[voice])
        low, high = max(own_low, compass.low), min(own_high, compass.high)
        if low > high:
            way = "lower" if low == compass.low else "higher"
            raise ComposeError(
                f"instrument {name}:{PROGRAMS[program]}: it plays {_span(*compass[:2])}, the voice "
                f"{_span(own_low, own_high)}; choose a {way} instrument or another voice"
            )
        if high - low + 1 < FEW:
            warnings.warn(
                f"instrument {name}:{PROGRAMS[program]}: of what the voice plays it has only "
                f"{_span(low, high)}", stacklevel=2,
            )  # fmt: skip
        ranges[voice], single[voice] = (low, high), single[voice] or compass.is_single
        slots[voice] = replace(slots[voice], program=program)
    codec = player.codec.with_slots(slots)
    return replace(player, codec=codec, rules=replace(player.rules, ranges=ranges, single=single))


def _span(low: int, high: int) -> str:
    return f"{pitch_name(low)} to {pitch_name(high)}"
