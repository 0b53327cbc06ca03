"""What the port process and the composer say to each other; neither needs the other's modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from musicgan.compose.steering import Steering
from musicgan.live.plan import PlannedBar


@dataclass(frozen=True)
class More:
    """The next bar is wanted."""


@dataclass(frozen=True)
class Steer:
    """Compose anew from `from_step` on, so steered; begins another take."""

    take: int
    from_step: int
    steering: Steering


class HeardNote(NamedTuple):
    """A note of the player's, in grid steps as `Answer.from_step`."""

    onset_step: int
    duration_step: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Answer:
    """What a player has played instead: go on from it, with a bar that begins at `from_step`."""

    take: int
    from_step: int
    notes: tuple[HeardNote, ...]


Order = More | Steer | Answer


@dataclass(frozen=True)
class NewBar:
    """The answer to each order; one of an earlier take is void."""

    take: int
    bar: PlannedBar


@dataclass(frozen=True)
class End:
    """Instead of a bar: there is no more."""

    take: int


@dataclass(frozen=True)
class Failed:
    """Instead of a bar, and for good: why nothing more can be composed."""

    reason: str
