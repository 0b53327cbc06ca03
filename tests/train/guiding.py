"""What the tests of the guidance phase share: a player, stand-ins for songs, the run of a phase."""

from pathlib import Path

import numpy as np

from musicgan.compose.player import Player, player_of
from musicgan.corpus.piece import Piece
from musicgan.model.file import ModelFile
from musicgan.train import guidance
from musicgan.train.networks import Critic
from musicgan.train.rollout import played

from .making import codec, config_for, networks

LENGTH = 32


def player_for(some: list[Piece]) -> Player:
    """Random networks that play."""
    config = config_for(some)
    weights = {f"generator.{k}": v for k, v in played(networks(config)[0]).items()}
    weights |= {f"critic.{k}": v for k, v in played(Critic(config)).items()}
    meta = {
        "kind": "events",
        "codec": {"name": "events", "options": dict(codec().options())},
        "config": config.to_json(),
        "voices": {"ranges": [[40, 80]] * 2, "single": [True, True]},
        "typical": {"metre": [4, 4], "bpm": 100, "keys": [[0, 0]]},
    }
    return player_of(ModelFile(weights, meta), Path("in memory"))


def measured(phase):
    """As the loop runs a phase after the first: figures of each candidate; the best is kept."""
    phase.begin()
    best = {}
    for step in range(phase.max_steps + 1):
        if step:
            phase.step(step / phase.max_steps)
        figures = phase.evaluate()
        best[figures["score"]] = phase.selected()
    phase.restore(best[min(best)])
    return best


def habits(critic=0, returns=1.0, parallels=1.0, crossings=1.0, tessitura=0.0):
    faults = {"returns": returns, "parallels": parallels, "crossings": crossings}
    return {"critic": critic, **faults, "tessitura": tessitura}


def measure(monkeypatch, songs_like, **shares):
    """Let the phase measure `songs_like`; of songs and of pieces faults have these shares."""

    def measured(described, whole):
        are_pieces = [bar_tick is not None for _, bar_tick in whole]
        assert len(set(are_pieces)) == 1
        found = {name: shares.get(name, (0.0, 0.0))[are_pieces[0]] for name in guidance.FAULTS}
        return {name: np.zeros(2) + share for name, share in found.items()}

    monkeypatch.setattr(guidance, "songs_like", songs_like)
    monkeypatch.setattr(guidance, "shares", measured)
