"""Small folders of MIDI, written on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musicgan.midifile import write_midi
from musicgan.notes import NOTE
from musicgan.score import Metre, Score, Tempo, Track

TPB = 48


def tune(seed: int, length: int = 40) -> Score:
    """A random walk in quavers over whole-note basses, in 4/4 at 90 beats a minute."""
    random = np.random.default_rng(seed)
    pitch = 60 + np.abs(np.cumsum(random.integers(-4, 5, length))) % 24
    melody = [(i * TPB // 2, TPB // 2, p, 64 + i % 2, 0) for i, p in enumerate(pitch.tolist())]
    roots = random.integers(36, 48, length // 8).tolist()
    bass = [(i * 4 * TPB, 4 * TPB, p, 70, 1) for i, p in enumerate(roots)]
    notes = np.array(sorted(melody + bass), NOTE)
    return Score(
        notes,
        tracks=(Track("tune", 0), Track("bass", 32)),
        tempos=(Tempo(0, 666_667),),
        metres=(Metre(0, 4, 4),),
        ticks_per_beat=TPB,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a folder of `count` different tunes, half of them in a folder below."""

    def make(count: int) -> Path:
        root = tmp_path / "music"
        (root / "below").mkdir(parents=True, exist_ok=True)
        for seed in range(count):
            write_midi(tune(seed), root / ("below" if seed % 2 else "") / f"tune{seed}.mid")
        return root

    return make
