"""Phase three: the critic goes on alone, on the final generator's own songs, and is shipped."""

from __future__ import annotations

from typing import Any

from musicgan.model.critic import Critic as PlayedCritic
from musicgan.model.generator import Generator as PlayedGenerator
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.phase import Ease
from musicgan.train.quality import SongJudge
from musicgan.train.rollout import played


class CriticPhase:
    """Trains the critic against a generator that no longer moves; selected on held-out music."""

    name = "critic"
    share = 0.1
    fewest = 0
    patience = 4

    def __init__(
        self,
        adversarial: AdversarialPhase,
        judge: SongJudge,
        max_steps: int,
        eval_steps: int = 50,
    ) -> None:
        self.adversarial, self.judge = adversarial, judge
        self.max_steps, self.eval_steps = max_steps, eval_steps

    @property
    def ease(self) -> Ease:
        """The adversarial phase's, whose lessons these are."""
        return self.adversarial.ease

    @ease.setter
    def ease(self, ease: Ease) -> None:
        """Of both."""
        self.adversarial.ease = ease

    def begin(self) -> None:
        """The critic stands as the adversarial phase left it."""

    def step(self, progress: float) -> dict[str, float]:
        """One update of the critic."""
        return self.adversarial.critic_lesson()

    def evaluate(self) -> dict[str, float]:
        """Cross-entropy and accuracy on held-out windows and fresh songs."""
        phase = self.adversarial
        config = phase.generator.config
        generator = PlayedGenerator(played(phase.generator), config)
        critic = PlayedCritic(played(phase.critic.ema.module), config)
        figures = self.judge.verdicts(generator, critic)
        return {**figures, "score": figures["critic_held_out_loss"]}

    def state(self) -> dict[str, Any]:
        """The adversarial phase's, which owns the critic and the random state."""
        return self.adversarial.state()

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.adversarial.load_state(state)

    def selected(self) -> dict[str, Any]:
        """The averaged critic."""
        return self.adversarial.critic.ema.state()

    def restore(self, selected: dict[str, Any]) -> None:
        """The selected averages are what is shipped."""
        self.adversarial.critic.ema.load_state(selected)
