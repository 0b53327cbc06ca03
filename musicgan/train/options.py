"""What a run can be told, and what every run says of itself in its model file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from musicgan.codecs.base import Codec
from musicgan.compose.settings import TEMPOS_BPM
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.errors import DeviceError
from musicgan.model.config import EventsConfig
from musicgan.model.frames_config import FramesConfig
from musicgan.train.augment import Augmentation
from musicgan.train.critic_trainer import AdversarialOptions
from musicgan.train.frames_adversarial import FramesAdversarialOptions
from musicgan.train.likelihood import LikelihoodOptions
from musicgan.train.pace import affordable

SHORT_MINUTES = 20
NARROW, WIDE = 256, 384
STATED = 0.1
"""The tempos of files count when at least this share of them states one."""
FEWEST_STEPS, FEWEST_FINE_STEPS = 600, 200
"""Of the likelihood phase, at random and from a model, however small the collection."""


def _fine_tuning() -> LikelihoodOptions:
    """Half the rate of a beginning at random.

    30 tunes of the Nottingham collection, begun with the lieder model, came to .778, .768 and
    .782 nats a note at rates of 5e-4, 1e-3 and 2e-3; at random, to .962.
    """
    return LikelihoodOptions(rate=1e-3, warmup_steps=25)


UNHURRIED_MINUTES = 5
"""60 lessons take 20 to 50 s on a CPU, of which a phase of a shorter run has hardly more."""
JUDGED_SONGS, FEWEST_JUDGED = 128, 24
"""That an evaluation draws, and that it draws at the least."""
FEW_FOR_A_CRITIC = 150
"""Pieces; between the 78 of `for_few` and the 332 chorales, whose critic needs no such care."""


@dataclass(frozen=True)
class Options:
    """Everything a run can be told. `minutes` None: to the plateau."""

    style: str = "my-style"
    licence: str = "unstated"
    minutes: float | None = None
    seed: int = 0
    device: str | None = None
    codec: str = "events"
    voices: tuple[str, ...] = ()
    """Names of the track slots, "NAME" or "NAME:PROGRAM"; the files' own where empty."""
    grid: int | None = None
    """Steps a beat; None: by the music."""
    velocities: int | None = None
    """How many are told apart; None: by the music."""
    tracks: str | None = None
    """"order" or "instrument": what tells which track is which voice; None: by the music."""
    pedal: bool | None = None
    """Whether the sustain pedal is folded into durations; None: by the music."""
    fine: int | None = None
    """Parts of a step in which onsets are told apart, 1 for the grid alone; None: by the music."""
    drums: bool | None = None
    """Whether drums have a voice; None: by the music."""
    start: str = "none"
    """A style or model file to begin with, "nearest" for the bundled one that knows this music
    best, or "none"."""
    hidden: int | None = None
    """Width of the generator; None: `width` decides."""
    dropout: float = 0.4
    critic_dropout: float = 0.4
    slow_critic: bool | None = None
    """Whether the critic learns slowly; None: where there are few pieces, see `for_few`."""
    candidates: int | None = None
    """How many the critic weighs when songs are played, 0 for none; None: what serves best."""
    parallels: float | None = None
    """How many times as likely parallels become when songs are played; None: as in the music."""
    crossings: float | None = None
    """And voices that cross."""
    returns: float | None = None
    """And what an earlier bar suggests."""
    tessitura: float | None = None
    """How far voices are held to their usual heights when songs are played; None: what serves
    best."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    likelihood: LikelihoodOptions = field(default_factory=LikelihoodOptions)
    adversarial: AdversarialOptions = field(default_factory=AdversarialOptions)
    likelihood_epochs: float = 200.0
    """Passes over the music that the likelihood phase's schedule is laid out for."""
    fine_tuning: LikelihoodOptions = field(default_factory=_fine_tuning)
    """Instead of `likelihood`, where a run begins with a model."""
    fine_tuning_epochs: float = 100.0
    likelihood_steps: int | None = None
    """Updates of it instead."""
    adversarial_steps: int = 1000
    critic_steps: int = 600
    frames: FramesAdversarialOptions = field(default_factory=FramesAdversarialOptions)

    @property
    def width(self) -> int:
        """The width asked for, else the one that learns most in the time given.

        In a few minutes a narrow network hears more notes: side by side, with `--minutes 2` and
        a core each, 40 fiddle tunes took width 256 to 2.90 nats a note and width 384 to 3.03.
        Where the one overtakes the other was not measured.
        """
        if self.hidden is not None:
            return self.hidden
        short = self.minutes is not None and self.minutes < SHORT_MINUTES
        return NARROW if short else WIDE


def likelihood_steps(options: Options, rows: int, window: int) -> int:
    """Updates for the passes asked for over `rows` notes or frames in windows of `window`.

    A small collection over-fits after about as many passes as a large one, not as many updates,
    and the learning rate should have come down by then.
    """
    if options.likelihood_steps is not None:
        return options.likelihood_steps
    at_random = options.start == "none"
    epochs = options.likelihood_epochs if at_random else options.fine_tuning_epochs
    updates = epochs * rows / (options.likelihood.batch * window)
    return max(FEWEST_STEPS if at_random else FEWEST_FINE_STEPS, round(updates))


