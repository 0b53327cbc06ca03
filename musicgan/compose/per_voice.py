"""Voices by name, and numbers asked of all of them or of some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from musicgan.codecs.slots import Slot
from musicgan.errors import ComposeError
from musicgan.model.steps import Floats


@dataclass(frozen=True)
class PerVoice:
    """Where a knob stands, from -1 to 1: for all voices, and for some of their own."""

    all: float = 0.0
    own: tuple[tuple[str, float], ...] = ()
    """(voice, value); of a voice named twice the last one counts."""

    def __str__(self) -> str:
        """As `parse_per_voice` reads it, with commas between."""
        own = [f"{name}:{value:g}" for name, value in self.own]
        return ", ".join([f"{self.all:g}", *own] if self.all or not own else own)

    def values(self, slots: Sequence[Slot]) -> Floats:
        """The value of each voice, [V]. Raises `ComposeError` for a voice that is not there."""
        values = np.full(len(slots), self.all, np.float32)
        for name, value in self.own:
            values[find_voice(slots, name)] = value
        return values


def parse_per_voice(what: str, texts: Iterable[str]) -> PerVoice:
    """A knob from texts such as "0.5", for all voices, or "Soprano:0.5"; `what` is its name.

    Raises `ComposeError`.
    """
    everywhere, own = 0.0, []
    for text in texts:
        name, colon, number = text.rpartition(":")
        try:
            value = float(number)
        except ValueError:
            value = float("nan")
        if not -1 <= value <= 1 or bool(colon) != bool(name.strip()):
            raise ComposeError(
                f"{what} {text!r}: write a number from -1 to 1, or a voice and a number, "
                "such as Soprano:0.5"
            )
        if name:
            own.append((name.strip(), value))
        else:
            everywhere = value
    return PerVoice(everywhere, tuple(own))


def find_voice(slots: Sequence[Slot], name: str) -> int:
    """The number of the voice called `name`, or that alone has it in its name; in any case.

    Raises `ComposeError` listing the voices.
    """
    asked = name.strip().casefold()
    names = [slot.name.casefold() for slot in slots]
    found = [number for number, known in enumerate(names) if known == asked]
    found = found or [number for number, known in enumerate(names) if asked and asked in known]
    if len(found) != 1:
        said = "is more than one voice" if found else "is none of the voices"
        raise ComposeError(f"voice {name!r} {said}: {', '.join(slot.name for slot in slots)}")
    return found[0]
