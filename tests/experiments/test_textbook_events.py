"""The textbook GAN: notes as numbers and back, and both networks move."""

import numpy as np
import torch
from train.making import CPU, config_for, pieces, windows_of

from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from scripts.experiments.textbook_events import Scale, TextbookEvents

RANGES = np.array([[40, 60], [50, 80]])


def test_rows_become_numbers_and_the_same_rows_again():
    some = pieces(3)
    layout = config_for(some).layout
    scale = Scale(layout, RANGES)
    rng = np.random.default_rng(0)
    rows = np.stack(
        [
            rng.integers(layout.max_wait + 1, size=200),
            rng.integers(layout.voices, size=200),
            rng.integers(40, 81, size=200),
            rng.integers(1, layout.max_duration + 1, size=200),
            rng.integers(layout.velocity_bins, size=200),
        ],
        axis=1,
    )
    numbers = scale.numbers(rows, rng)
    assert numbers.min() >= 0 and numbers.max() <= 1
    assert np.array_equal(scale.rows(numbers.astype(np.float64)), rows)


def test_any_numbers_are_rows_within_the_vocabulary():
    layout = config_for(pieces(3)).layout
    rows = Scale(layout, RANGES).rows(np.array([[0.0] * 5, [1.0] * 5]))
    assert rows[0].tolist() == [0, 0, 40, 1, 0]
    top = [layout.max_wait, layout.voices - 1, 80, layout.max_duration, layout.velocity_bins - 1]
    assert rows[1].tolist() == top


def phase_of(some, config):
    torch.manual_seed(0)
    windows = windows_of(some, config, 16)
    scale = Scale(config.layout, RANGES)
    return TextbookEvents(windows, scale, lambda songs: float(songs.std()), 0, 16, 5, CPU)


def test_an_update_moves_both_networks_and_resumes_exactly(tmp_path):
    some = pieces(3)
    config = config_for(some)
    phase = phase_of(some, config)
    before = [p.clone() for p in (*phase.generator.parameters(), *phase.critic.parameters())]
    phase.step(0.0)
    after = [*phase.generator.parameters(), *phase.critic.parameters()]
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    save_checkpoint(phase.state(), tmp_path / "c")
    other = phase_of(some, config)
    other.load_state(load_checkpoint(tmp_path / "c"))
    assert phase.step(0.5) == other.step(0.5)
    assert phase.evaluate() == other.evaluate()
