"""Every loss by numbers that can be checked on paper, and what a loss must not reward."""

import math

import pytest
import torch

from musicgan.train.losses import (
    balanced,
    balanced_accuracy,
    batch_noise,
    candidate_loss,
    candidate_push,
    candidate_weights,
    critic_loss,
    feature_gap,
    feature_witness,
    frame_loss,
    free_bits,
    held_out_verdicts,
    kl_to_prior,
    saturation,
)

LN2, LN3, LN4 = math.log(2), math.log(3), math.log(4)


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None]


def test_kl_of_two_dimensions_by_hand():
    mu = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    log_var = torch.tensor([[0.0, LN4], [0.0, 0.0]])
    # 1/2 for the shifted one, (4 - 1 - ln 4) / 2 for the wide one; nothing for the prior itself.
    expected = torch.tensor([0.5 + (3 - LN4) / 2, 0.0])
    torch.testing.assert_close(kl_to_prior(mu, log_var), expected)


def test_free_bits_charge_the_mean_and_only_above_the_allowance():
    kl = torch.tensor([4.0, 8.0], requires_grad=True)
    assert float(free_bits(kl.detach().mean(), 5.0)) == 6
    assert float(free_bits(kl.detach().mean(), 7.0)) == 7
    free_bits(kl.mean(), 7.0).backward()
    assert kl.grad.tolist() == [0, 0]


def test_critic_loss_by_hand():
    undecided = critic_loss(torch.zeros(2, 3), torch.zeros(5, 3))
    assert float(undecided) == pytest.approx(LN2)
    real, fake = torch.full((1, 2), LN3), torch.full((1, 2), -LN3)
    assert float(critic_loss(real, fake)) == pytest.approx(math.log(4 / 3))
    assert float(critic_loss(fake, real)) == pytest.approx(LN4)
    smoothed = 0.75 * math.log(4 / 3) + 0.25 * LN4
    assert float(critic_loss(real, fake, flip=0.25)) == pytest.approx(smoothed)


def test_flipped_labels_bound_the_logits_of_a_critic_that_is_always_right():
    # With a quarter of the labels flipped the best log odds are ln(0.75 / 0.25).
    logit = torch.tensor([[LN3]], requires_grad=True)
    critic_loss(logit, -logit, flip=0.25).backward()
    assert float(logit.grad) == pytest.approx(0, abs=1e-6)


def test_real_and_fake_weigh_the_same_however_many_there_are():
    one = critic_loss(torch.ones(1, 4), torch.zeros(9, 4))
    assert float(one) == pytest.approx(0.5 * (math.log1p(math.exp(-1)) + LN2))


def test_feature_gap_by_hand():
    real = column(0, 2)  # mean 1, deviation 1
    assert float(feature_gap(real, column(2, 4))) == 4  # means 2 apart
    assert float(feature_gap(real, column(1, 1))) == 1  # deviations 1 apart
    assert float(feature_gap(real, column(-1, 1, 3, 5))) == pytest.approx(
        1 + (math.sqrt(5) - 1) ** 2
    )


def test_feature_gap_of_equal_batches_is_zero_in_any_order():
    batch = torch.randn(20, 6, generator=torch.Generator().manual_seed(0))
    assert float(feature_gap(batch, batch.flip(0))) == pytest.approx(0, abs=1e-12)


def test_feature_gap_does_not_reward_collapse_as_matching_in_pairs_would():
    draw = torch.Generator().manual_seed(1)
    real = torch.randn(4000, 3, generator=draw)
    honest = torch.randn(4000, 3, generator=draw)
    collapsed = real.mean(0).expand(4000, 3)
    assert float(feature_gap(real, honest)) < 0.01 < float(feature_gap(real, collapsed))

    def in_pairs(fake: torch.Tensor) -> float:
        return float((real - fake).square().mean())

    # In pairs the honest batch pays both variances (2), the collapsed one only the real's (1).
    assert in_pairs(collapsed) == pytest.approx(1, rel=0.1)
    assert in_pairs(honest) == pytest.approx(2, rel=0.1)


def test_feature_gap_teaches_the_fake_side_only():
    real, fake = column(0, 2).requires_grad_(), column(3, 3.5).requires_grad_()
    feature_gap(real, fake).backward()
    assert real.grad is None
    assert bool((fake.grad != 0).all())


def test_witness_prefers_the_candidate_that_moves_the_mean_towards_the_real_one():
    real, fake = column(1, 3), column(-1, 1)  # equal deviations, means 2 and 0
    low, middle, high = feature_witness(real, fake, column(-1, 0, 1)[None])[0].tolist()
    assert low < middle < high


def test_witness_prefers_the_outlier_where_the_fakes_lack_spread():
    real, fake = column(-2, 2), column(-1, 1)
    inner, outer = feature_witness(real, fake, column(0.5, -3)[None])[0].tolist()
    assert outer > inner


def test_witness_is_the_derivative_of_the_gap_of_the_first_two_moments():
    draw = torch.Generator().manual_seed(2)
    real, fake, candidates = (
        torch.randn(n, 4, generator=draw, dtype=torch.float64) * s + m
        for n, s, m in [(50, 1.5, 0.3), (40, 0.7, -0.2), (5, 1.0, 0.0)]
    )
    scale = real.std(0, correction=0) + 1e-3
    a, b, x = ((value - real.mean(0)) / scale for value in (real, fake, candidates))

    def gap(weight: float, sample: torch.Tensor) -> float:
        """Of fakes in which `sample` has this weight."""
        first = (1 - weight) * b.mean(0) + weight * sample
        second = (1 - weight) * b.square().mean(0) + weight * sample.square()
        means = (a.mean(0) - first).square().sum()
        return float(means + (a.square().mean(0) - second).square().sum() / 2)

    step = 1e-6
    slopes = torch.tensor([(gap(step, s) - gap(-step, s)) / (2 * step) for s in x])
    witness = feature_witness(real, fake, candidates).float()
    # Up to a constant that all candidates share, which choosing among them cannot feel.
    found = -(slopes - slopes.mean()) / (2 * real.shape[-1])
    torch.testing.assert_close(witness - witness.mean(), found, atol=1e-5, rtol=1e-4)