def within(options: AdversarialOptions, minutes: float | None) -> AdversarialOptions:
    """`options` with no more first lessons for the critic than a run of so many minutes has time
    for: all of them from `UNHURRIED_MINUTES` on.
    """
    lessons = affordable(options.critic_warmup, 2, minutes, UNHURRIED_MINUTES)
    return replace(options, critic_warmup=lessons)


def songs_to_judge(minutes: float | None) -> int:
    """Songs that an evaluation of a run of so many minutes draws; None: as long as it takes.

    All of them take some 10 s on a slow CPU, and the shortest run has four such evaluations.
    """
    return affordable(JUDGED_SONGS, FEWEST_JUDGED, minutes, UNHURRIED_MINUTES)


def has_slow_critic(options: Options, pieces: int) -> bool:
    """Whether a critic of so many pieces learns slowly: as asked, else where they are few."""
    return pieces < FEW_FOR_A_CRITIC if options.slow_critic is None else options.slow_critic


def for_few(options: Options, pieces: int) -> Options:
    """`options` for a collection of so many pieces: of few, a critic learns slowly.

    It soon knows them by heart, and what it then says of all else moves songs away from music:
    of 78 pieces of game music the songs' Frechet distance went from 28 to 132 in 100 updates.
    With these settings it was 27 after 50, 34 after 150, 51 after 200: the best is what is kept.
    """
    if not has_slow_critic(options, pieces):
        return options
    slow = options.adversarial
    slow = replace(slow, critic_rate=slow.critic_rate / 4, rate=slow.rate / 2)
    return replace(options, adversarial=slow, critic_dropout=max(options.critic_dropout, 0.6))


def choose_device(name: str | None) -> torch.device:
    """The device asked for, else CUDA where there is one, else the CPU.

    Raises `DeviceError` when what was asked for is not there.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # "meta" makes tensors, but there is nothing in them
    except (RuntimeError, AssertionError, NotImplementedError):
        count = torch.cuda.device_count()
        there = ", ".join(["cpu", *(f"cuda:{i}" for i in range(count))])
        raise DeviceError(f"device {name!r} cannot be used here: choose of {there}") from None
    return device


def typical(pieces: Sequence[Piece]) -> dict[str, Any]:
    """What songs are like unless asked otherwise, and what can be asked of them.

    The commonest metre and all metres, commonest first; the median of the tempos that files
    state, unless hardly any does, as far as it can be asked for, and the range of all; the key
    of every piece.
    """
    metres = [list(metre) for metre, _ in Counter(piece.metre for piece in pieces).most_common()]
    keys = sorted([piece.key.tonic, int(piece.key.is_minor)] for piece in pieces)
    bpms = [piece.bpm for piece in pieces]
    stated = [piece.bpm for piece in pieces if piece.states_tempo]
    if len(stated) < STATED * len(pieces):
        stated = bpms
    return {
        "metre": metres[0],
        "metres": metres,
        "bpm": round(float(np.clip(np.median(stated), *TEMPOS_BPM)), 1),
        "bpm_range": [min(bpms), max(bpms)],
        "keys": keys,
    }


class Described(Protocol):
    """What a model file tells of the run that made it."""

    corpus: Corpus
    options: Options
    ranges: NDArray[np.int64]
    """[V, 2] lowest and highest pitch of each voice."""
    single: list[bool]
    """[V] which play one note at a time."""

    @property
    def music(self) -> dict[str, int]:
        """How many `pieces` there were to learn, and how many `held_out`."""
        ...

    @property
    def typical(self) -> dict[str, Any]:
        """What songs are like unless asked otherwise."""
        ...

    @property
    def codec(self) -> Codec:
        """How scores became rows."""
        ...

    @property
    def config(self) -> EventsConfig | FramesConfig:
        """Sizes of the networks."""
        ...


def about(kind: str, run: Described, history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The metadata of a model file; keys as `ModelFile` has them."""
    return {
        "kind": kind,
        "music": run.music,
        "options": settings_of(run.options),
        "codec": {"name": run.codec.name, "options": dict(run.codec.options())},
        "config": run.config.to_json(),
        "voices": {"ranges": run.ranges.tolist(), "single": run.single},
        "typical": run.typical,
        "style": run.options.style,
        "licence": run.options.licence,
        "manifest": run.corpus.manifest_hash,
        "seed": run.options.seed,
        "steps": {str(record["phase"]): int(record["step"]) for record in history},
        "metrics": best_of(history),
    }


def settings_of(options: Options) -> dict[str, Any]:
    """All settings of a run, resolved, JSON-ready."""
    settings = {**vars(options), "hidden": options.width}
    return dict(json.loads(json.dumps(settings, default=vars, sort_keys=True)))


def best_of(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The selected evaluation of each phase."""
    best: dict[str, Any] = {}
    for record in history:
        name = str(record["phase"])
        if name not in best or record["score"] < best[name]["score"]:
            best[name] = {key: _short(value) for key, value in record.items()}
    return best


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
