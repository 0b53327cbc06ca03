"""An interrupted run that is resumed is the run that was never interrupted, bit for bit."""

import pytest
import torch

from musicgan.errors import CheckpointError
from musicgan.train.loop import Interrupted, Loop

from .making import three_phases


class StopAt:
    """Asks the loop to stop, as a signal does, after one step of one phase."""

    def __init__(self, phase, step):
        self.at, self.loop = (phase, step), None

    def on_step(self, phase, step, max_steps, figures):
        if (phase, step) == self.at:
            self.loop._stop = True

    def on_evaluation(self, phase, step, figures):
        pass


def weights_of(phases):
    """All that is shipped or goes on being trained."""
    adversarial = phases[1]
    modules = {
        "generator": adversarial.generator,
        "posterior": adversarial.posterior,
        "generator's average": adversarial.ema.module,
        "critic": adversarial.critic.critic,
        "critic's average": adversarial.critic.ema.module,
    }
    return {
        f"{name}: {key}": value.clone()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The history and the final weights."""
    phases = three_phases()
    progress = Loop(phases, tmp_path_factory.mktemp("whole") / "c", {"seed": 0}).run()
    return progress.history, weights_of(phases)


@pytest.mark.parametrize(
    ("phase", "step"), [("likelihood", 3), ("adversarial", 1), ("adversarial", 4), ("critic", 3)]
)
def test_resumed_is_uninterrupted(tmp_path, uninterrupted, phase, step):
    history, weights = uninterrupted
    stop = StopAt(phase, step)
    stop.loop = Loop(three_phases(), tmp_path / "c", {"seed": 0}, [stop])
    with pytest.raises(Interrupted):
        stop.loop.run()

    phases = three_phases()
    torch.manual_seed(99)  # a new process starts anywhere
    loop = Loop(phases, tmp_path / "c", {"seed": 0})
    loop.resume()
    found = loop.run()
    assert found.history == history
    for name, value in weights_of(phases).items():
        assert torch.equal(value, weights[name]), name


def test_another_seed_is_another_run(uninterrupted, tmp_path):
    """The control: the comparison would notice."""
    phases = three_phases()
    phases[0].rng.integers(2)
    Loop(phases, tmp_path / "c", {"seed": 0}).run()
    expected = uninterrupted[1]
    assert any(not torch.equal(v, expected[name]) for name, v in weights_of(phases).items())


def test_every_phase_moved_its_networks(uninterrupted):
    history, weights = uninterrupted
    fresh = weights_of(three_phases())
    for part in ("generator", "posterior", "critic", "critic's average"):
        name = next(key for key in weights if key.startswith(f"{part}:") and "weight" in key)
        assert not torch.equal(weights[name], fresh[name]), part
    found = [(record["phase"], record["step"]) for record in history]
    later = [(name, step) for name in ("adversarial", "critic") for step in (0, 2, 4, 5)]
    assert found == [("likelihood", step) for step in (2, 4, 5)] + later


def test_another_collection_may_not_take_over(tmp_path):
    stop = StopAt("likelihood", 1)
    stop.loop = Loop(three_phases(), tmp_path / "c", {"collection": "a"}, [stop])
    with pytest.raises(Interrupted):
        stop.loop.run()
    with pytest.raises(CheckpointError, match="made with another collection"):
        Loop(three_phases(), tmp_path / "c", {"collection": "b"}).resume()
