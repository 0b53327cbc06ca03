"""A loaded frame model and its songs: numpy only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.bars import even_bars, place
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.dynamics import shaped
from musicgan.compose.frames_sampler import FrameRules, draw_frames
from musicgan.compose.habits import Manner, nearest_met
from musicgan.compose.settings import Settings, check_countable
from musicgan.errors import ComposeError
from musicgan.model.file import ModelFile, understood
from musicgan.model.frames import FramesGenerator
from musicgan.model.frames_config import FramesConfig
from musicgan.notes import empty_notes
from musicgan.score import Key, Metre, Score, Tempo
from musicgan.theory import estimate_key
from musicgan.timing import bar_length_step, bpm_to_us

NO_CRITIC = (0, 1)
"""Settings of `critic` that ask for none, which is how frames are always played."""
USELESS = (
    "top_p", "block", "parallels", "crossings", "returns", "tessitura", "form", "chords", "density",
    "register", "instruments", "like",
)  # fmt: skip
"""Settings that a frame model cannot heed."""


@dataclass(frozen=True)
class FramesPlayer:
    """Generator and codec of a frame model."""

    file: ModelFile
    generator: FramesGenerator
    codec: PianorollCodec
    single: NDArray[np.bool_]
    """[S] slots that play one note at a time."""

    critic_habit = 0
    """Frames are played without their critic."""

    @property
    def typical(self) -> dict[str, Any]:
        """The collection's habits: `metre`, `bpm`, `keys` as [tonic, is_minor] by frequency."""
        return dict(self.file.metadata["typical"])


def frames_player_of(file: ModelFile, path: Path) -> FramesPlayer:
    """The player of a model file already read. Raises `ModelFileError`."""
    meta = file.metadata
    with understood(path):
        config = FramesConfig.from_json(meta["config"])
        codec = PianorollCodec(**meta["codec"]["options"])
        if codec.width != config.width:
            raise ValueError(f"frames of {codec.width} cells for a network of {config.width}")
        single = np.array(meta["voices"]["single"], bool).reshape(config.slots)
        generator = FramesGenerator(file.part("generator"), config)
        return FramesPlayer(file=file, generator=generator, codec=codec, single=single)


def compose_frames(player: FramesPlayer, settings: Settings, primer: Score | None = None) -> Score:
    """A song of `settings.bars` bars; a tick is one grid step, and the last bar ends all notes.

    The same player and settings give the same score. A key is met by transposing what was
    drawn in its mode. Raises `ComposeError` for what frames cannot do: a primer, a critic,
    nucleus sampling.
    """
    _check(settings, primer)
    rng = np.random.default_rng(settings.seed)
    typical, grid = player.typical, player.codec.grid
    bpm = settings.tempo_bpm or float(typical["bpm"])
    metre = settings.metre or (typical["metre"][0], typical["metre"][1])
    _, is_minor = typical["keys"][int(rng.integers(len(typical["keys"])))]
    is_minor = settings.key.is_minor if settings.key else bool(is_minor)
    if settings.metre is not None:
        check_countable(settings.metre, grid)
    bar_step = bar_length_step(metre[0], metre[1], grid)
    rules = FrameRules(
        single=player.single,
        longest_rest_step=bar_step,
        last_bar_step=(settings.bars - 1) * bar_step,
        pitched=_breaks_rests(player),
    )
    config = player.generator.config
    manner = nearest_met(typical, Manner(metre, bpm, is_minor))
    conditions = config.conditions(manner.metre, manner.is_minor)[None]
    places = song_places(config, settings.bars, bar_step)[None]
    frames = draw_frames(player.generator, conditions, places, rng, settings.temperature, rules)
    like = Score(
        empty_notes(),
        tempos=(Tempo(0, bpm_to_us(bpm)),),
        metres=(Metre(0, metre[0], metre[1]),),
        ticks_per_beat=grid,
    )
    score = _in_key(player.codec.decode(frames[0], like), settings.key)
    return shaped(score, settings.dynamics, 0, settings.bars * bar_step)


def song_places(config: FramesConfig, bars: int, bar_step: int) -> NDArray[np.int64]:
    """Places [T, 2] of every step of a song of even bars."""
    step = np.arange(bars * bar_step)
    return config.places(*place(step, even_bars(bars, bar_step), config.max_position))


def _breaks_rests(player: FramesPlayer) -> NDArray[np.bool_]:
    """Slots that may break a rest: all but drums, or all where there is nothing else."""
    pitched = np.array([not slot.is_drum for slot in player.codec.slots])
    return pitched if pitched.any() else ~pitched


def _check(settings: Settings, primer: Score | None) -> None:
    if primer is not None:
        raise ComposeError("a frame model takes no primer: leave it out, or use an events model")
    usual = {field.name: field.default for field in fields(Settings)}
    if settings.critic not in (usual["critic"], *NO_CRITIC):
        raise ComposeError(
            f"critic {settings.critic}: a frame model plays without its critic; leave it out"
        )
    for name in USELESS:
        if getattr(settings, name) != usual[name]:
            raise ComposeError(
                f"{name.replace('_', '-')} {getattr(settings, name)}: a frame model has no use "
                "for it; leave it out, and use the temperature"
            )


def _in_key(score: Score, key: Key | None) -> Score:
    """The score moved by the nearest way into `key`, or named by the key it is in."""
    found = estimate_key(score)
    if key is None:
        return replace(score, keys=(found,))
    # Relative keys share their notes: C major is as good a reading of A minor.
    relative = {(False, True): 9, (True, False): 3}.get((found.is_minor, key.is_minor), 0)
    shift = (key.tonic - found.tonic - relative + 6) % 12 - 6
    return replace(score.transposed(shift), keys=(key,))
