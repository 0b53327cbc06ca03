"""Frames as they are played: the numpy step is the torch step, cells come apart and together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_frames import duo_codec, frames_shapes, tiny_frames_config
from tiny_model import random_weights

from musicgan.model.frames import FramesGenerator
from musicgan.model.frames_config import FramesConfig

CONFIG = tiny_frames_config(duo_codec())


def made_up(rng, batch, steps):
    """Frames that a codec could have made: holds only where something sounds."""
    onset = rng.random((batch, steps, CONFIG.lanes)) < 0.1
    hold = np.zeros_like(onset)
    for t in range(1, steps):
        hold[:, t] = (onset | hold)[:, t - 1] & ~onset[:, t] & (rng.random(onset[:, t].shape) < 0.7)
    frames = CONFIG.join(onset, hold).astype(np.float32)
    places = np.stack([rng.integers(size, size=(batch, steps)) for size in CONFIG.place_sizes], -1)
    conditions = np.stack([rng.integers(size, size=batch) for size in CONFIG.condition_sizes], -1)
    noise = rng.standard_normal((batch, steps + 1, CONFIG.noise)).astype(np.float32)
    return frames, places, conditions, noise


def test_every_numpy_step_is_the_torch_step():
    """Logits of onsets and of holds that may be, over a whole teacher-forced window."""
    torch = pytest.importorskip("torch")
    from musicgan.train.frames_networks import FramesGenerator as TrainedGenerator

    rng = np.random.default_rng(0)
    weights = random_weights(frames_shapes(CONFIG), rng)
    trained = TrainedGenerator(CONFIG).eval()
    trained.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    frames, places, conditions, noise = made_up(rng, 3, 20)
    fed = np.concatenate([np.zeros_like(frames[:, :1]), frames[:, :-1]], 1)
    with torch.no_grad():
        tensors = (torch.from_numpy(a) for a in (fed, frames, places, conditions, noise))
        expected = trained(*tensors).numpy()

    played = FramesGenerator(weights, CONFIG)
    state = played.begin(conditions, noise[:, 0])
    for t in range(20):
        state = played.advance(state, fed[:, t], places[:, t], noise[:, t + 1])
        onset, _ = CONFIG.parts(frames[:, t])
        want_onset, want_hold = CONFIG.parts(expected[:, t])
        may_hold = np.logical_or(*CONFIG.parts(fed[:, t] > 0)) & (onset == 0)
        np.testing.assert_allclose(played.onset(state), want_onset, atol=1e-5)
        hold = played.hold(state, onset)
        np.testing.assert_allclose(hold[may_hold], want_hold[may_hold], atol=1e-5)
        assert (want_hold[~may_hold] < -20).all()


@given(st.integers(1, 4), st.integers(1, 20), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_frames_come_apart_and_together(slots, pitches, batch, seed):
    config = FramesConfig(slots=slots, pitches=pitches, max_position=9)
    frames = np.random.default_rng(seed).random((batch, 2, config.width))
    assert np.array_equal(config.join(*config.parts(frames)), frames)


def test_onset_cells_stand_before_hold_cells_in_each_slot():
    """As `codecs.pianoroll` lays them out."""
    config = FramesConfig(slots=2, pitches=3, max_position=9)
    onset, hold = config.parts(np.arange(12))
    assert onset.tolist() == [0, 1, 2, 6, 7, 8]
    assert hold.tolist() == [3, 4, 5, 9, 10, 11]


def test_places_beyond_the_vocabulary_are_its_last():
    places = CONFIG.places(np.array([0, 32, 99]), np.array([0, 16, 400]))
    assert places.tolist() == [[0, 0], [32, 16], [32, 16]]


def test_a_config_survives_json_and_refuses_unknown_sizes():
    assert FramesConfig.from_json(CONFIG.to_json()) == CONFIG
    with pytest.raises(TypeError, match="depth"):
        FramesConfig.from_json({**CONFIG.to_json(), "depth": 3})
