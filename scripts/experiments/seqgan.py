"""Policy gradient with roll-outs, in the manner of SeqGAN (Yu et al. 2017).

The reward of some notes is what the critic says of whole windows that go on from them, averaged
over roll-outs of the generator. The critic's verdict is that at the last note.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from musicgan.compose.sampler import Sampler
from musicgan.model.critic import Critic, CriticState
from musicgan.model.generator import Generator
from musicgan.model.steps import Floats
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.networks import Batch
from musicgan.train.rollout import (
    RollOut,
    draw_block,
    gather,
    hear_openings,
    open_songs,
    played,
)

ROLL_OUTS = 4


class SeqGan(AdversarialPhase):
    """REINFORCE on whole-window verdicts. No candidates, no feature matching; see the options.

    Rewards are standardised at each place of the window, which the paper does not do: verdicts of
    a good critic hardly differ.
    """

    def continued(self, batch: Batch, noise: Floats, opening: int) -> RollOut:
        """Continuations whose blocks are scored by the windows that come of them."""
        config = self.generator.config
        return searched(
            Generator(played(self.generator), config),
            Critic(played(self.critic.ema.module), config),
            batch, noise, opening, self.rng, block=self.options.block,
        )  # fmt: skip

    def preferred(self, found: RollOut, real: Tensor) -> tuple[Tensor, dict[str, float]]:
        """The advantage of each block over the others at its place, [G, 1]."""
        reward = found.scores
        push = advantage(reward.view(len(found.heard), -1)).view_as(reward)
        return push, {"reward": float(reward.mean()), "reward_spread": float(reward.std())}


def advantage(reward: Tensor) -> Tensor:
    """Rewards [B, places] less their mean over songs, in standard deviations of it."""
    return (reward - reward.mean(0)) / (reward.std(0) + 1e-6)


def searched(
    generator: Generator,
    critic: Critic,
    batch: Batch,
    noise: Floats,
    opening: int,
    rng: np.random.Generator,
    *,
    block: int,
    roll_outs: int = ROLL_OUTS,
) -> RollOut:
    """Continue each window after `opening` rows; the score of a block is its expected verdict.

    Scores are probabilities of being real, [B x blocks, 1]. The last block needs no roll-out.
    """
    songs = open_songs(generator, batch, noise, opening, rng)
    state, _, heard = hear_openings(critic, batch, opening)
    spread = np.repeat(np.arange(len(noise)), roll_outs)
    parts = []
    left = batch.rows.shape[1] - opening
    while left >= block:
        hidden = songs.state.hidden
        drawn, state, logits = draw_block(songs, critic, state, block)
        left -= block
        if left >= block:
            many, listeners = songs.take(spread), state.take(spread)
            verdict = _verdict(many, critic, listeners, left // block * block)
        else:
            verdict = logits
        reward = torch.sigmoid(torch.from_numpy(verdict)).view(len(noise), -1).mean(1)
        parts.append((drawn, hidden, reward.numpy(), state.hidden))
        heard += [step.heard for step in drawn]
    return gather(parts, batch, noise, 1, np.stack(heard, axis=1))


def _verdict(songs: Sampler, critic: Critic, state: CriticState, notes: int) -> Floats:
    """Logits at the last of so many more notes, [B]."""
    return draw_block(songs, critic, state, notes)[2]
