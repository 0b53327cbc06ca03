"""MGEval's features by hand, and its two distances on sets that are known."""

import numpy as np
import pytest

from musicgan.codecs.samples import sample_scores
from musicgan.evaluate.mgeval_set import FEATURES, mgeval_features, overlap_and_divergence
from musicgan.notes import NOTE
from musicgan.score import Score


def test_features_of_four_notes():
    rows = [(0, 4, 60), (4, 2, 62), (6, 2, 60), (8, 8, 67)]
    score = Score(np.array([(*row, 80, 0) for row in rows], NOTE), ticks_per_beat=4)
    got = mgeval_features(score)
    assert tuple(got) == FEATURES
    assert got["pitch_count"].tolist() == [3]
    assert got["pitch_range"].tolist() == [7]
    assert got["pitch_interval"] == pytest.approx([(2 + 2 + 7) / 3])
    assert got["note_count"].tolist() == [4]
    assert got["onset_interval"] == pytest.approx([(1 + 0.5 + 0.5) / 3])
    assert np.flatnonzero(got["pitch_class_histogram"]).tolist() == [0, 2, 7]
    assert got["pitch_class_histogram"][0] == 0.5
    assert got["pitch_class_transitions"].reshape(12, 12)[0, 7] == pytest.approx(1 / 3)
    # A quarter, two eighths and a half note: the third, fourth and second kind.
    assert got["note_length_histogram"][[2, 3, 1]].tolist() == [0.25, 0.5, 0.25]
    assert got["note_length_transitions"].reshape(12, 12)[3, 3] == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", sample_scores())
def test_awkward_scores_have_finite_features(name):
    for values in mgeval_features(sample_scores()[name]).values():
        assert np.isfinite(values).all()


def test_sets_drawn_alike_overlap_and_sets_far_apart_do_not():
    rng = np.random.default_rng(0)
    real, like, far = (rng.normal(shift, 1, (150, 1)) for shift in (0, 0, 30))
    overlap, divergence = overlap_and_divergence(real, like)
    assert overlap > 0.95
    assert divergence < 0.02
    overlap, divergence = overlap_and_divergence(real, far)
    assert overlap < 0.01
    assert divergence > 5


def test_the_overlap_of_densities_known_in_closed_form():
    """Distances within are |N(0, 2)|; from a point at their mean |N(0, 1)|. Kernels blur both."""
    rng = np.random.default_rng(0)
    overlap, _ = overlap_and_divergence(rng.normal(size=(200, 1)), np.zeros((200, 1)))
    grid = np.linspace(0, 12, 4000)
    one = np.exp(-(grid**2) / 4) / np.sqrt(np.pi)
    other = np.exp(-(grid**2) / 2) * np.sqrt(2 / np.pi)
    wanted = np.minimum(one, other).sum() * (grid[1] - grid[0])
    assert overlap == pytest.approx(wanted, abs=0.05)


def test_equal_values_everywhere_are_no_fault():
    overlap, divergence = overlap_and_divergence(np.ones((5, 1)), np.ones((5, 1)))
    assert overlap == pytest.approx(1)
    assert divergence == 0
    with pytest.raises(ValueError, match="1 real piece: distances within a set need at least 2"):
        overlap_and_divergence(np.ones((1, 1)), np.ones((5, 1)))
