"""Phase one: maximum likelihood, with noise inferred from each window.

Without it a recurrent GAN on discrete music does not learn (RelGAN, SeqGAN). The noise z would
be ignored by likelihood alone; a pooled posterior with free bits ties it to what a window
sounds like.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from musicgan.codecs.events import FIELDS
from musicgan.train import team
from musicgan.train.device.recorded import Recorded
from musicgan.train.losses import free_bits, kl_to_prior
from musicgan.train.networks import Batch, Generator, Posterior
from musicgan.train.optimizer import AdamW
from musicgan.train.phase import Averaged, Ema, follow
from musicgan.train.windows import Windows


@dataclass(frozen=True)
class LikelihoodOptions:
    """Settings of the phase; defaults are the committed recipe's."""

    batch: int = 64
    rate: float = 2e-3
    warmup_steps: int = 100
    weight_decay: float = 0.1
    clip: float = 1.0
    free_nats: float = 8.0
    ema: float = 0.998
    bf16: bool = True


WITH_BF16 = (8, 0)
"""CUDA's compute capability from Ampere on; torch itself counts emulation in."""
MOST_WINDOWS = 256
"""Windows that an evaluation asks about, which takes as long as 7 updates; of 700 files there are
700, and a fine-tuning asked about all of them spent half its time on it."""


HELD_OUT_ROWS = 128
"""Of these at once, where memory has not run short."""


def autocast(device: torch.device, enabled: bool) -> torch.autocast:
    """bf16 where the hardware has it; emulated it is slower than float32."""
    if device.type == "cuda":
        has = torch.cuda.get_device_capability(device) >= WITH_BF16
        return torch.autocast("cuda", torch.bfloat16, enabled=enabled and has)
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled and has_bf16())


def has_bf16() -> bool:
    """Can this processor multiply bf16 natively?"""
    # Torch built without oneDNN, as for Apple's processors, does not even know the question.
    built = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
    return built and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def schedule(step: int, progress: float, warmup_steps: int) -> float:
    """Learning-rate factor: linear warm-up, then a cosine down to 2%."""
    return min(1.0, (step + 1) / warmup_steps) * (0.51 + 0.49 * math.cos(math.pi * progress))


