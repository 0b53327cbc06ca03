"""Several processes train one model: step for step what one process trains, to rounding."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from musicgan.train import team
from musicgan.train.losses import feature_gap

from .making import write_tunes
from .team_run import run_all

TESTS = Path(__file__).parents[1]


class Second:
    """The second of two processes, to both of which the same part is given."""

    world_size, global_rank, device = 2, 1, torch.device("cpu")

    def all_gather(self, part):
        return torch.stack([part, part])

    def broadcast(self, value):
        return f"the first one's {value}"


@pytest.fixture
def second(monkeypatch):
    """This process is the second of two."""
    monkeypatch.setattr(team, "_fabric", Second())
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda value: value.mul_(2))


def test_alone_everything_is_ones_own():
    rows = [1, 2, 3]
    assert team.own(rows) is rows
    assert (team.size(), team.rank(), team.leads(), team.whole(5)) == (1, 0, True, 5)
    value = torch.tensor([1.0])
    assert team.mean(value) is value and team.gathered(value) is value
    assert team.join(torch.device("cpu")) == torch.device("cpu")


def test_each_has_as_many_rows(second):
    assert team.whole(5) == 6
    assert team.own([1, 2, 3, 4]) == [3, 4]
    assert team.own(np.arange(8)).tolist() == [4, 5, 6, 7]
    assert team.own(torch.arange(3)).tolist() == [2, 0]


def test_the_leader_decides(second):
    assert team.agreed("plan") == "the first one's plan"
    assert not team.leads()


def test_all_draw_the_same_and_take_their_own(second):
    drawn = team.own_draws(np.random.default_rng(5)).random((3, 4))
    assert np.array_equal(drawn, np.random.default_rng(5).random((3, 8))[:, 4:])
    normal = team.own_normal(np.random.default_rng(5), 2, 3)
    expected = np.random.default_rng(5).standard_normal((4, 3)).astype(np.float32)
    assert np.array_equal(normal, expected[2:])
    torch.manual_seed(1)
    noise = team.normal_like(torch.zeros(2, 3))
    torch.manual_seed(1)
    assert torch.equal(noise, torch.randn(4, 3)[2:])


def test_gradients_of_a_statistic_of_all_rows_average_to_the_true_one(second):
    """Both processes hold the same rows here: each finds the gradient of all of them."""
    real, part = torch.randn(4, 3), torch.randn(2, 3, requires_grad=True)
    layer = nn.Parameter(torch.ones(3))
    feature_gap(real, team.gathered(part * layer)).backward()
    found = layer.grad.clone()
    layer.grad = None
    feature_gap(real, torch.cat([part, part]) * layer).backward()
    torch.testing.assert_close(found, layer.grad)


def test_two_processes_take_the_steps_of_one(tmp_path, monkeypatch):
    """Both phases of both codecs by `torchrun`; the two are interrupted and go on, too."""
    pytest.importorskip("lightning_fabric")
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path / "cache"))
    music, one, two = (tmp_path / name for name in ("music", "one", "two"))
    for folder in (music, one, two):
        folder.mkdir()
    write_tunes(music, 12, bars=12)
    run_all(music, one, interrupt=False)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "train.team_run", str(music), str(two)]
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 processes train together" in done.stderr
    for name in ("events", "frames"):
        log = f"{name}.safetensors.run/log.jsonl"
        expected, found = (figures(folder / log) for folder in (one, two))
        assert expected.keys() == found.keys()
        for place, value in expected.items():
            assert found[place] == pytest.approx(value, rel=2e-3, abs=2e-5), place
        assert (two / f"{name}.safetensors").is_file()


def figures(log):
    """{(phase, step, what): value} of a run; what was done twice, as it was done last."""
    found = {}
    for line in log.read_text().splitlines():
        record = json.loads(line)
        for name, value in {**record, **record.pop("held_out", {})}.items():
            if isinstance(value, float) and name != "time":
                found[record["phase"], record["step"], name] = value
    return found
