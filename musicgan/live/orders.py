"""What the port process and the composer say to each other; neither needs the other's modules."""

from __future__ import annotations

from dataclasses import dataclass

from musicgan.codecs.stream import Sounded
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


@dataclass(frozen=True)
class Answer:
    """What a player has played instead: go on from it, with a bar that begins at `from_step`."""

    take: int
    from_step: int
    notes: tuple[Sounded, ...]
    """In grid steps, as `from_step`; their voices do not count."""


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
