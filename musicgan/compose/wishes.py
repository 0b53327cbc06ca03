"""What the settings of a song ask of its notes, in the model's own voices and steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musicgan.compose.harmony import Harmony
from musicgan.compose.per_voice import PerVoice, find_voice
from musicgan.compose.player import Player
from musicgan.compose.settings import Settings
from musicgan.errors import ComposeError
from musicgan.model.steps import Floats


@dataclass(frozen=True)
class Wishes:
    """From the first note on; where knobs are turned besides, both add up."""

    harmony: Harmony | None = None
    density: Floats | float = 0.0
    """[V] -1 to 1."""
    register: Floats | float = 0.0
    """[V] -1 to 1."""

    def __bool__(self) -> bool:
        return self.harmony is not None or bool(np.any(self.density) or np.any(self.register))


NO_WISHES = Wishes()


def wishes_of(player: Player, settings: Settings, harmony: Harmony | None) -> Wishes:
    """What is asked of the voices of `player`. Raises `ComposeError` for one it has not, for
    chords and registers where none of them has pitches, and for a register of drums.
    """
    slots = player.codec.slots
    if harmony is not None and player.generator.config.layout.is_percussion:
        raise ComposeError("chords: this model plays drums alone; leave chords out")
    if settings.register is not None and player.generator.config.layout.is_percussion:
        raise ComposeError("register: this model plays drums alone; leave it out")
    for name, _ in settings.register.own if settings.register is not None else ():
        slot = slots[find_voice(slots, name)]
        if slot.is_drum:
            raise ComposeError(
                f"register: voice {slot.name!r} has no pitches to move; leave it out"
            )
    nothing = PerVoice()
    return Wishes(
        harmony,
        (settings.density or nothing).values(slots),
        (settings.register or nothing).values(slots),
    )
