"""Kinds of model: what opens and what composes each, by the `kind` its file names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from musicgan.compose.frames_player import FramesPlayer, compose_frames, frames_player_of
from musicgan.compose.player import Player, player_of
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.errors import ModelFileError
from musicgan.model.file import ModelFile, load_model
from musicgan.score import Score

AnyPlayer = Player | FramesPlayer

_OPEN: dict[str, Callable[[ModelFile, Path], AnyPlayer]] = {
    "events": player_of,
    "frames": frames_player_of,
}
_COMPOSE: dict[type, Callable[..., Score]] = {Player: compose, FramesPlayer: compose_frames}


def open_any(path: Path) -> AnyPlayer:
    """Load a model of any kind. Raises `ModelFileError`."""
    file = load_model(path)
    kind: Any = file.metadata.get("kind")
    if kind not in _OPEN:
        raise ModelFileError(f"{path}: a model of kind {kind!r}; known are {', '.join(_OPEN)}")
    return _OPEN[kind](file, path)


def compose_any(player: AnyPlayer, settings: Settings, primer: Score | None = None) -> Score:
    """A song by whatever player. Raises `ComposeError` for what its kind cannot do."""
    return _COMPOSE[type(player)](player, settings, primer)
