"""A song bar by bar, while it is being composed: what a live player asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, VELOCITY, VOICE, WAIT
from musicgan.codecs.stream import Sounded
from musicgan.compose.player import Player
from musicgan.compose.settings import Settings
from musicgan.compose.song import Plan, compose_rows
from musicgan.score import Score


@dataclass(frozen=True)
class Bar:
    """The notes that begin in one bar, in grid steps from the first bar line, by onset."""

    number: int
    """From 0."""
    start_step: int
    length_step: int
    notes: tuple[Sounded, ...]
    """A note may last into later bars; where its pitch is struck again there it ends earlier."""


class LiveSong:
    """A song under way: `plan` says what was settled before its first note."""

    def __init__(self, player: Player, settings: Settings, primer: Score | None = None) -> None:
        self._rng = np.random.default_rng(settings.seed)
        self.player = player
        self.plan = Plan(player, settings, primer, self._rng)
        self._rows = compose_rows(player, settings, self.plan, self._rng)

    def bars(self) -> Iterator[Bar]:
        """Its bars one by one, empty ones too, each as soon as the next has begun.

        Their notes are those of `compose` with the same player, settings and primer.
        """
        return cut_bars(self._notes(), self.plan.origin_step, self.plan.bar_step, self.plan.n_bars)

    def _notes(self) -> Iterator[Sounded]:
        onset, codec = 0, self.player.codec
        for row in self._rows:
            onset += int(row[WAIT])
            yield note_at(onset, row, codec.loudness(int(row[VELOCITY])))


def note_at(onset_step: int, row: Rows, velocity: int) -> Sounded:
    """The note of one row [5] at `onset_step`."""
    return Sounded(onset_step, int(row[DURATION]), int(row[PITCH]), velocity, int(row[VOICE]))


def cut_bars(
    notes: Iterable[Sounded], origin_step: int, bar_step: int, n_bars: int
) -> Iterator[Bar]:
    """Bars of notes that come in order of onset; struck twice at once, the longer note stays."""
    number = 0
    held: dict[tuple[int, int, int], Sounded] = {}

    def bar() -> Bar:
        start = origin_step + number * bar_step
        return Bar(number, start, bar_step, tuple(held.values()))

    for note in notes:
        while note.onset_step >= origin_step + (number + 1) * bar_step:
            yield bar()
            held = {}
            number += 1
        key = (note.onset_step, note.voice, note.pitch)
        held[key] = _both(held[key], note) if key in held else note
    while number < n_bars:
        yield bar()
        held = {}
        number += 1


def _both(one: Sounded, other: Sounded) -> Sounded:
    return Sounded(
        one.onset_step,
        max(one.duration_step, other.duration_step),
        one.pitch,
        max(one.velocity, other.velocity),
        one.voice,
    )
