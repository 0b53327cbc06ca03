"""Where a run's networks begin: at random, or with what a model has learned of other music."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from musicgan.compose.styles import bundled_path, bundled_styles, style_path
from musicgan.errors import ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile, load_model
from musicgan.train.lengths import WINDOW
from musicgan.train.likelihood import HELD_OUT_ROWS, bound
from musicgan.train.networks import Critic, Generator, Posterior
from musicgan.train.songs import Song
from musicgan.train.transplant import Ints, Transplant, Voices
from musicgan.train.windows import Windows

NEAREST, NOTHING = "nearest", "none"
FEW_WINDOWS = 64
"""Held-out windows by which the nearest model is found."""


@dataclass(frozen=True)
class Start:
    """A model to begin with."""

    name: str
    file: ModelFile

    @property
    def config(self) -> EventsConfig:
        """Its sizes."""
        return EventsConfig.from_json(self.file.metadata["config"])

    def sized(self, config: EventsConfig) -> EventsConfig:
        """`config` with the widths of this model."""
        own = self.config
        return replace(
            config, hidden=own.hidden, embed=own.embed, head_widths=own.head_widths,
            noise=own.noise, critic_hidden=own.critic_hidden, critic_embed=own.critic_embed,
        )  # fmt: skip

    def fill(
        self, ranges: Ints, generator: Generator, posterior: Posterior, critic: Critic | None = None
    ) -> None:
        """Put its weights into networks of `sized` sizes, whose voices have `ranges` [V, 2]."""
        new, old, about = generator.config, self.config, self.file.metadata
        old_ranges = np.array(about["voices"]["ranges"], np.int64)
        voices = Voices(ranges, new.layout.drums), Voices(old_ranges, old.layout.drums)
        moved = Transplant(new, old, voices)
        _overlay(generator, moved.generator(self.file.part("generator")))
        _overlay(posterior, moved.listener(self.file.part("posterior")))
        if critic is not None and self.file.part("critic"):
            _overlay(critic, moved.listener(self.file.part("critic"), columns=1))


def open_start(name: str) -> Start:
    """A start by a style's name or a model file.

    Raises `ModelFileError`, also for a model of frames or of an earlier version.
    """
    path = Path(name) if name.endswith(".safetensors") else style_path(name)
    file = load_model(path)
    if file.metadata.get("kind") != "events" or not file.part("posterior"):
        raise ModelFileError(f"{path}: no model of note tuples that can be trained further")
    if not EventsConfig.from_json(file.metadata["config"]).layout.looks_back:
        raise ModelFileError(f"{path}: of an earlier version, without a memory; train it anew")
    return Start(name, file)


def choose_start(
    asked: str, config: EventsConfig, ranges: Ints, songs: Sequence[Song]
) -> Start | None:
    """What `Options.start` means for a run with these held-out songs. Raises `ModelFileError`."""
    if asked == NOTHING:
        return None
    return nearest_start(config, ranges, songs)[0] if asked == NEAREST else open_start(asked)


def nearest_start(config: EventsConfig, ranges: Ints, songs: Sequence[Song]) -> tuple[Start, float]:
    """The bundled model to which these held-out songs are least of a surprise, as it is.

    Also says how much: nats a note.
    """
    few = Windows(_some(songs), WINDOW, config.layout)
    found: list[tuple[float, Start]] = []
    for style in bundled_styles():
        start = open_start(str(bundled_path(style)))
        sized = start.sized(config)
        generator, posterior = Generator(sized), Posterior(sized)
        start.fill(ranges, generator, posterior)
        # The last song may be a long one.
        batches = few.every(HELD_OUT_ROWS, most=2 * FEW_WINDOWS)
        nats = bound(generator.eval(), posterior.eval(), batches, torch.device("cpu"), True)
        found.append((nats, replace(start, name=style)))
    nats, start = min(found, key=lambda pair: pair[0])
    return start, nats


def _some(songs: Sequence[Song]) -> list[Song]:
    """Songs from all over, until they make up `FEW_WINDOWS`."""
    order = np.random.default_rng(0).permutation(len(songs))
    windows = np.cumsum([len(songs[at]) / WINDOW for at in order])
    return [songs[at] for at in order[: 1 + int(np.searchsorted(windows, FEW_WINDOWS))]]


def _overlay(module: nn.Module, weights: dict[str, Any]) -> None:
    """Put arrays over the first rows and columns of the parameters of these names."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            value = torch.as_tensor(weights[name]) if name in weights else None
            if value is not None:
                parameter[tuple(slice(size) for size in value.shape)] = value
