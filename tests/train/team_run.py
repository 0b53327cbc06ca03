"""What each of several processes runs: small runs of both kinds, one of them interrupted.

python -m train.team_run MUSIC OUT
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from musicgan.train.frames_adversarial import FramesAdversarialOptions
from musicgan.train.log_file import LogFile
from musicgan.train.loop import Interrupted
from musicgan.train.options import Options
from musicgan.train.run import train
from musicgan.train.watch import Watch

from .making import ADVERSARIAL, LIKELIHOOD, few_songs

# Batches that two processes can share, and dropout, of which each draws its part.
EVENTS = Options(
    style="made", device="cpu", hidden=16, dropout=0.3, likelihood=LIKELIHOOD,
    adversarial=replace(ADVERSARIAL, batch=4, anchor_batch=4),
    likelihood_steps=3, adversarial_steps=2, critic_steps=1,
)  # fmt: skip
FRAMES = Options(
    style="made", codec="pianoroll", device="cpu", hidden=16, dropout=0.3, likelihood=LIKELIHOOD,
    likelihood_steps=2, adversarial_steps=2,
    frames=FramesAdversarialOptions(batch=4, critic_warmup=1),
)  # fmt: skip


class InterruptedAt(Watch):
    """Ctrl-C in the first process, once, in the second phase."""

    def on_step(self, phase, step, *rest):
        super().on_step(phase, step, *rest)
        if (phase, step) == ("adversarial", 1):
            os.kill(os.getpid(), signal.SIGINT)


def run_all(music: Path, out: Path, interrupt: bool) -> None:
    """Train `events.safetensors` and `frames.safetensors` in `out`."""
    with few_songs() as patch:
        patch.setattr("musicgan.train.watch.LogFile", partial(LogFile, every=1))
        events = out / "events.safetensors"
        if interrupt:
            try:
                with InterruptedAt(events) as watch:
                    train(music, events, EVENTS, watch=watch)
                raise AssertionError("nobody was interrupted")
            except Interrupted:
                pass
        with Watch(events) as watch:
            train(music, events, EVENTS, resume=interrupt, watch=watch)
        with Watch(out / "frames.safetensors") as watch:
            train(music, out / "frames.safetensors", FRAMES, watch=watch)


if __name__ == "__main__":
    run_all(Path(sys.argv[1]), Path(sys.argv[2]), interrupt=True)
