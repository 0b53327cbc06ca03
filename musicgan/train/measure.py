"""What only a model can be asked: how well it expects real music, in nats a note.

A note's figure sums its attributes, as training reports it; 0 would be to know every note.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from musicgan.compose.player import Player
from musicgan.corpus.piece import Piece
from musicgan.errors import EvaluateError
from musicgan.model.config import EventsConfig
from musicgan.train.likelihood import LikelihoodOptions, LikelihoodPhase
from musicgan.train.losses import kl_to_prior
from musicgan.train.networks import Batch, Generator, Posterior
from musicgan.train.optimizer import AdamW
from musicgan.train.options import NARROW
from musicgan.train.songs import analyse_pieces
from musicgan.train.windows import Windows

WINDOW = 128
BATCH = 16
FIT_STEPS = 30
FIT_RATE = 0.15
MOST_WINDOWS = 256
"""Looked at, spread evenly over the pieces: fitting takes some seconds for each dozen."""
CHECK_STEPS = 25
HELD_OUT = 8
"""Of the pieces that a fresh model learns from, one in so many says when to stop."""


def model_nll(player: Player, pieces: Sequence[Piece]) -> dict[str, float]:
    """`nll`, `nll_without_noise` and `nll_without_form` of a generator on `pieces`, END included.

    `nll` is the variational bound, above the truth: reconstruction plus KL, with a Gaussian over
    the noise z fitted to each window: what a posterior guesses at once would be further above.
    Of more than `MOST_WINDOWS` windows so many are taken, spread evenly.
    `nll_without_noise` feeds z = 0. Both are given the form of the pieces where the network looks
    back; then there is `nll_without_form`, which is not. The weights do not change.
    """
    config = player.generator.config
    generator = Generator(config)
    weights = player.file.part("generator")
    generator.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in weights.items()})
    generator.eval().requires_grad_(False)
    windows = _windows(player, pieces, config)
    figures = _nats(generator, list(windows.every(BATCH)))
    if config.layout.looks_back:
        alone = _nats(generator, list(windows.every(BATCH, forgets=True)))
        figures["nll_without_form"] = alone["nll"]
    return figures


def _nats(generator: Generator, batches: Sequence[Batch]) -> dict[str, float]:
    """`nll` and `nll_without_noise` over some of the batches, spread evenly."""
    total = blind = rows = 0.0
    for index in np.unique(np.linspace(0, len(batches) - 1, MOST_WINDOWS // BATCH).round()):
        batch = batches[int(index)]
        zero = torch.zeros(len(batch.mask), generator.config.noise)
        blind += float(generator(batch, zero).sum())
        total += _fitted(generator, batch)
        rows += float(batch.mask.sum())
    return {"nll": total / rows, "nll_without_noise": blind / rows}


def _fitted(generator: Generator, batch: Batch) -> float:
    """Nats of all windows of a batch, by the bound, each with a Gaussian over z of its own."""
    size = len(batch.mask), generator.config.noise
    draws = torch.Generator().manual_seed(0)
    mu = torch.zeros(size, requires_grad=True)
    log_var = torch.zeros(size, requires_grad=True)

    def bound() -> Tensor:
        noise = mu + (0.5 * log_var).exp() * torch.randn(size, generator=draws)
        return torch.add(generator(batch, noise).sum(), kl_to_prior(mu, log_var).sum())

    optimizer = AdamW([mu, log_var], FIT_RATE, weight_decay=0.0)
    for step in range(FIT_STEPS):
        optimizer.param_groups[0]["lr"] = FIT_RATE * (1 - step / FIT_STEPS)
        optimizer.zero_grad()
        bound().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return float(torch.stack([bound() for _ in range(4)]).mean())


def _windows(player: Player, pieces: Sequence[Piece], config: EventsConfig) -> Windows:
    songs = analyse_pieces(pieces, config, player.rules.ranges)
    return Windows(songs, WINDOW, config.layout)


def reverse_nll(
    player: Player,
    lessons: Sequence[Piece],
    real: Sequence[Piece],
    minutes: float,
    seed: int = 0,
    options: LikelihoodOptions = LikelihoodOptions(),  # noqa: B008 - it is frozen
) -> float:
    """Nats a note of `real` under a fresh network that learned from `lessons` alone.

    Catches collapse, which the songs' own likelihood does not see (Zhao et al. 2018): who learned
    from a few songs over and over is surprised by music. The network is of the player's kind but
    narrow, learns by likelihood for `minutes` of the processor's time, so that a busy machine is
    no handicap, and is the one that expects best the lessons kept from it.
    Raises `EvaluateError` with fewer than 2 lessons.
    """
    if len(lessons) < 2:
        raise EvaluateError(f"{len(lessons)} pieces to learn from: give at least 2")
    torch.manual_seed(seed)
    config = player.generator.config
    config = replace(config, hidden=min(config.hidden, NARROW))
    kept = set(range(0, len(lessons), HELD_OUT))
    parts = [[p for i, p in enumerate(lessons) if (i in kept) == out] for out in (False, True)]
    train, valid = (_windows(player, part, config) for part in parts)
    phase = LikelihoodPhase(
        Generator(config, 0.4), Posterior(config), train, valid, seed,
        options, torch.device("cpu"), max_steps=10**9,
    )  # fmt: skip
    best, weights = float("inf"), copy.deepcopy(phase.ema.module.state_dict())
    begin = time.process_time()
    while (passed := (time.process_time() - begin) / (60 * minutes)) < 1 or best == float("inf"):
        phase.step(min(passed, 1.0))
        if phase.steps % CHECK_STEPS == 0:
            score = phase.evaluate()["nll"]
            if score < best:
                best, weights = score, copy.deepcopy(phase.ema.module.state_dict())
    phase.ema.module.load_state_dict(weights)
    phase.valid = _windows(player, real, config)
    return phase.evaluate()["nll"]