def evaluated_every(valid: Windows) -> int:
    """Updates between evaluations of what is fine-tuned: it is soon at its best, and soon past it.

    25; more where an evaluation is long, so that it takes no more than a fifteenth of the time.
    """
    windows = min(MOST_WINDOWS, valid.rows // valid.length)
    return 25 * max(1, -(-windows // 64))


class Ahead(NamedTuple):
    """Windows drawn for the next update, and the random state before they were."""

    rows: int
    rng: Mapping[str, Any]
    batch: Batch


class LikelihoodPhase(Averaged):
    """Generator and posterior learn the training windows; selected by held-out likelihood."""

    name = "likelihood"
    share = 0.6
    fewest = 300

    def __init__(
        self,
        generator: Generator,
        posterior: Posterior,
        train: Windows,
        valid: Windows,
        seed: int,
        options: LikelihoodOptions,
        device: torch.device,
        max_steps: int,
        eval_steps: int = 100,
        patience: int = 6,
    ) -> None:
        self.generator, self.posterior = generator.to(device), posterior.to(device)
        self.train, self.valid = train, valid
        self.options, self.device = options, device
        self.max_steps, self.eval_steps, self.patience = max_steps, eval_steps, patience
        self.rng = np.random.default_rng([seed, 1])
        self.draws_ahead = device.type != "cpu"
        """On a CPU there is nobody else at work."""
        self._ahead: Ahead | None = None
        self.network = torch.nn.ModuleList([self.generator, self.posterior])
        self.optimizer = AdamW(
            self.network.parameters(), options.rate, (0.9, 0.98), weight_decay=options.weight_decay
        )
        self.ema = Ema(self.network, options.ema)
        # What several processes say to one another is not part of a recording.
        alone = team.size() == 1
        self._gradients = Recorded(self._backward, self.network) if alone else self._backward

    def begin(self) -> None:
        """Nothing to prepare."""

    def step(self, progress: float) -> dict[str, float]:
        """One update on random transposed windows."""
        options = self.options
        self.learn_at(options.rate * schedule(self.steps, progress, options.warmup_steps))
        self.network.train()
        found = self._gradients(self._next().columns())
        norm = follow(self.optimizer, self.network.parameters(), options.clip)
        self.ema.update()
        self._draw_ahead()
        self.steps += 1
        return {**{name: float(value) for name, value in found.items()}, "gradient": float(norm)}

    def _backward(self, columns: Mapping[str, Any]) -> Mapping[str, torch.Tensor]:
        """Leave the gradients of the loss on these windows with the parameters."""
        batch, options = Batch(**columns), self.options
        with autocast(self.device, options.bf16):
            nll, kl = elbo(self.generator, self.posterior, batch)
        # Of all processes, each of which has as many windows.
        known, total, kl_mean = map(team.mean, (batch.mask.sum(), nll.sum(), kl.mean()))
        loss = (total + free_bits(kl_mean, options.free_nats) * len(kl)) / known
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        return {"train_nll": (total / known).detach(), "kl_nats": kl_mean.detach()}

    def _next(self) -> Batch:
        """The windows of this update, as many as there is room for by now."""
        rows, ahead, self._ahead = self.ease.rows(self.options.batch), self._ahead, None
        if ahead is not None:
            if ahead.rows == rows:
                return ahead.batch
            self.rng.bit_generator.state = ahead.rng
        return self.train.draw(rows, self.rng, self.steps).to(self.device)

    def _draw_ahead(self) -> None:
        """The next update's windows, while the device is at work."""
        if not self.draws_ahead:
            return
        rng, rows = self.rng.bit_generator.state, self.ease.rows(self.options.batch)
        batch = self.train.draw(rows, self.rng, self.steps + 1).to(self.device)
        self._ahead = Ahead(rows, rng, batch)

    def state(self) -> dict[str, Any]:
        """As ever; what was drawn ahead will be drawn again."""
        state = super().state()
        return state if self._ahead is None else {**state, "rng": self._ahead.rng}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().load_state(state)
        self._ahead = None

    def evaluate(self) -> dict[str, float]:
        """Nats a note on all held-out windows; see `held_out`."""
        generator, posterior = self.ema.module.children()
        assert isinstance(generator, Generator) and isinstance(posterior, Posterior)
        bf16 = self.options.bf16
        rows = self.ease.rows(HELD_OUT_ROWS)
        return held_out(generator, posterior, self.valid, self.device, bf16, MOST_WINDOWS, rows)


def elbo(
    generator: Generator, posterior: Posterior, batch: Batch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Field likelihoods [B, T, heads] with z drawn from the posterior, and its KL [B], in nats."""
    mu, log_var = posterior(batch)
    noise = mu + (0.5 * log_var).exp() * team.normal_like(mu)
    return generator(batch, noise), kl_to_prior(mu, log_var)


@torch.no_grad()
def held_out(
    generator: Generator,
    posterior: Posterior,
    windows: Windows,
    device: torch.device,
    bf16: bool,
    most: int | None = None,
    rows: int = HELD_OUT_ROWS,
) -> dict[str, float]:
    """Nats a note over all windows, or `most` of them, END included; `rows` are heard at once.

    `nll` is the variational bound (reconstruction by a drawn z plus KL): at most the truth is
    better. `nll_without_noise` feeds z = 0. Where the network looks back, both are given the
    form of the pieces; `nll_without_form` is not.
    """
    batches = windows.every(rows, most=most)
    figures = _figures(generator, posterior, batches, device, bf16, blind=True)
    if windows.layout.looks_back:
        forgetting = windows.every(rows, forgets=True, most=most)
        figures["nll_without_form"] = bound(generator, posterior, forgetting, device, bf16)
    return {**figures, "score": figures["nll"]}


@torch.no_grad()
def bound(
    generator: Generator,
    posterior: Posterior,
    batches: Iterator[Batch],
    device: torch.device,
    bf16: bool,
) -> float:
    """`nll` of `held_out` over these batches, and nothing that is not needed for it."""
    return _figures(generator, posterior, batches, device, bf16, blind=False)["nll"]


def _figures(
    generator: Generator,
    posterior: Posterior,
    batches: Iterator[Batch],
    device: torch.device,
    bf16: bool,
    blind: bool,
) -> dict[str, float]:
    total: dict[str, float] = {}
    rows = 0.0
    draws = torch.Generator().manual_seed(0)
    for batch in _on(batches, device):
        with autocast(device, bf16):
            mu, log_var = posterior(batch)
            noise = torch.randn(mu.shape, generator=draws).to(device)
            nll = generator(batch, mu + (0.5 * log_var).exp() * noise)
            unheard = generator(batch, torch.zeros_like(mu)) if blind else None
        figures = {
            "nll": nll.sum() + kl_to_prior(mu, log_var).sum(),
            **({} if unheard is None else {"nll_without_noise": unheard.sum()}),
            **{f"nll_{FIELDS[i]}": nll[..., i].sum() for i in range(nll.shape[-1])},
        }
        for name, value in figures.items():
            total[name] = total.get(name, 0.0) + float(value)
        rows += float(batch.mask.sum())
    return {name: value / rows for name, value in total.items()}


def _on(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    for batch in batches:
        yield batch.to(device)
