"""What a song can be made from besides settings: a file that is read once for several songs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from musicgan.compose.accompany import accompany, ways_of
from musicgan.compose.infill import infill
from musicgan.compose.kinds import AnyPlayer
from musicgan.compose.player import Player
from musicgan.compose.settings import Settings
from musicgan.errors import ComposeError
from musicgan.midifile import read_midi
from musicgan.score import Score


class Task(Protocol):
    """Something to compose."""

    def compose(self, player: AnyPlayer, settings: Settings) -> Score:
        """The song. Raises `ComposeError`."""

    def critic_habit(self, player: AnyPlayer) -> int:
        """Candidates that are weighed where nobody says how many."""

    def said(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings that made the song, with what else did and without what did not."""


@dataclass(frozen=True)
class InfillTask:
    """Bars of a song that are composed anew: see `compose.infill`."""

    path: Path
    score: Score
    from_bar: int
    to_bar: int

    @classmethod
    def read(cls, path: Path, from_bar: int, to_bar: int, *, pedal: bool = False) -> InfillTask:
        """Of a MIDI file, `pedal` as in `read_midi`. Raises `MidiReadError`."""
        return cls(path, read_midi(path, pedal=pedal), from_bar, to_bar)

    def compose(self, player: AnyPlayer, settings: Settings) -> Score:
        """The song with other bars. Raises `ComposeError`."""
        return infill(_events(player), settings, self.score, self.from_bar, self.to_bar)

    def critic_habit(self, player: AnyPlayer) -> int:
        """The model's."""
        return player.critic_habit

    def said(self, settings: dict[str, Any]) -> dict[str, Any]:
        """With the file's name and the bars, instead of a number of them."""
        others = {name: value for name, value in settings.items() if name != "bars"}
        return {**others, "infill": self.path.name, "from": self.from_bar, "to": self.to_bar}


@dataclass(frozen=True)
class MelodyTask:
    """A song around a melody: see `compose.accompany`."""

    path: Path
    score: Score
    track: str | None
    voice: str | None

    @classmethod
    def read(
        cls, path: Path, track: str | None = None, voice: str | None = None, *, pedal: bool = False
    ) -> MelodyTask:
        """Of a MIDI file, `pedal` as in `read_midi`. Raises `MidiReadError`."""
        return cls(path, read_midi(path, pedal=pedal), track, voice)

    def compose(self, player: AnyPlayer, settings: Settings) -> Score:
        """The melody with other voices. Raises `ComposeError`."""
        return accompany(_events(player), settings, self.score, self.track, self.voice)

    def critic_habit(self, player: AnyPlayer) -> int:
        """As many ways as are tried around each note of a melody."""
        return ways_of(player)

    def said(self, settings: dict[str, Any]) -> dict[str, Any]:
        """With the file's name and what was chosen in it, instead of a number of bars."""
        others = {name: value for name, value in settings.items() if name != "bars"}
        asked = {"melody_track": self.track, "melody_voice": self.voice}
        chosen = {name: value for name, value in asked.items() if value is not None}
        return {**others, "melody": self.path.name, **chosen}


def _events(player: AnyPlayer) -> Player:
    if not isinstance(player, Player):
        raise ComposeError("a frame model composes whole songs only: use an events model")
    return player
