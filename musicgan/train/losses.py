"""Every loss, each a small pure function of tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def kl_to_prior(mu: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mu, exp(log_var)) || N(0, 1)) in nats a song, [B, Z] -> [B]."""
    return 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum(-1)


def free_bits(kl: Tensor, nats: float) -> Tensor:
    """A KL that costs nothing below `nats`, on the batch's mean: scalar -> scalar.

    Without the free allowance a strong decoder ignores the noise (Kingma et al. 2016).
    """
    return kl.clamp(min=nats)


def critic_loss(real: Tensor, fake: Tensor, flip: float = 0.0) -> Tensor:
    """Cross-entropy of verdicts at every note, real [B, T] against fake [B', T].

    `flip` is the share of labels swapped, as smoothing: it bounds the logits of a critic that
    is always right.
    """
    on_real = (1 - flip) * F.softplus(-real) + flip * F.softplus(real)
    on_fake = (1 - flip) * F.softplus(fake) + flip * F.softplus(-fake)
    return 0.5 * (on_real.mean() + on_fake.mean())


def feature_gap(real: Tensor, fake: Tensor) -> Tensor:
    """Feature matching on batch statistics: squared distance of means and of deviations.

    Features are [N, H]; the real side is detached. Statistics of the batch, never pairs: matched
    pair by pair the expectation holds the variances of both sides, which rewards collapse.
    """
    real = real.detach()
    means = (real.mean(0) - fake.mean(0)).square().mean()
    spreads = (real.std(0, correction=0) - fake.std(0, correction=0)).square().mean()
    return means + spreads


def feature_witness(real: Tensor, fake: Tensor, candidates: Tensor) -> Tensor:
    """How much each candidate would close the gap of batch statistics, [..., H] -> [...].

    The notes are discrete, so the gradient of feature matching cannot flow through them. This is
    its first-order effect instead: how fast |mean_r - mean_f|^2 + |m2_r - m2_f|^2 / 2 (m2: second
    moments) falls as a sample gains weight, features standardised by the real batch [N, H]. Up
    to a constant that all candidates share.
    """
    centre, scale = real.mean(0), real.std(0, correction=0) + 1e-3
    real, fake, candidates = ((x - centre) / scale for x in (real, fake, candidates))
    first = real.mean(0) - fake.mean(0)
    second = real.square().mean(0) - fake.square().mean(0)
    return (candidates @ first + candidates.square() @ second * 0.5) / real.shape[-1]


def balanced(advice: Tensor, scores: Tensor) -> Tensor:
    """`advice` scaled to spread as much as `scores` do, both [G, K], over candidates.

    The witness of feature matching has no scale of its own: it grows as the critic learns, and
    unbalanced it drowned the log-ratios and the songs got worse (Frechet 21 after 25 updates,
    26 after 50). After the loss balancer of EnCodec (Defossez et al. 2022).
    """
    spread = advice.std(-1).mean()
    return advice * (scores.std(-1).mean() / spread.clamp(min=1e-8))


def candidate_weights(scores: Tensor, clamp: float = 4.0) -> Tensor:
    """Softmax over candidates of scores clamped about their mean, [..., K] -> [..., K]."""
    centred = scores - scores.mean(-1, keepdim=True)
    return centred.clamp(-clamp, clamp).softmax(-1)


def candidate_push(scores: Tensor) -> Tensor:
    """How much likelier each candidate should become by its score, [..., K] -> [..., K].

    Its weight less 1/K: sums to 0, and is 0 when the critic has no preference.
    """
    return candidate_weights(scores) - 1 / scores.shape[-1]


def candidate_loss(push: Tensor, nll: Tensor) -> Tensor:
    """Sum over candidates of push x NLL, averaged, both [..., K] -> scalar.

    Probability moves from the candidates with a negative `push` to those with a positive one.
    """
    return (push.detach() * nll).sum(-1).mean()


def frame_loss(logits: Tensor, frames: Tensor) -> Tensor:
    """Binary cross-entropy in nats a frame, [B, T, F] -> scalar: cells sum, frames average."""
    loss = F.binary_cross_entropy_with_logits(logits, frames, reduction="none")
    return loss.sum(-1).mean()


def saturation(accuracy: float) -> float:
    """Learning-rate factor of the critic: a quarter once it is right more than 9 times in 10."""
    return 0.25 if accuracy > 0.9 else 1.0


def balanced_accuracy(real: Tensor, fake: Tensor) -> Tensor:
    """Share of verdicts on the right side of 0, real and fake weighing the same: a scalar."""
    return ((real > 0).float().mean() + (fake < 0).float().mean()) / 2


def held_out_verdicts(real: Tensor, fake: Tensor) -> dict[str, float]:
    """What to log of a critic on music it was not trained on: logits [B, T] and [B', T].

    The loss is over every note; a song counts as recognised by the verdict at its last one.
    """
    last_real, last_fake = real[:, -1], fake[:, -1]
    return {
        "critic_held_out_loss": float(critic_loss(real, fake)),
        "critic_held_out_accuracy": float(balanced_accuracy(last_real, last_fake)),
        "critic_right_on_real": float((last_real > 0).float().mean()),
        "critic_right_on_fake": float((last_fake < 0).float().mean()),
    }


def batch_noise(batch: int, size: int, generator: torch.Generator) -> Tensor:
    """z ~ N(0, 1), [B, Z], drawn on the CPU so that every device sees the same."""
    return torch.randn(batch, size, generator=generator)
