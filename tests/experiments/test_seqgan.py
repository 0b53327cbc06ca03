"""The reward of a block is what the critic says of the windows that come of it."""

import numpy as np
import torch
from train.making import config_for, pieces, windows_of

from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.train.networks import Critic as TrainedCritic
from musicgan.train.networks import Generator as TrainedGenerator
from musicgan.train.rollout import played
from scripts.experiments.seqgan import advantage, searched


def test_advantages_are_standardised_place_by_place():
    reward = torch.tensor([[1.0, 0.5], [2.0, 0.5], [3.0, 0.5]])
    found = advantage(reward)
    torch.testing.assert_close(found[:, 0], torch.tensor([-1.0, 0.0, 1.0]))
    assert found[:, 1].tolist() == [0, 0, 0]  # nothing to choose between


def test_blocks_are_scored_by_whole_windows():
    some = pieces(4)
    config = config_for(some)
    batch = windows_of(some, config, 32).draw_inside(3, np.random.default_rng(0))
    torch.manual_seed(0)
    generator = Generator(played(TrainedGenerator(config)), config)
    critic = Critic(played(TrainedCritic(config)), config)
    noise = np.zeros((3, config.noise), np.float32)
    found = searched(
        generator, critic, batch, noise, 16, np.random.default_rng(1), block=8, roll_outs=2
    )
    assert found.heard.shape[:2] == (3, 32)
    assert found.scores.shape == (2 * 3, 1)
    assert bool(((found.scores > 0) & (found.scores < 1)).all())
    # Nothing comes after the last block: its score is the verdict at the last note itself.
    state = critic.begin(batch.conditions.numpy())
    for t in range(32):
        state, logits = critic.advance(state, found.heard[:, t])
    last = torch.sigmoid(torch.from_numpy(logits))
    torch.testing.assert_close(found.scores[1::2, 0], last, rtol=1e-5, atol=1e-6)
