"""The rows of the table: what each method does, from where, and what it leaves behind.

A row trains once (its checkpoint resumes), keeps weights and costs, and is measured over
temperatures, or over numbers of candidates where a critic guides it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from musicgan.codecs.events import EventsCodec
from musicgan.evaluate.distances import frechet
from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.critic_trainer import AdversarialOptions
from musicgan.train.phase import Ema, Phase
from musicgan.train.quality import SongJudge
from musicgan.train.rollout import played
from musicgan.train.run import EventsRun

from .controls import AnchorPhase, FirstCriticPhase
from .figures import NOTES, measured, real_set, song_set, templates, training_set
from .ground import Place
from .matching import MatchBatch, MatchKernel, MatchPairs
from .seqgan import SeqGan
from .songs import cost_ms, distinct_greedy, free_songs, guided_songs
from .textbook_events import Scale, TextbookEvents
from .textbook_frames import TextbookFrames
from .training import run_phases

TEMPERATURES = (1.05, 1.0, 0.95, 0.9, 0.85, 0.8)
GUIDES = ((4, 1.0), (8, 1.05), (8, 1.0), (8, 0.95), (8, 0.9), (16, 1.0), (16, 0.95), (32, 1.0))
"""Candidates and temperature."""
CRITIC_LESSONS = 200
"""After the adversarial phase; a critic of the likelihood's generator gets as many updates."""
TEXTBOOK_UPDATES = 8
"""Of those on note tuples, for each update of ours: theirs are cheap."""


@dataclass(frozen=True)
class Row:
    """One method."""

    title: str
    start: str | None
    """The row whose weights it begins with; None: from nothing."""
    phases: Callable[[Place, EventsRun], list[Phase]]
    guided: bool = False
    """Whether its critic guides its songs when it is measured."""


def _likelihood(place: Place, run: EventsRun) -> list[Phase]:
    return [run.phases[0]]


def _like_ours(
    kind: type[AdversarialPhase], **changes: Any
) -> Callable[[Place, EventsRun], list[Phase]]:
    """The adversarial phase of the trainer, of another `kind` or with other options."""

    def phases(place: Place, run: EventsRun) -> list[Phase]:
        usual = _adversarial(run)
        return [
            kind(
                run.generator, run.posterior, run.critic, usual.judge, usual.train, usual.valid,
                place.seed, replace(run.options.adversarial, **changes), run.device,
                place.updates, patience=0,
            )
        ]  # fmt: skip

    return phases


