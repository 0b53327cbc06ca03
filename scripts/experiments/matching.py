"""Feature matching alone weighs the candidates, in three ways; the critic's verdicts do not.

The notes are discrete, so none of the three can pass a gradient through them. Each becomes what
it says of single candidates, and moves the generator as the log-ratios do in our own method.
Shapes: G groups of K candidates, C features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.losses import balanced, candidate_push, feature_witness
from musicgan.train.rollout import RollOut


def pair_advice(real: Tensor, candidates: Tensor) -> Tensor:
    """Minus the squared distance from one real sample each, [G, C] and [G, K, C] -> [G, K].

    As the ancestor did it (C-RNN-GAN, 2016). Its expectation holds the variance of the fakes, so
    the advice is to be alike. Features are standardised by the real batch.
    """
    centre, scale = real.mean(0), real.std(0, correction=0) + 1e-3
    real, candidates = (real - centre) / scale, (candidates - centre) / scale
    return -(candidates - real[:, None]).square().mean(-1)


def mmd_witness(real: Tensor, fake: Tensor, candidates: Tensor) -> Tensor:
    """How much real and how little fake music there is around each candidate, [..., C] -> [...].

    The witness function of the maximum mean discrepancy (Gretton et al. 2012) for a sum of
    Gaussian kernels half, once and twice as wide as the median distance within the real batch.
    """
    centre, scale = real.mean(0), real.std(0, correction=0) + 1e-3
    real, fake, candidates = ((x - centre) / scale for x in (real, fake, candidates))
    flat = candidates.flatten(0, -2)
    within = torch.cdist(real, real)
    usual = within[within > 0].median().square()

    def around(samples: Tensor) -> Tensor:
        square = torch.cdist(flat, samples).square() / usual
        kernels = [(-square / (2 * width**2)).exp() for width in (0.5, 1.0, 2.0)]
        return torch.stack(kernels).mean(2).sum(0)

    return (around(real) - around(fake)).view(candidates.shape[:-1])


class MatchPairs(AdversarialPhase):
    """Pair by pair, each group of candidates with a real continuation of another window."""

    def preferred(self, found: RollOut, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The advice of `pair_advice`, as strong as the log-ratios would be."""
        other = torch.from_numpy(self.rng.permutation(len(real)))
        return _push(pair_advice(real[other], found.features), found)


class MatchBatch(AdversarialPhase):
    """On the batch's first and second moments."""

    def preferred(self, found: RollOut, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The advice of `feature_witness`."""
        flat = found.features.flatten(0, 1)
        return _push(feature_witness(real, flat, found.features), found)


class MatchKernel(AdversarialPhase):
    """On the maximum mean discrepancy."""

    def preferred(self, found: RollOut, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The advice of `mmd_witness`; the fakes are the candidates that songs go on with."""
        return _push(mmd_witness(real, found.features[:, 0], found.features), found)


def _push(advice: Tensor, found: RollOut) -> tuple[Tensor, dict[str, float]]:
    push = candidate_push(balanced(advice, found.scores))
    return push, {"witness_spread": float(advice.std(-1).mean())}
