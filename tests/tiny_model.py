"""Models small enough to be made in a test: random weights, true shapes, no torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.layout import Layout
from musicgan.codecs.slots import slot_tracks
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile
from musicgan.model.pitch_places import pitch_places
from musicgan.notes import NOTE
from musicgan.score import Score

CHOIR = (("soprano", 52, False), ("alto", 52, False), ("tenor", 52, False), ("bass", 52, False))
BAND = (("piano", 0, False), ("bass", 32, False), ("drums", 0, True))


def choir_codec() -> EventsCodec:
    """Four voices, sixteenths, no velocity."""
    return EventsCodec(grid=4, slots=CHOIR, velocity_bins=1)


def four_voices(*rows: tuple[int, int, int, int], **maps: Any) -> Score:
    """A score for the choir of (onset, duration, pitch, track), on sixteenths."""
    notes = np.array([(o, d, p, 80, t) for o, d, p, t in rows], NOTE)
    return Score(notes, slot_tracks(choir_codec().slots), ticks_per_beat=4, **maps)


def band_codec() -> EventsCodec:
    """Piano, bass and drums, triplets, eight velocities."""
    return EventsCodec(grid=12, slots=BAND, velocity_bins=8)


def tiny_config(
    codec: EventsCodec, max_wait: int = 8, max_duration: int = 16, looks_back: bool = True
) -> EventsConfig:
    """The sizes of a tiny model; durations go beyond waits, as those of real ones do."""
    layout = Layout(
        voices=len(codec.slots),
        grid=codec.grid,
        max_wait=max_wait,
        max_duration=max_duration,
        velocity_bins=codec.velocity_bins,
        fine=codec.fine,
        max_position=8 * codec.grid + 1,
        drums=tuple(i for i, slot in enumerate(codec.slots) if slot.is_drum),
        looks_back=looks_back,
    )
    return EventsConfig(
        layout, ("tiny",), 16, 12, (6, 7, 10, 9, 5), 4, critic_hidden=14, critic_embed=8
    )


def generator_shapes(config: EventsConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter of a generator by name."""
    layout, hidden, embed = config.layout, config.hidden, config.embed
    wait, voice, pitch, duration, velocity = config.head_widths
    shapes = {
        "embed.weight": (sum(layout.input_sizes), embed),
        "condition.weight": (sum(config.condition_sizes), embed),
        "noise.weight": (embed, config.noise),
        **_linear("first", config.noise, hidden),
        **_gru(embed, hidden),
        **_linear("trunk", hidden, sum(config.widths)),
        "moment.weight": (sum(layout.moment_sizes), sum(config.widths[1:])),
        "pitch_context.weight": (sum(layout.pitch_sizes), pitch),
        "duration_context.weight": (sum(layout.duration_sizes), duration),
        **_linear("wait_out", wait, layout.row_sizes[0]),
        **_linear("voice_out", voice, layout.row_sizes[1]),
        **_linear("pitch_out", pitch, pitch_places(layout.looks_back).outputs),
        **_linear("duration_out", duration, layout.row_sizes[3]),
    }
    if config.heads == 5:
        sizes = (*layout.duration_sizes, layout.max_duration + 1)
        shapes["velocity_context.weight"] = (sum(sizes), velocity)
        shapes |= _linear("velocity_out", velocity, layout.row_sizes[4])
    return shapes


def critic_shapes(config: EventsConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter of a critic by name."""
    return {
        "embed.weight": (sum(config.layout.input_sizes[:-1]), config.critic_embed),
        "condition.weight": (sum(config.condition_sizes), config.critic_embed),
        **_gru(config.critic_embed, config.critic_hidden),
        **_linear("out", config.critic_hidden, 1),
    }


def posterior_shapes(config: EventsConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter of a posterior by name."""
    return {
        "embed.weight": (sum(config.layout.input_sizes), config.embed),
        **_linear("mix", config.embed, config.embed),
        **_linear("out", 2 * config.embed, 2 * config.noise),
    }


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _gru(inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    return {
        "rnn.weight_ih_l0": (3 * hidden, inputs),
        "rnn.weight_hh_l0": (3 * hidden, hidden),
        "rnn.bias_ih_l0": (3 * hidden,),
        "rnn.bias_hh_l0": (3 * hidden,),
    }


def random_weights(
    shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Normal weights of about the size that networks begin with."""
    return {
        name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in sorted(shapes.items())
    }


def tiny_model(
    codec: EventsCodec,
    single: bool,
    seed: int = 0,
    *,
    config: EventsConfig | None = None,
    changes: Mapping[str, Any] | None = None,
) -> ModelFile:
    """A model of random weights; voices play 40 to 80, `single` notes or chords.

    `changes` are made to its metadata.
    """
    config = config or tiny_config(codec)
    rng = np.random.default_rng(seed)
    parts = {
        "generator": generator_shapes(config),
        "critic": critic_shapes(config),
        "posterior": posterior_shapes(config),
    }
    weights = {
        f"{part}.{name}": value
        for part, shapes in parts.items()
        for name, value in random_weights(shapes, rng).items()
    }
    voices = len(codec.slots)
    described = {
        "kind": "events",
        "codec": {"name": codec.name, "options": dict(codec.options())},
        "config": config.to_json(),
        "voices": {"ranges": [[40, 80]] * voices, "single": [single] * voices},
        "typical": {
            "metre": [4, 4],
            "bpm": 90.0,
            "keys": [[0, 0], [9, 1], [7, 0]],
            "forms": [[0, 0, 2, 2], [0, 1, 1, 0]],
        },
        "style": "tiny",
        "licence": "CC0",
        "seed": seed,
        "steps": 0,
        "metrics": {},
    }
    return ModelFile(weights, {**described, **(changes or {})})
