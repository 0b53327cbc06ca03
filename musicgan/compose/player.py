"""A loaded model, ready to compose: numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgan.codecs.events import EventsCodec
from musicgan.compose.rules import Rules
from musicgan.compose.silences import BEATS
from musicgan.compose.tessitura import PITCHES, Floats
from musicgan.errors import ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.critic import Critic
from musicgan.model.file import ModelFile, load_model, understood
from musicgan.model.generator import Generator
from musicgan.model.posterior import Posterior

USUAL_CRITIC = 8
"""Where a model file does not say."""


@dataclass(frozen=True)
class Player:
    """Generator, critic and codec of a note-tuple model."""

    file: ModelFile
    generator: Generator
    critic: Critic | None
    codec: EventsCodec
    rules: Rules
    posterior: Posterior | None = None
    """None in models of earlier versions."""

    @property
    def typical(self) -> dict[str, Any]:
        """The collection's habits: `metre`, `bpm`, `keys` as [tonic, is_minor] by frequency."""
        return dict(self.file.metadata["typical"])

    @property
    def critic_habit(self) -> int:
        """Candidates that the critic weighs unless asked otherwise: as many as served it best."""
        return int(self.typical.get("critic", USUAL_CRITIC))


def open_player(path: Path) -> Player:
    """Load a note-tuple model. Raises `ModelFileError`."""
    return player_of(load_model(path), path)


def player_of(file: ModelFile, path: Path) -> Player:
    """The player of a model file already read."""
    meta = file.metadata
    if meta.get("kind") != "events":
        raise ModelFileError(
            f"{path}: a model of {meta.get('kind')}, where only one of note tuples (events) can "
            "play; train one with --codec events"
        )
    with understood(path):
        config = EventsConfig.from_json(meta["config"])
        voices, typical = meta["voices"], dict(meta["typical"])
        rules = Rules(
            np.array(voices["ranges"], np.int64),
            np.array(voices["single"], bool),
            parallels=float(typical.get("parallels", 1.0)),
            crossings=float(typical.get("crossings", 1.0)),
            returns=float(typical.get("returns", 1.0)),
            tessitura=float(typical.get("tessitura", 0.0)),
            heights=_known(typical, "heights", (config.layout.voices, PITCHES)),
            silences=_known(typical, "silences", (2, config.layout.voices, BEATS + 1)),
        )
        critic, posterior = file.part("critic"), file.part("posterior")
        return Player(
            file=file,
            generator=Generator(file.part("generator"), config),
            critic=Critic(critic, config) if critic else None,
            codec=EventsCodec(**meta["codec"]["options"]),
            rules=rules,
            posterior=Posterior(posterior, config) if posterior else None,
        )


def _known(typical: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Floats | None:
    """What the collection says of its voices, of this shape; models of earlier versions do not."""
    return np.array(typical[name], np.float32).reshape(shape) if name in typical else None


def with_rules(player: Player, **changes: Any) -> Player:
    """The same player under other rules."""
    return replace(player, rules=replace(player.rules, **changes))
