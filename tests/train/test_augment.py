"""Variations of a window: bounded, the same for all of its notes, and off unless asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.codecs.velocity import bin_to_velocity, velocity_to_bin
from musicgan.model.config import TEMPO, tempo_class
from musicgan.train.augment import Augmentation, Variation
from musicgan.train.windows import Windows

from .making import config_for, pieces, songs_of

SHIFTS = np.arange(-4, 3)


def test_by_default_only_keys_change_and_what_is_remembered():
    rng = np.random.default_rng(0)
    drawn = {Augmentation().draw(SHIFTS, rng) for _ in range(400)}
    assert drawn == {
        Variation(shift, forgets=forgets) for shift in SHIFTS.tolist() for forgets in (False, True)
    }


def test_variations_stay_within_what_was_asked():
    rng = np.random.default_rng(1)
    drawn = [Augmentation(2, 10, 0.25).draw(SHIFTS, rng) for _ in range(500)]
    assert {v.semitones for v in drawn} == {-2, -1, 0, 1, 2}
    assert {v.velocity for v in drawn} == set(range(-10, 11))
    tempos = np.array([v.tempo for v in drawn])
    assert 0.8 <= tempos.min() < 0.82 and 1.22 < tempos.max() <= 1.25
    # As often slower as faster, measured in ratios.
    assert abs(np.log(tempos).mean()) < 0.02


@pytest.fixture(scope="module")
def music():
    some = pieces(3, velocity_bins=8)
    config = config_for(some, velocity_bins=8)
    return config, songs_of(some, config)


def both(music, variation):
    """The first song's window as written and as varied."""
    config, songs = music
    windows = Windows(songs, 20, config.layout)
    return (windows._collate([(songs[0], 0, v)]) for v in (Variation(), variation))


def test_louder_moves_velocities_and_what_is_heard_of_them_alone(music):
    written, louder = both(music, Variation(velocity=30))
    loudness = bin_to_velocity(written.rows[0, :, 4].numpy(), 8) + 30
    expected = velocity_to_bin(loudness, 8)
    assert louder.rows[0, :, 4].tolist() == louder.heard[0, :, 3].tolist() == expected.tolist()
    assert louder.fed[0, 1:, 3].tolist() == expected[:-1].tolist()
    assert louder.fed[0, 0].tolist() == written.fed[0, 0].tolist()  # START has no velocity
    for name in ("moment", "pitch", "duration", "last", "lowest", "tonic", "conditions"):
        assert getattr(louder, name).tolist() == getattr(written, name).tolist(), name
    assert louder.rows[..., :4].tolist() == written.rows[..., :4].tolist()


def test_louder_is_neither_earlier_nor_later(music):
    """Two velocities in four parts of a step: soft becomes loud in its own part."""
    config, songs = music
    fine = replace(config.layout, velocity_bins=2, fine=4)
    written = Windows(songs, 20, fine)._collate([(songs[0], 0, Variation())])
    louder = Windows(songs, 20, fine)._collate([(songs[0], 0, Variation(velocity=60))])
    was, now = written.rows[0, :, 4].numpy(), louder.rows[0, :, 4].numpy()
    assert (now % 4 == was % 4).all() and (now // 4 == 1).all()
    assert (was // 4 == 0).any()


def test_the_loudest_stay_the_loudest(music):
    _, louder = both(music, Variation(velocity=127))
    assert set(louder.rows[0, :, 4].tolist()) == {7}


def test_faster_changes_the_tempo_class_alone(music):
    config, songs = music
    written, faster = both(music, Variation(tempo=2.0))
    assert int(faster.conditions[0, TEMPO]) == tempo_class(2 * songs[0].bpm)
    assert (
        int(written.conditions[0, TEMPO]) == songs[0].conditions[TEMPO] == tempo_class(songs[0].bpm)
    )
    assert faster.rows.tolist() == written.rows.tolist()
    assert config.conditions(0, (4, 4), 2 * songs[0].bpm, False)[TEMPO] == tempo_class(
        2 * songs[0].bpm
    )


def test_forgetting_takes_away_what_earlier_bars_suggest_and_nothing_else(music):
    config, songs = music
    windows = Windows(songs, 60, config.layout)
    written, forgot = (
        windows._collate([(songs[0], 0, v)]) for v in (Variation(), Variation(forgets=True))
    )
    assert bool((written.echo >= 0).any())
    assert (forgot.echo == -1).all()
    voices = config.layout.voices
    assert forgot.moment[..., -voices:].tolist() == (0 * written.moment[..., -voices:]).tolist()
    for name, own in (
        ("fed", -5),
        ("heard", -5),
        ("moment", -voices),
        ("pitch", -1),
        ("duration", -1),
    ):
        before, after = getattr(written, name), getattr(forgot, name)
        assert torch.equal(before[..., :own], after[..., :own]), name
        assert not torch.equal(before[..., own:], after[..., own:]), name
    assert torch.equal(written.fed[..., -1], forgot.fed[..., -1])
    assert torch.equal(written.rows, forgot.rows)
    assert (forgot.heard[0, 0, -5:-1].numpy() == config.layout.no_echo).all()


def test_held_out_windows_are_as_written(music):
    config, songs = music
    wild = Windows(songs, 20, config.layout, Augmentation(6, 60, 1.0))
    plain = Windows(songs, 20, config.layout)
    for one, two in zip(wild.every(8), plain.every(8), strict=True):
        assert one.rows.tolist() == two.rows.tolist()
        assert one.conditions.tolist() == two.conditions.tolist()