def test_witness_lets_no_feature_drown_the_others():
    """Features are standardised by the real batch."""
    real = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    fake, candidates = real[:20] + 1, real[:5]
    scale = torch.tensor([1.0, 10.0, 100.0, 0.1])
    one = feature_witness(real, fake, candidates)
    two = feature_witness(real * scale, fake * scale, candidates * scale)
    torch.testing.assert_close(one, two, atol=0.05, rtol=0.05)


def test_candidate_weights_by_hand():
    weights = candidate_weights(torch.tensor([[0.0, LN3], [5.0, 5.0]]))
    torch.testing.assert_close(weights, torch.tensor([[0.25, 0.75], [0.5, 0.5]]))


def test_candidate_weights_clamp_about_the_mean():
    weights = candidate_weights(torch.tensor([1000.0, 1100.0]), clamp=1.0)
    assert float(weights[1] / weights[0]) == pytest.approx(math.exp(2), rel=1e-5)


def test_candidate_push_is_the_weight_less_an_equal_share():
    push = candidate_push(torch.tensor([[0.0, LN3], [5.0, 5.0]]))
    torch.testing.assert_close(push, torch.tensor([[-0.25, 0.25], [0.0, 0.0]]))


def test_candidate_loss_by_hand():
    push, nll = torch.tensor([[0.25, -0.25]]), torch.tensor([[2.0, 4.0]])
    assert float(candidate_loss(push, nll)) == -0.5  # 0.25 x 2 - 0.25 x 4


def test_candidate_loss_is_zero_when_the_critic_has_no_preference():
    nll = torch.tensor([[1.0, 7.0, 3.0, 11.0]], requires_grad=True)
    loss = candidate_loss(candidate_push(torch.full((1, 4), 3.0)), nll)
    loss.backward()
    assert float(loss.detach()) == 0
    assert nll.grad.tolist() == [[0, 0, 0, 0]]


def test_candidate_loss_moves_probability_to_the_preferred_candidate():
    logits = torch.zeros(3, requires_grad=True)
    push = candidate_push(torch.tensor([0.0, 1.0, -1.0]))
    candidate_loss(push, -logits.log_softmax(0)).backward()
    after = (logits.detach() - 0.1 * logits.grad).softmax(0)
    assert float(after[1]) > 1 / 3 > float(after[2])


def test_candidate_loss_leaves_the_scores_alone():
    scores = torch.tensor([0.0, 1.0], requires_grad=True)
    nll = torch.tensor([1.0, 2.0], requires_grad=True)
    candidate_loss(candidate_push(scores), nll).backward()
    assert scores.grad is None


def test_frame_loss_sums_cells_and_averages_frames():
    frames = torch.tensor([[[1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0]]])
    assert float(frame_loss(torch.zeros(2, 1, 3), frames)) == pytest.approx(3 * LN2)
    logits = torch.full((1, 1, 2), LN3)
    # The sounding cell costs ln(4/3), the silent one ln 4.
    found = float(frame_loss(logits, torch.tensor([[[1.0, 0.0]]])))
    assert found == pytest.approx(math.log(4 / 3) + LN4)


def test_the_critic_slows_down_when_it_is_nearly_always_right():
    assert [saturation(a) for a in (0.5, 0.9, 0.91, 1.0)] == [1, 1, 0.25, 0.25]


def test_balanced_accuracy_by_hand():
    real, fake = torch.tensor([1.0, -1.0, 1.0, 1.0]), torch.tensor([-1.0, 1.0])
    assert balanced_accuracy(real, fake) == 0.625  # (3/4 + 1/2) / 2


def test_noise_is_the_seeds():
    one, two = (batch_noise(3, 5, torch.Generator().manual_seed(4)) for _ in range(2))
    assert one.shape == (3, 5)
    assert torch.equal(one, two)


def test_balanced_advice_spreads_as_much_as_the_scores() -> None:
    scores = torch.tensor([[0.0, 2.0], [1.0, 5.0]])
    advice = torch.tensor([[0.0, 10.0], [30.0, 0.0]])
    scaled = balanced(advice, scores)
    assert scaled.std(-1).mean() == pytest.approx(scores.std(-1).mean().item())
    # The scale is one for all: mean spreads are 3 and 20 (over root 2), so a factor of 3/20.
    assert torch.allclose(scaled, advice * 3 / 20)


def test_advice_without_any_preference_stays_without() -> None:
    assert balanced(torch.ones(3, 4), torch.randn(3, 4)).std(-1).abs().max() < 1e-6


def test_held_out_verdicts_count_real_and_fake_apart_by_the_last_note():
    real = torch.tensor([[-9.0, 1.0], [5.0, 1.0], [5.0, 1.0], [5.0, -1.0]])
    fake = torch.tensor([[9.0, -1.0], [9.0, 1.0]])
    found = held_out_verdicts(real, fake)
    assert found["critic_right_on_real"] == 0.75
    assert found["critic_right_on_fake"] == 0.5
    assert found["critic_held_out_accuracy"] == 0.625
    assert found["critic_held_out_loss"] == pytest.approx(float(critic_loss(real, fake)))
