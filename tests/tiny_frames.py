"""Frame models small enough to be made in a test: random weights, true shapes, no torch."""

from typing import Any

import numpy as np
from tiny_model import _gru, _linear, random_weights

from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.model.file import ModelFile
from musicgan.model.frames_config import FramesConfig

DUO = (("lead", 0, False), ("drums", 0, True))


def duo_codec() -> PianorollCodec:
    """A lead of two octaves and drums, on sixteenths."""
    return PianorollCodec(grid=4, slots=DUO, low_pitch=36, high_pitch=60)


def tiny_frames_config(codec: PianorollCodec) -> FramesConfig:
    """Sizes that play and train in no time."""
    return FramesConfig(
        slots=len(codec.slots), pitches=codec.n_pitches, max_position=33, hidden=12, embed=10,
        noise=4, critic_hidden=8, critic_channels=4,
    )  # fmt: skip


def frames_shapes(config: FramesConfig) -> dict[str, tuple[int, ...]]:
    """Every parameter of a frame generator by name."""
    hidden, embed, lanes = config.hidden, config.embed, config.lanes
    return {
        "frame.weight": (embed, config.width),
        "place.weight": (sum(config.place_sizes), embed),
        "condition.weight": (sum(config.condition_sizes), embed),
        "noise.weight": (embed, config.noise),
        **_linear("first", config.noise, hidden),
        **_gru(embed, hidden),
        **_linear("onset_out", hidden, lanes),
        **_linear("hold_out", hidden, lanes),
        "hold_given.weight": (lanes, lanes),
    }


def tiny_frames_model(
    single: bool, seed: int = 0, onset_bias: float = -2.0, **metadata: Any
) -> ModelFile:
    """A model file of random weights; the higher `onset_bias`, the denser its music."""
    codec = duo_codec()
    config = tiny_frames_config(codec)
    weights = random_weights(frames_shapes(config), np.random.default_rng(seed))
    weights["onset_out.bias"] += np.float32(onset_bias)
    described = {
        "kind": "frames",
        "codec": {"name": codec.name, "options": dict(codec.options())},
        "config": config.to_json(),
        "voices": {"ranges": [[36, 60]] * 2, "single": [single] * 2},
        "typical": {"metre": [3, 4], "bpm": 90.0, "keys": [[0, 0], [9, 1]]},
        "style": "tiny",
        "licence": "CC0",
        "seed": seed,
        "steps": {},
        "metrics": {},
    }
    return ModelFile({f"generator.{k}": v for k, v in weights.items()}, {**described, **metadata})
