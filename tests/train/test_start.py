"""What a run begins with: the bundled model that knows its music best, one by name, or nothing."""

import numpy as np
import pytest
import torch
from tiny_model import choir_codec, tiny_config, tiny_model

from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.errors import ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import save_model
from musicgan.train.events_run import EventsRun
from musicgan.train.options import Options
from musicgan.train.start import choose_start, nearest_start, open_start

from .making import write_tunes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten tunes for lead and bass."""
    return write_tunes(tmp_path_factory.mktemp("music"), 10, bars=12)


def run_of(folder, **options):
    codec = choose_codec(folder)
    return EventsRun(Corpus.open(folder, codec), codec, Options(device="cpu", **options))


@pytest.fixture(scope="module")
def at_random(folder):
    return run_of(folder)


def nats(run):
    return run.phases[0].evaluate()["nll"]


def test_a_bundled_model_knows_music_that_a_random_one_does_not(folder, at_random):
    begun = run_of(folder, start="lieder")
    assert begun.config.hidden == EventsConfig.from_json(begun.start.file.metadata["config"]).hidden
    assert nats(begun) < 0.5 * nats(at_random)
    assert "begins with lieder" in begun.summary() and "at random" in at_random.summary()


def test_its_critic_comes_along(folder):
    begun = run_of(folder, start="lieder")
    learned = torch.as_tensor(begun.start.file.part("critic")["rnn.weight_hh_l0"])
    assert torch.equal(begun.critic.critic.rnn.weight_hh_l0, learned)
    assert torch.equal(begun.critic.ema.module.rnn.weight_hh_l0, learned)


def test_the_nearest_is_the_one_that_is_least_surprised(folder, at_random):
    start, best = nearest_start(at_random.config, at_random.ranges, at_random.songs[1])
    for style in ("chorale", "lieder"):
        assert nats(run_of(folder, start=style)) >= best - 0.05
    assert nats(run_of(folder, start="nearest")) == pytest.approx(best, abs=0.05)
    assert choose_start("nearest", at_random.config, at_random.ranges, at_random.songs[1]).name == (
        start.name
    )


def test_a_width_of_its_own_does_not_go_with_it(folder):
    with pytest.raises(ModelFileError, match="lieder is 384 wide: leave the width out"):
        run_of(folder, start="lieder", hidden=32)


def test_nothing_is_nothing(at_random):
    assert choose_start("none", at_random.config, at_random.ranges, at_random.songs[1]) is None
    assert at_random.start is None


def test_a_file_of_ones_own_will_do_and_another_kind_not(tmp_path):
    path = tmp_path / "own.safetensors"
    save_model(tiny_model(choir_codec(), single=True), path)
    assert open_start(str(path)).config == tiny_config(choir_codec())
    blind = tiny_config(choir_codec(), looks_back=False)
    save_model(tiny_model(choir_codec(), single=True, config=blind), path)
    with pytest.raises(ModelFileError, match="without a memory; train it anew"):
        open_start(str(path))
    save_model(tiny_model(choir_codec(), single=True, changes={"kind": "frames"}), path)
    with pytest.raises(ModelFileError, match="no model of note tuples"):
        open_start(str(path))
    with pytest.raises(ModelFileError, match="style 'nope': choose one of"):
        open_start("nope")


def test_what_is_filled_is_the_same_every_time(folder):
    one, other = (run_of(folder, start="lieder") for _ in range(2))
    for (name, a), b in zip(
        one.generator.state_dict().items(), other.generator.state_dict().values(), strict=True
    ):
        assert np.array_equal(a.numpy(), b.numpy()), name
