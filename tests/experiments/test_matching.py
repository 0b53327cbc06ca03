"""Three ways of matching features, each by hand; and why the ancestor's rewards collapse."""

import pytest
import torch

from musicgan.train.losses import feature_witness
from scripts.experiments.matching import mmd_witness, pair_advice


def test_the_advice_of_pairs_is_minus_the_squared_distance_in_deviations_of_the_real_batch():
    real = torch.tensor([[1.0], [-1.0]])  # mean 0, deviation 1
    candidates = torch.tensor([[[1.0], [0.0]], [[-1.0], [2.0]]])
    found = pair_advice(real, candidates)
    torch.testing.assert_close(
        found, torch.tensor([[0.0, -1.0], [0.0, -9.0]]), rtol=0.01, atol=0.01
    )


def test_on_average_pairs_prefer_the_middle_and_batch_statistics_what_is_missing():
    """Real features are +-1, fakes are all 0: pair by pair the fakes could not do better."""
    real = torch.tensor([[1.0], [-1.0]]).repeat(50, 1)
    candidates = torch.tensor([[[0.0], [1.0]]])
    pairs = pair_advice(real, candidates.expand(100, -1, -1)).mean(0)
    batch = feature_witness(real, torch.zeros(100, 1), candidates)[0]
    kernel = mmd_witness(real, torch.zeros(100, 1), candidates)[0]
    assert pairs[0] > pairs[1]
    assert batch[0] < batch[1]
    assert kernel[0] < kernel[1]


def test_the_kernel_witness_is_zero_where_both_sides_are_equally_dense():
    real = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    found = mmd_witness(real, real.clone(), torch.randn(4, 3, 2))
    assert found.shape == (4, 3)
    assert float(found.abs().max()) == pytest.approx(0, abs=1e-6)


def test_the_kernel_witness_is_high_by_the_real_and_low_by_the_fake_samples():
    real, fake = torch.tensor([[0.0], [1.0]]), torch.tensor([[9.0], [10.0]])
    by_real, by_fake = mmd_witness(real, fake, torch.tensor([[[0.5], [9.5]]]))[0]
    assert by_real > 0 > by_fake