def _seqgan(place: Place, run: EventsRun) -> list[Phase]:
    """Half as many updates: with its roll-outs they take about as long as all of ours."""
    (phase,) = _like_ours(SeqGan, anchor=0.0, critic_updates=2)(place, run)
    phase.max_steps = max(1, place.updates // 2)
    return [phase]


def _same_time(place: Place, run: EventsRun) -> list[Phase]:
    """As many updates of likelihood as take the time of our phase."""
    ours, cheap = (place.read(row, "trained.json") for row in ("ours", "mle-updates"))
    updates = round(ours["seconds"] / (cheap["seconds"] / cheap["updates"]))
    (phase,) = _like_ours(AnchorPhase)(place, run)
    phase.max_steps, phase.eval_steps = updates, max(25, updates // 16)
    return [phase]


def _critic_of_ours(place: Place, run: EventsRun) -> list[Phase]:
    return [_lessons(CriticPhase, run, CRITIC_LESSONS)]


def _critic_of_likelihood(place: Place, run: EventsRun) -> list[Phase]:
    options = run.options.adversarial
    extra = place.updates * options.critic_updates // options.lesson_updates
    return [_lessons(FirstCriticPhase, run, CRITIC_LESSONS + extra)]


def _lessons(kind: type[CriticPhase], run: EventsRun, lessons: int) -> CriticPhase:
    usual = _adversarial(run)
    assert isinstance(usual.judge, SongJudge)
    phase = kind(usual, usual.judge, lessons)
    phase.patience = 0
    return phase


def _adversarial(run: EventsRun) -> AdversarialPhase:
    phase = run.phases[1]
    assert isinstance(phase, AdversarialPhase)
    return phase


def _textbook_events(place: Place, run: EventsRun) -> list[Phase]:
    valid = place.songs(run, "valid")
    codec = _codec(place)
    window = _adversarial(run).train.length
    real = real_set(valid, codec, window).descriptors

    def judge(songs: Any) -> float:
        like = [valid[i % len(valid)] for i in range(len(songs))]
        some = song_set(list(songs), like, codec, window)
        return frechet(real, some.descriptors) if some is not None else float("inf")

    scale = Scale(run.config.layout, run.ranges)
    windows = _adversarial(run).train
    return [
        TextbookEvents(
            windows,
            scale,
            judge,
            place.seed,
            place.hidden,
            TEXTBOOK_UPDATES * place.updates,
            run.device,
        )
    ]


ROWS = {
    "mle": Row("maximum likelihood", None, _likelihood),
    "ours": Row("candidate blocks + feature matching", "mle", _like_ours(AdversarialPhase)),
    "mle-updates": Row("likelihood, as many updates more", "mle", _like_ours(AnchorPhase)),
    "mle-time": Row("likelihood, as much time more", "mle", _same_time),
    "ours-unmatched": Row(
        "candidate blocks, no feature matching", "mle",
        _like_ours(AdversarialPhase, feature_weight=0.0),
    ),
    "match-pairs": Row("feature matching per pair", "mle", _like_ours(MatchPairs)),
    "match-batch": Row("feature matching on batch statistics", "mle", _like_ours(MatchBatch)),
    "match-kernel": Row("kernel MMD", "mle", _like_ours(MatchKernel)),
    "seqgan": Row("policy gradient with roll-outs (SeqGAN)", "mle", _seqgan),
    "textbook-events": Row("textbook recurrent GAN, note tuples", None, _textbook_events),
    "textbook-frames": Row("textbook recurrent GAN, frames", None, _likelihood),
    "mle-critic": Row("likelihood + critic", "mle", _critic_of_likelihood, True),
    "ours-critic": Row("ours + critic", "ours", _critic_of_ours, True),
}  # fmt: skip
"""In the order in which they can be run."""


def train_row(place: Place, name: str) -> None:
    """Train a row to the end, unless that was done."""
    folder = place.row(name)
    if (folder / "trained.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if name == "textbook-frames":
        TextbookFrames(place).train(folder)
    else:
        _train_events(place, name, folder)


def _train_events(place: Place, name: str, folder: Path) -> None:
    run, row = place.run(), ROWS[name]
    if row.start is not None:
        load_weights(place, row.start, run)
    phases = row.phases(place, run)
    found = run_phases(place, name, phases)
    modules = {"generator": run.generator, "posterior": run.posterior}
    if isinstance(phases[0], TextbookEvents):
        modules = {"numbers": phases[0].ema.module}
    elif not isinstance(phases[0], AnchorPhase) and row.start is not None:
        modules["critic"] = run.critic.ema.module
    save_modules(modules, folder / "weights.safetensors")
    (folder / "trained.json").write_text(json.dumps(found, indent=1))


def save_modules(modules: dict[str, torch.nn.Module], path: Path) -> None:
    """The parameters of modules in one file, by their names."""
    weights = {
        f"{prefix}.{name}": value.detach().cpu().contiguous()
        for prefix, module in modules.items()
        for name, value in module.state_dict().items()
    }
    save_file(weights, path)


def load_weights(place: Place, name: str, run: EventsRun) -> None:
    """A row's weights into fresh networks; the critic's too, where the row has one."""
    place.read(name, "trained.json")
    weights = load_file(place.row(name) / "weights.safetensors")
    options: AdversarialOptions = run.options.adversarial
    for prefix, module in (
        ("generator", run.generator),
        ("posterior", run.posterior),
        ("critic", run.critic.critic),
    ):
        own = {k[len(prefix) + 1 :]: v for k, v in weights.items() if k.startswith(prefix + ".")}
        if own:
            module.load_state_dict(own)
    run.critic.ema = Ema(run.critic.critic, options.critic_ema)


def measure_row(place: Place, name: str) -> None:
    """Measure a trained row, unless that was done; what it finds is kept in `figures.json`."""
    path = place.row(name) / "figures.json"
    if path.is_file():
        return
    run, codec = place.run(), _codec(place)
    window = _adversarial(run).train.length
    train, test = (place.songs(run, part) for part in ("train", "test"))
    real, training = real_set(test, codec, window), training_set(train, codec, window)
    found = []
    for settings, rows, like in _sets(place, name, run, train, window):
        some = song_set(rows, like, codec, window)
        figures = measured(some, real, training) if some is not None else {}
        found.append({**settings, **figures})
        print(name, {k: round(v, 3) if v is not None else v for k, v in found[-1].items()})
    extra = _extra(name, run) if not name.startswith("textbook") else {}
    path.write_text(json.dumps({"points": found, **extra}, indent=1))


def _sets(place: Place, name: str, run: EventsRun, train: Any, window: int) -> Any:
    """The sets of songs that a row is measured by: settings, rows, the pieces they are like."""
    if name == "textbook-frames":
        yield from TextbookFrames(place).sets(place.row(name), _codec(place))
        return
    like = templates(train, np.random.default_rng([place.seed, 7]), window)
    if name == "textbook-events":
        (phase,) = _textbook_events(place, run)
        assert isinstance(phase, TextbookEvents)
        weights = load_file(place.row(name) / "weights.safetensors")
        phase.ema.module.load_state_dict({k.split(".", 1)[1]: v for k, v in weights.items()})
        yield {}, list(phase.draw(len(like), NOTES, np.random.default_rng([place.seed, 8]))), like
        return
    load_weights(place, name, run)
    generator, critic = _played(run)
    for candidates, temperature in GUIDES if ROWS[name].guided else [(0, t) for t in TEMPERATURES]:
        rng = np.random.default_rng([place.seed, 8])
        if candidates:
            rows = guided_songs(generator, critic, like, NOTES, rng, temperature, candidates)
        else:
            rows = free_songs(generator, like, NOTES, rng, temperature)
        yield {"temperature": temperature, "candidates": candidates}, list(rows), like


def _extra(name: str, run: EventsRun) -> dict[str, Any]:
    generator, critic = _played(run)
    song = run.songs[0][0]
    if ROWS[name].guided:
        return {"cost_ms": {k: cost_ms(generator, critic, song, k) for k in (0, 4, 8, 16, 32)}}
    return {"distinct_greedy": distinct_greedy(generator, song)}


def _played(run: EventsRun) -> tuple[PlayedGenerator, PlayedCritic]:
    config = run.config
    generator = PlayedGenerator(played(run.generator), config)
    return generator, PlayedCritic(played(run.critic.ema.module), config)


def _codec(place: Place) -> EventsCodec:
    codec = place.corpus.codec
    assert isinstance(codec, EventsCodec)
    return codec
