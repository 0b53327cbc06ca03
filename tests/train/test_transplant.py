"""Weights in other networks: what means the same says the same there."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.codecs.events import EventsCodec
from musicgan.corpus.piece import make_piece
from musicgan.model.file import ModelFile
from musicgan.train.networks import Critic, Generator, Posterior
from musicgan.train.songs import analyse_pieces
from musicgan.train.start import Start
from musicgan.train.transplant import (
    NONE,
    Transplant,
    Voices,
    duration_columns,
    input_columns,
    match,
    moment_columns,
    pitch_columns,
)
from musicgan.train.windows import Windows

from .making import BASS, DRUMS, LEAD, config_for, pieces, tune

RANGES = {"lead": (50, 90), "bass": (30, 60), "drums": (30, 50)}


def ranges_of(codec):
    return np.array([RANGES[slot.name] for slot in codec.slots])


def setting(slots=(LEAD, BASS), grid=4, velocity_bins=2, drums=False, lead_only=False, fine=1):
    """A config for these slots, its ranges, and a batch of one tune in them."""
    codec = EventsCodec(grid, slots, velocity_bins, fine=fine)
    score = tune(1, drums=drums)
    if lead_only:
        score = score.with_notes(score.notes[score.notes["track"] == 0])
    base = config_for(pieces(3, velocity_bins=velocity_bins), velocity_bins=velocity_bins)
    layout = replace(
        base.layout,
        voices=len(slots),
        grid=grid,
        velocity_bins=velocity_bins,
        fine=fine,
        max_wait=base.layout.max_wait * grid // 4,
        max_duration=base.layout.max_duration * grid // 4,
        max_position=8 * grid + 1,
        drums=tuple(i for i, slot in enumerate(slots) if slot[2]),
    )
    config = replace(base, layout=layout)
    ranges = ranges_of(codec)
    songs = analyse_pieces([make_piece("tune", score, codec)], config, ranges)
    batch = next(Windows(songs, 32, layout).every(4))
    return config, ranges, batch


def moved(old, new):
    """Random networks of the old setting, and those of the new one filled from them."""
    torch.manual_seed(0)
    before = Generator(old[0]).eval(), Posterior(old[0]).eval(), Critic(old[0]).eval()
    after = Generator(new[0]).eval(), Posterior(new[0]).eval(), Critic(new[0]).eval()
    start = Start("old", model_of(before, old))
    assert start.sized(new[0]) == new[0]
    start.fill(new[1], *after)
    return before, after


def model_of(networks, setting):
    """The model file of trained networks."""
    names = ("generator", "posterior", "critic")
    weights = {
        f"{name}.{key}": value.detach().numpy()
        for name, module in zip(names, networks, strict=True)
        for key, value in module.named_parameters()
    }
    config, ranges, _ = setting
    about = {"config": config.to_json(), "voices": {"ranges": ranges.tolist()}}
    return ModelFile(weights, about)


def logits(network, batch):
    """Of each field."""
    z = torch.zeros(len(batch.rows), network.config.noise)
    song = network.song(batch.conditions, z)
    with torch.no_grad():
        return network.heads(network.run(batch.fed, song, network.begin(z)), batch)


def assert_same(one, other):
    torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def test_columns_are_as_many_as_their_sizes():
    layout = setting()[0].layout
    for looks_back in (False, True):
        some = replace(layout, looks_back=looks_back)
        assert len(input_columns(some)) == len(some.input_sizes)
        assert len(moment_columns(some)) == len(some.moment_sizes)
        assert len(pitch_columns(some)) == len(some.pitch_sizes)
        assert len(duration_columns(some)) == len(some.duration_sizes)


def test_equal_networks_are_copied():
    here = setting()
    before, after = moved(here, here)
    for one, other in zip(before, after, strict=True):
        for key, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[key]), key


def test_voices_in_another_order_find_their_own():
    old, new = setting((LEAD, BASS)), setting((BASS, LEAD))
    before, after = moved(old, new)
    assert torch.equal(after[0].voice_out.weight, before[0].voice_out.weight.flip(0))


def test_a_voice_more_changes_nothing_for_the_others():
    """Drums that are silent: the old fields get the logits that they had."""
    old, new = setting(), setting((LEAD, BASS, DRUMS))
    before, after = (
        logits(pair[0], s[2]) for pair, s in zip(moved(old, new), (old, new), strict=True)
    )
    for field in (0, 2, 3, 4):
        assert_same(after[field], before[field])
    assert_same(after[1][..., :2], before[1])
    assert (after[1][..., 2] == 0).all()


def test_a_voice_less_is_one_that_is_silent():
    old, new = setting(lead_only=True), setting((LEAD,), lead_only=True)
    networks = moved(old, new)
    before, after = (logits(pair[0], s[2]) for pair, s in zip(networks, (old, new), strict=True))
    # Where an earlier bar is looked at: that it is silent there is how a silent voice answers.
    asked = old[2].moment[..., -1] == 1
    assert asked.any()
    with torch.no_grad():
        assert_same(networks[1][0].embed(new[2].fed), networks[0][0].embed(old[2].fed))
        assert_same(networks[1][2](new[2].heard, new[2].conditions).logits,
                    networks[0][2](old[2].heard, old[2].conditions).logits)  # fmt: skip
    assert_same(after[0][asked], before[0][asked])


def test_a_beat_is_a_beat_on_another_grid():
    old, new = setting(), setting(grid=12)
    before, after = (
        logits(pair[0], s[2]) for pair, s in zip(moved(old, new), (old, new), strict=True)
    )
    waits = old[0].layout.max_wait + 1
    assert_same(after[0][..., : 3 * waits : 3][..., :waits], before[0][..., :waits])
    assert_same(after[0][..., -1], before[0][..., -1])
    assert_same(after[2], before[2])
    assert_same(after[3][..., 3::3], before[3][..., 1:])


def test_velocities_are_spread_over_the_new_bins():
    old, new = setting(), setting(velocity_bins=8)
    before, after = moved(old, new)
    rows = after[0].velocity_out.weight
    assert torch.equal(rows[:4], before[0].velocity_out.weight[:1].expand(4, -1))
    assert torch.equal(rows[4:], before[0].velocity_out.weight[1:].expand(4, -1))


def test_each_part_of_a_step_knows_what_the_whole_step_did():
    old, new = setting(), setting(fine=4)
    before, after = moved(old, new)
    rows = after[0].velocity_out.weight
    assert rows.shape[0] == 8
    assert torch.equal(rows, before[0].velocity_out.weight.repeat_interleave(4, 0))


@pytest.mark.parametrize(("bins_old", "bins_new"), [(1, 2), (2, 1)])
def test_a_velocity_head_comes_and_goes(bins_old, bins_new):
    old, new = setting(velocity_bins=bins_old), setting(velocity_bins=bins_new)
    before, after = (
        logits(pair[0], s[2]) for pair, s in zip(moved(old, new), (old, new), strict=True)
    )
    assert len(after) == (4 if bins_new == 1 else 5)
    # Only the loudness that is heard tells the two apart.
    assert after[2].shape == before[2].shape


def test_the_nearest_voice_of_a_kind_stands_in():
    new = Voices(np.array([[60, 80], [40, 60], [61, 83], [35, 50]]), drums=(3,))
    old = Voices(np.array([[41, 59], [62, 84]]), drums=())
    home, nearest = match(new, old)
    assert home.tolist() == [NONE, 0, 1, NONE]
    assert nearest.tolist() == [1, 0, 1, NONE]
    home, nearest = match(old, new)
    assert home.tolist() == [1, 2]


def test_a_transplant_needs_no_torch_module():
    here = setting()
    voices = Voices(here[1], ())
    weights = {"embed.weight": np.ones((sum(here[0].layout.input_sizes), 3), np.float32)}
    found = Transplant(here[0], here[0], (voices, voices)).listener(weights)
    assert (found["embed.weight"] == 1).all()
