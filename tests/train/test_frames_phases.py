"""Both phases on small music: they learn, they fool, they go on as if never interrupted."""

import math

import numpy as np
import pytest
import torch

from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.corpus.piece import make_piece
from musicgan.errors import CorpusError
from musicgan.model.frames_config import FramesConfig
from musicgan.train import frames_adversarial
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.frame_windows import FrameWindows, frame_songs, slot_ranges
from musicgan.train.frames_adversarial import FramesAdversarialOptions, FramesAdversarialPhase
from musicgan.train.frames_likelihood import FramesLikelihoodPhase
from musicgan.train.frames_networks import FramesCritic, FramesGenerator
from musicgan.train.frames_quality import FrameJudge, tuples
from musicgan.train.likelihood import LikelihoodOptions

from .making import BASS, CPU, LEAD, tune

CODEC = PianorollCodec(4, (LEAD, BASS), low_pitch=36, high_pitch=84)
CONFIG = FramesConfig(
    2, CODEC.n_pitches, max_position=33, hidden=16, embed=12, noise=4,
    critic_hidden=12, critic_channels=6,
)  # fmt: skip


def windows(seeds, bars=8, length=16):
    pieces = [make_piece(str(seed), tune(seed, bars), CODEC) for seed in seeds]
    return FrameWindows(
        frame_songs(pieces, CODEC, CONFIG, slot_ranges(pieces, CODEC)), length, CODEC
    )


def likelihood(seed=0, rate=1e-2):
    torch.manual_seed(seed)
    options = LikelihoodOptions(batch=8, rate=rate, warmup_steps=5, ema=0.9, bf16=False)
    return FramesLikelihoodPhase(
        FramesGenerator(CONFIG, 0.1), windows(range(4)), windows([7, 8]), 0, options, CPU, 100
    )


def adversarial(seed=0, **options):
    torch.manual_seed(seed)
    valid = windows([7, 8])
    settings = FramesAdversarialOptions(**{"batch": 6, "critic_warmup": 3, **options})
    return FramesAdversarialPhase(
        FramesGenerator(CONFIG, 0.1), FramesCritic(CONFIG, 0.1), FrameJudge(valid, songs=4),
        windows(range(4)), valid, 0, settings, CPU,
    )  # fmt: skip


def weights(phase):
    return torch.cat([p.detach().flatten() for p in phase.generator.parameters()])


def test_likelihood_learns_small_music():
    phase = likelihood()
    before = phase.evaluate()["nll"]
    figures = [phase.step(i / 60) for i in range(60)]
    assert figures[-1]["train_nll"] < 0.85 * figures[0]["train_nll"]
    assert phase.evaluate()["score"] < 0.85 * before


@pytest.mark.parametrize("make", [likelihood, adversarial])
def test_a_phase_resumed_from_disk_is_the_phase_uninterrupted(make, tmp_path):
    """Bit for bit: weights, held-out figures, the noise and the windows still to come."""
    whole = make()
    whole.begin()
    for _ in range(2):
        whole.step(0.0)
    path = tmp_path / "checkpoint.safetensors"
    rng = torch.get_rng_state()
    save_checkpoint({"phase": whole.state()}, path)
    expected = [whole.step(0.5) for _ in range(2)]

    resumed = make(seed=1)
    resumed.load_state(load_checkpoint(path)["phase"])
    torch.set_rng_state(rng)
    assert [resumed.step(0.5) for _ in range(2)] == expected
    assert torch.equal(weights(whole), weights(resumed))
    assert whole.evaluate() == resumed.evaluate()


def test_a_selected_state_comes_back_as_weights():
    phase = adversarial()
    phase.begin()
    kept = {k: v.clone() for k, v in phase.selected()["weights"].items()}
    updates = phase.selected()["updates"]
    phase.step(0.0)
    phase.restore({"weights": kept, "updates": updates})
    state = phase.generator.state_dict()
    assert all(torch.equal(state[name], value) for name, value in kept.items())


def test_an_adversarial_step_moves_both_and_tells_everything():
    phase = adversarial()
    phase.begin()
    generator, critic = weights(phase), phase.critic.out.weight.detach().clone()
    figures = phase.step(0.0)
    expected = {
        "critic_loss", "critic_accuracy", "critic_gradient", "generator_loss", "feature_gap",
        "train_nll", "gradient", "onsets_a_frame",
    }  # fmt: skip
    assert set(figures) == expected
    assert all(math.isfinite(value) for value in figures.values())
    assert figures["gradient"] > 0 and figures["critic_gradient"] > 0
    assert not torch.equal(weights(phase), generator)
    assert not torch.equal(phase.critic.out.weight, critic)
    assert all(parameter.requires_grad for parameter in phase.critic.parameters())


def test_the_critic_alone_moves_the_generator():
    """Without anchor or feature matching the gradient of the verdict reaches the first weights."""
    phase = adversarial(anchor=0.0, feature_weight=0.0)
    phase.begin()
    phase.step(0.0)
    gradients = {n: p.grad for n, p in phase.generator.named_parameters()}
    for name in ("first.weight", "noise.weight", "frame.weight", "hold_given.weight"):
        assert gradients[name] is not None and gradients[name].abs().sum() > 0, name


def test_a_generator_of_noise_is_told_from_music_and_drifts_towards_it():
    """The critic learns to tell the untrained generator; adversary and anchor bring its density
    nearer to the real one."""
    phase = adversarial(critic_warmup=30, rate=5e-3, critic_rate=5e-3)
    torch.nn.init.constant_(phase.generator.onset_out.bias, -1.5)
    phase.begin()
    assert phase.accuracy > 0.8
    assert phase.evaluate()["critic_held_out_accuracy"] > 0.8
    densities = [phase.step(0.0)["onsets_a_frame"] for _ in range(25)]
    assert np.mean(densities[-3:]) < 0.6 * np.mean(densities[:3])


def test_the_judge_s_figures():
    figures = adversarial().evaluate()
    expected = {
        "nll", "frechet", "distinct", "distance", "nearest", "critic_held_out_loss",
        "critic_held_out_accuracy", "critic_right_on_real", "critic_right_on_fake", "score",
    }  # fmt: skip
    assert set(figures) == expected
    assert figures["score"] == figures["frechet"] > 0


def test_the_judge_disturbs_no_random_state():
    phase = adversarial()
    state = torch.get_rng_state()
    one, again = phase.evaluate(), phase.evaluate()
    assert one == again
    assert torch.equal(state, torch.get_rng_state())


def test_too_little_held_out_music_is_said_so():
    with pytest.raises(CorpusError, match="2 windows of 96 steps"):
        FrameJudge(windows([7], bars=8, length=96))


def test_frames_as_tuples_are_their_notes():
    score = CODEC.normalized(tune(1, 2))
    rows = tuples(CODEC.encode(score) > 0, CODEC)
    assert rows[:, 2].tolist() == score.notes["pitch"].tolist()
    assert rows[:, 3].tolist() == score.notes["duration_tick"].tolist()


def test_after_a_step_that_failed_the_critic_still_learns(monkeypatch):
    phase = adversarial()
    phase.begin()

    def fail(*given):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    with monkeypatch.context() as failing:
        failing.setattr(frames_adversarial, "feature_gap", fail)
        with pytest.raises(torch.cuda.OutOfMemoryError):
            phase.step(0.0)
    assert all(weight.requires_grad for weight in phase.critic.parameters())
    phase.step(0.0)
