"""Small music and small networks for the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from musicgan.codecs.events import EventsCodec
from musicgan.corpus.piece import Piece, make_piece
from musicgan.midifile import write_midi
from musicgan.model.config import EventsConfig
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Metre, Score, Tempo, Track
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.choose import choose_layout
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.critic_trainer import AdversarialOptions, CriticTrainer
from musicgan.train.frames_quality import FrameJudge
from musicgan.train.likelihood import LikelihoodOptions, LikelihoodPhase
from musicgan.train.networks import Critic, Generator, Posterior
from musicgan.train.quality import SongJudge
from musicgan.train.songs import Song, analyse_pieces, voice_ranges
from musicgan.train.windows import Windows

CPU = torch.device("cpu")
TPB = 48
LEAD, BASS, DRUMS = ("lead", 0, False), ("bass", 32, False), ("drums", 0, True)


def tune(seed: int, bars: int = 8, drums: bool = False) -> Score:
    """A walk in quavers over crotchets that now and then rest, in 3/4 or 4/4, high or low.

    After four bars it comes again over another bass.
    """
    rng = np.random.default_rng(seed)
    beats = bars * (3 if seed % 3 == 0 else 4)
    lead = 60 + seed % 7 + np.abs(np.cumsum(rng.integers(-3, 4, 2 * beats))) % 17
    lead = np.resize(lead[: 8 * beats // bars], 2 * beats)
    notes = [
        (i * TPB // 2, TPB // 2 * int(rng.integers(1, 3)), pitch, int(rng.choice([40, 100])), 0)
        for i, pitch in enumerate(lead.tolist())
    ]
    bass = (38 + seed % 7 + rng.integers(0, 12, beats)).tolist()
    notes += [(i * TPB, TPB, p, 64, 1) for i, p in enumerate(bass) if rng.random() < 0.9]
    if drums:
        notes += [(i * TPB, TPB, int(rng.choice([36, 38, 42])), 90, 2) for i in range(beats)]
    return Score(
        sort_notes(np.array(notes, NOTE)),
        (Track("lead", 0), Track("bass", 32), Track("drums", 0, True))[: 2 + drums],
        (Tempo(0, 500_000 + 10_000 * (seed % 5)),),
        (Metre(0, 3 if seed % 3 == 0 else 4, 4),),
        ticks_per_beat=TPB,
    )


@contextmanager
def few_songs() -> Iterator[pytest.MonkeyPatch]:
    """Within it a run judges by few songs, weighs few candidates and plans after few updates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("musicgan.train.events_run.songs_to_judge", lambda minutes: 4)
        patch.setattr("musicgan.train.frames_run.FrameJudge", partial(FrameJudge, songs=4))
        patch.setattr("musicgan.train.guidance.SONGS", 3)
        patch.setattr("musicgan.train.guidance.STRENGTHS", (0, 2))
        patch.setattr("musicgan.train.watch.SONGS", 1)
        patch.setattr("musicgan.train.watch.BARS", 1)
        patch.setattr("musicgan.train.pace.PLANNING_STEPS", 3)
        yield patch


def write_tunes(folder: Path, count: int, bars: int) -> Path:
    """A folder with so many tunes as MIDI files."""
    for seed in range(count):
        write_midi(tune(seed, bars), folder / f"{seed}.mid")
    return folder


def codec(drums: bool = False, velocity_bins: int = 2) -> EventsCodec:
    """Lead, bass and, if asked for, drums, on sixteenths."""
    return EventsCodec(4, (LEAD, BASS, DRUMS)[: 2 + drums], velocity_bins)


def pieces(
    count: int, drums: bool = False, velocity_bins: int = 2, bars: int = 8, first: int = 0
) -> list[Piece]:
    """`count` tunes as training sees them."""
    made = codec(drums, velocity_bins)
    return [make_piece(f"{s}", tune(s, bars, drums), made) for s in range(first, first + count)]


def config_for(
    some: list[Piece], drums: bool = False, velocity_bins: int = 2, looks_back: bool = True
) -> EventsConfig:
    """Networks of a size that trains in seconds."""
    layout = choose_layout(codec(drums, velocity_bins), some, looks_back)
    return EventsConfig(
        layout, ("tests",), hidden=16, embed=12, head_widths=(6, 7, 10, 9, 5), noise=4,
        critic_hidden=12, critic_embed=8,
    )  # fmt: skip


def songs_of(some: list[Piece], config: EventsConfig) -> list[Song]:
    """Analysed within the ranges of their own voices."""
    return analyse_pieces(some, config, voice_ranges(some, config.layout))


def transposed(piece: Piece, semitones: int, drums: tuple[int, ...]) -> Piece:
    """The same piece elsewhere: what augmentation has to agree with."""
    rows = piece.rows.astype(np.int64)
    rows[:, 2] += np.where(np.isin(rows[:, 1], drums), 0, semitones)
    key = replace(piece.key, tonic=(piece.key.tonic + semitones) % 12)
    return replace(piece, rows=rows, key=key)


def networks(config: EventsConfig, seed: int = 0) -> tuple[Generator, Posterior]:
    """The same random weights for the same seed."""
    torch.manual_seed(seed)
    return Generator(config, dropout=0.2), Posterior(config)


def windows_of(some: list[Piece], config: EventsConfig, length: int) -> Windows:
    """Windows over pieces."""
    return Windows(songs_of(some, config), length, config.layout)


LIKELIHOOD = LikelihoodOptions(batch=4, rate=0.01, warmup_steps=3, ema=0.9, bf16=False)
ADVERSARIAL = AdversarialOptions(
    batch=3, anchor_batch=3, critic_batch=4, opening=16, block=8, candidates=3, rate=5e-3,
    critic_rate=1e-2, ema=0.8, critic_ema=0.8, critic_warmup=2, replay=6, bf16=False,
)  # fmt: skip


def adversarial_of(
    config: EventsConfig, train: Windows, valid: Windows, options=ADVERSARIAL, device=CPU, **sizes
) -> AdversarialPhase:
    """The second phase over tiny networks."""
    generator, posterior = networks(config)
    critic = CriticTrainer(Critic(config, dropout=0.2), train, options, device)
    judge = SongJudge(codec(), valid, songs=4)
    sizes = {"max_steps": 5, "eval_steps": 2, "patience": 0, **sizes}
    return AdversarialPhase(
        generator, posterior, critic, judge, train, valid, 0, options, device, **sizes
    )


def three_phases(length: int = 32):
    """Likelihood, adversarial and critic phase of one run, as `EventsRun` puts them together."""
    some = pieces(5)
    config = config_for(some)
    train, valid = (windows_of(part, config, length) for part in (some[:3], some[3:]))
    adversarial = adversarial_of(config, train, valid)
    likelihood = LikelihoodPhase(
        adversarial.generator, adversarial.posterior, train, valid, 0, LIKELIHOOD, CPU,
        max_steps=5, eval_steps=2, patience=0,
    )  # fmt: skip
    critic = CriticPhase(adversarial, adversarial.judge, max_steps=5, eval_steps=2)
    return [likelihood, adversarial, critic]
