"""The rows of the table: what each method does, from where, and what it leaves behind.

A row trains once (its checkpoint resumes) and keeps weights and costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from musicgan.evaluate.distances import frechet
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.critic_trainer import AdversarialOptions
from musicgan.train.events_run import EventsRun
from musicgan.train.phase import Ema, Phase
from musicgan.train.quality import SongJudge

from .controls import AnchorPhase, FirstCriticPhase
from .figures import real_set, song_set
from .ground import Place, keep
from .matching import MatchBatch, MatchKernel, MatchPairs
from .seqgan import SeqGan
from .textbook_events import Scale, TextbookEvents
from .textbook_frames import TextbookFrames
from .training import run_phases

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
    updates = max(1, round(ours["seconds"] * cheap["updates"] / cheap["seconds"]))
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
    codec, window = place.codec, window_of(run)
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
    keep(found, folder / "trained.json")


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


def textbook_events(place: Place, run: EventsRun) -> TextbookEvents:
    """The textbook phase with the weights that its row has kept."""
    (phase,) = _textbook_events(place, run)
    assert isinstance(phase, TextbookEvents)
    weights = load_file(place.row("textbook-events") / "weights.safetensors")
    phase.ema.module.load_state_dict({k.split(".", 1)[1]: v for k, v in weights.items()})
    return phase


def window_of(run: EventsRun) -> int:
    """Notes in a window of this collection."""
    return _adversarial(run).train.length
