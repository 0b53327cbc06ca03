"""A run that is killed at any moment goes on and ends as if nothing had happened, bit for bit."""

import multiprocessing
import random
import shutil
import time
from pathlib import Path

import pytest

from musicgan.compose.styles import run_folder
from musicgan.errors import CheckpointError
from musicgan.midifile import write_midi
from musicgan.train.lock import alone_in
from musicgan.train.options import Options
from musicgan.train.run import train
from musicgan.train.watch import Watch

from .making import ADVERSARIAL, LIKELIHOOD, few_songs, tune, write_tunes

KILLS = 20
OPTIONS = Options(
    style="made", device="cpu", hidden=16, likelihood=LIKELIHOOD, adversarial=ADVERSARIAL,
    likelihood_steps=4, adversarial_steps=2, critic_steps=2,
)  # fmt: skip
FORK = multiprocessing.get_context("fork")
"""A fresh interpreter would spend most of its life importing torch."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve tunes; few songs to judge by, and a checkpoint after every update."""
    root = write_tunes(tmp_path_factory.mktemp("music"), 12, bars=8)
    with few_songs() as patch:
        patch.setenv("MUSICGAN_CACHE", str(root.parent / "cache of survivors"))
        patch.setattr("musicgan.train.loop.CHECKPOINT_SEC", 0.0)
        yield root


def run(folder: Path, out: Path) -> None:
    """As `musicgan train` does it; from the checkpoint where there is one."""
    resume = (run_folder(out) / "checkpoint.safetensors").is_file()
    with Watch(out) as watch:
        train(folder, out, OPTIONS, resume=resume, watch=watch)


def test_killed_at_twenty_moments_it_ends_where_it_would_have(folder, tmp_path):
    whole = tmp_path / "whole.safetensors"
    begun = time.monotonic()
    run(folder, whole)
    usual_sec = time.monotonic() - begun
    # A sixth of a run at most, twenty times: each phase is met.
    rng, kills, ended = random.Random(0), 0, False
    out = tmp_path / "killed.safetensors"
    while kills < KILLS or not ended:
        process = FORK.Process(target=run, args=(folder, out))
        process.start()
        process.join(rng.uniform(0, usual_sec / 6) if kills < KILLS else None)
        if process.is_alive():
            process.kill()
            process.join()
            kills, ended = kills + 1, False
            continue
        assert process.exitcode == 0
        assert out.read_bytes() == whole.read_bytes()
        assert not list(tmp_path.glob("**/.*"))  # nothing half written is left anywhere
        ended = True
        out.unlink()
        shutil.rmtree(run_folder(out))
    assert kills == KILLS


def test_a_second_run_in_a_folder_is_refused_until_the_first_is_gone(folder, tmp_path):
    out = tmp_path / "x.safetensors"
    ready, go = FORK.Event(), FORK.Event()

    def hold():
        with alone_in(run_folder(out)):
            ready.set()
            go.wait()

    other = FORK.Process(target=hold)
    other.start()
    assert ready.wait(30)
    with pytest.raises(CheckpointError, match="another run is at work there"):
        train(folder, out, OPTIONS)
    other.kill()
    other.join()
    with alone_in(run_folder(out)):
        pass


def test_what_a_killed_run_left_half_written_goes_with_the_next(tmp_path):
    for name in (".checkpoint.safetensors.part", ".3f2a.tmp", ".tmpX1", "report.json"):
        (tmp_path / name).write_bytes(b"half")
    with alone_in(tmp_path):
        assert {path.name for path in tmp_path.iterdir()} == {"lock", "report.json"}


def test_a_file_that_changed_meanwhile_is_said_when_resuming(folder, tmp_path):
    music = tmp_path / "music"
    shutil.copytree(folder, music)
    out = tmp_path / "x.safetensors"
    train(music, out, OPTIONS)
    write_midi(tune(99, bars=8), music / "3.mid")
    with pytest.raises(CheckpointError, match="made with another collection; resume with the same"):
        train(music, out, OPTIONS, resume=True)


def test_files_that_vanish_while_it_runs_do_no_harm(folder, tmp_path):
    """What training reads lies in the cache."""
    music, out = tmp_path / "music", tmp_path / "x.safetensors"
    shutil.copytree(folder, music)

    class Deleting(Watch):
        def on_step(self, phase, step, *rest):
            super().on_step(phase, step, *rest)
            shutil.rmtree(music, ignore_errors=True)

    with Deleting(out) as watch:
        train(music, out, OPTIONS, watch=watch)
    train(folder, tmp_path / "whole.safetensors", OPTIONS)
    assert out.read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
