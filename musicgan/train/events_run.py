"""A training run over note tuples: networks, phases and the model file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from musicgan.codecs.events import EventsCodec
from musicgan.compose.hearing import verdicts
from musicgan.compose.player import Player, player_of
from musicgan.compose.settings import Settings
from musicgan.compose.silences import silences_of
from musicgan.compose.song import compose
from musicgan.compose.tessitura import heights_of
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.corpus.split import SHORTEST_PIECE
from musicgan.errors import CorpusError, ModelFileError
from musicgan.model.config import EventsConfig
from musicgan.model.file import ModelFile
from musicgan.score import Score
from musicgan.train.adversarial import AdversarialPhase
from musicgan.train.choose import choose_layout
from musicgan.train.critic_phase import CriticPhase
from musicgan.train.critic_trainer import CriticTrainer
from musicgan.train.forms import forms_of
from musicgan.train.guidance import USUAL, GuidancePhase, songs_for
from musicgan.train.lengths import WINDOW, judged_length, shared_length
from musicgan.train.likelihood import LikelihoodPhase, evaluated_every
from musicgan.train.look import Samples
from musicgan.train.networks import Critic, Generator, Posterior
from musicgan.train.options import (
    Options,
    about,
    choose_device,
    for_few,
    has_slow_critic,
    likelihood_steps,
    songs_to_judge,
    typical,
    within,
)
from musicgan.train.phase import Phase
from musicgan.train.quality import SongJudge
from musicgan.train.rollout import played
from musicgan.train.shelf import Songs, some_of
from musicgan.train.songs import LONGEST, voice_ranges
from musicgan.train.start import choose_start
from musicgan.train.windows import Windows

MOST_ASKED = 2000
"""Pieces, spread evenly, that are asked for their ranges, metres and forms."""
FEW_HELD_OUT = 4
MOST_HELD_OUT = 200
"""Pieces, spread evenly, that the networks are measured on: more would not say more."""
FEW_PIECES, FEW_NOTES = 20, 10_000
"""Fewer are learned by heart rather than understood."""


class EventsRun:
    """Networks, phases and the model file of a run over note tuples.

    With `looks_back` false the networks have no memory but their state (`codecs.echo`).
    """

    unused: tuple[str, ...] = ("frames",)
    """Options that make no difference here."""

    def __init__(
        self, corpus: Corpus, codec: EventsCodec, options: Options, looks_back: bool = True
    ) -> None:
        torch.manual_seed(options.seed)
        self.corpus, self.codec = corpus, codec
        self.device = choose_device(options.device)
        train = corpus.pieces("train").at_least(SHORTEST_PIECE)
        valid = some_of(corpus.pieces("valid").at_least(SHORTEST_PIECE), MOST_HELD_OUT)
        if not train or not valid:
            raise CorpusError(
                f"{corpus.folder}: too few pieces of {SHORTEST_PIECE} notes or more to train on "
                "and to check against: give more music"
            )
        options = for_few(options, len(train))
        some = list(some_of(train, MOST_ASKED))
        layout = choose_layout(codec, some, looks_back)
        config = EventsConfig(layout, (options.style,), hidden=options.width)
        self.ranges = voice_ranges(some, layout)
        lengths = np.array([len(piece.rows) for piece in valid])
        # Those held out are few, and wanted again and again.
        self.songs = (
            Songs(train, config, self.ranges, train.lengths),
            Songs(valid, config, self.ranges, lengths, most_notes=int(lengths.sum() + len(valid))),
        )
        self.start = choose_start(options.start, config, self.ranges, self.songs[1])
        if self.start:
            config = self.start.sized(config)
            if options.hidden not in (None, config.hidden):
                raise ModelFileError(
                    f"{self.start.name} is {config.hidden} wide: leave the width out, or begin "
                    "with none"
                )
            options = replace(options, start=self.start.name, hidden=config.hidden)
        self.config, self.options = config, options
        self._typical = {
            **typical(some),
            "forms": forms_of(some, layout.looks_back),
            "heights": heights_of(some, layout, options.augmentation.semitones),
            "silences": silences_of(some, layout),
        }
        self._train, self._valid = train, valid
        self._kept = float(train.lengths.sum() / train.notes.sum())
        self._long = int((train.lengths > LONGEST).sum())
        self.single = single_voices(some, layout.voices)
        self.generator = Generator(self.config, options.dropout)
        self.posterior = Posterior(self.config)
        critic = Critic(self.config, options.critic_dropout)
        if self.start:
            self.start.fill(self.ranges, self.generator, self.posterior, critic)
        self.phases = self._phases(critic)

    def _phases(self, critic: Critic) -> list[Phase]:
        options, device, seed = self.options, self.device, self.options.seed
        layout, augmentation = self.config.layout, options.augmentation
        train, valid = (
            Windows(songs, WINDOW, layout, augmentation, device) for songs in self.songs
        )
        length = judged_length(self.songs[1], min(shared_length(songs) for songs in self.songs))
        short, short_valid = (
            Windows(songs, length, layout, augmentation, device) for songs in self.songs
        )
        self.critic = CriticTrainer(critic, short, options.adversarial, device)
        judge = SongJudge(self.codec, short_valid, songs_to_judge(options.minutes), seed)
        likelihood = LikelihoodPhase(
            self.generator, self.posterior, train, valid, seed,
            options.fine_tuning if self.start else options.likelihood, device,
            likelihood_steps(options, train.rows, WINDOW),
            eval_steps=evaluated_every(valid) if self.start else 100,
        )  # fmt: skip
        adversarial = AdversarialPhase(
            self.generator, self.posterior, self.critic, judge, short, valid, seed,
            within(options.adversarial, options.minutes), device, options.adversarial_steps,
        )  # fmt: skip
        critic_phase = CriticPhase(adversarial, judge, options.critic_steps)
        self.guidance = GuidancePhase(
            self._player, self._valid, self._train, length, seed, songs_for(options.minutes),
            options.candidates, {name: getattr(options, name) for name in USUAL},
        )  # fmt: skip
        return [likelihood, adversarial, critic_phase, self.guidance]

    @property
    def music(self) -> dict[str, int]:
        """How many `pieces` there were to learn, and how many `held_out`."""
        return {"pieces": len(self.songs[0]), "held_out": len(self.songs[1])}

    @property
    def typical(self) -> dict[str, Any]:
        """The collection's habits, and those of composing once they are known."""
        return {**self._typical, **self.guidance.habits}

    def _player(self) -> Player:
        return player_of(self.model_file([]), Path("in memory"))

    def model_file(self, history: Sequence[dict[str, Any]]) -> ModelFile:
        """The model as it stands: averaged generator and critic, and the posterior.

        A critic that has not heard this generator yet has nothing to say of it, and stays behind.
        """
        weights = {f"generator.{k}": v for k, v in played(self.generator).items()}
        weights |= {f"posterior.{k}": v for k, v in played(self.posterior).items()}
        if self.critic.ema.updates:
            weights |= {f"critic.{k}": v for k, v in played(self.critic.ema.module).items()}
        return ModelFile(weights, about("events", self, history))

    def samples(self, count: int, bars: int) -> Samples:
        """Songs of so many bars by the present weights, without disturbing any random state."""
        player = self._player()
        asked = [Settings(bars=bars, seed=1 + number, critic=0) for number in range(count)]
        songs = [compose(player, settings) for settings in asked]
        found = verdicts(player, songs[0])
        return Samples(songs, None if found is None else found.tolist())

    def held_out(self, most: int) -> list[Score]:
        """At most so many of the pieces held out, spread evenly."""
        chosen = np.linspace(0, len(self._valid) - 1, min(most, len(self._valid))).astype(int)
        return [self.codec.decode(self._valid[at].rows.astype(np.int64)) for at in chosen]

    def summary(self) -> str:
        """What was chosen, in a few lines."""
        layout, learned = self.config.layout, self.songs[0]
        notes = int(learned.lengths.sum())
        slots = ", ".join(slot.name for slot in self.codec.slots)
        by = "instrument" if any(slot.families for slot in self.codec.slots) else "order"
        held_out = len(self.songs[1])
        few = len(learned) < FEW_PIECES or notes < FEW_NOTES
        slow = has_slow_critic(self.options, len(learned))
        parts = f", each in {layout.fine} parts" if layout.fine > 1 else ""
        lines = [
            f"music: {_pieces(len(learned))}, {notes:,} notes to learn; "
            f"{_pieces(held_out)} held out",
            f"voices: {slots}; tracks go to them by their {by}",
            f"grid: {layout.grid} steps a beat{parts}, velocities: {layout.velocity_bins}; "
            f"{self._kept:.1%} of the notes kept; "
            f"pedal: {'folded into durations' if self.codec.pedal else 'left out'}",
            f"network: {self.config.hidden} wide, begins "
            f"{f'with {self.start.name}' if self.start else 'at random'}; on {self.device}; "
            f"its critic learns {'slowly' if slow else 'at its usual rate'}",
        ]
        if self._long:
            lines.append(
                f"{_pieces(self._long)} longer than {LONGEST:,} notes: their first {LONGEST:,} "
                "are learned"
            )
        if few:
            lines.append("a small collection: the model may remember more than it invents")
        if held_out < FEW_HELD_OUT:
            lines.append(
                f"{_pieces(held_out)} held out: what is best is chosen by little music, and the "
                "figures mean little"
            )
        return "\n".join(lines)


def _pieces(count: int) -> str:
    return f"{count} piece{'' if count == 1 else 's'}"


def single_voices(pieces: Sequence[Piece], voices: int) -> list[bool]:
    """Voices that hardly ever sound two notes at once: under 1% of their notes overlap."""
    notes, overlaps = np.zeros(voices), np.zeros(voices)
    for piece in pieces:
        rows = piece.rows.astype(np.int64)
        onset = np.cumsum(rows[:, 0])
        for voice in range(voices):
            own = rows[:, 1] == voice
            begin, end = onset[own], (onset + rows[:, 3])[own]
            notes[voice] += own.sum()
            overlaps[voice] += (begin[1:] < end[:-1]).sum()
    return [bool(o < 0.01 * n) for o, n in zip(overlaps, np.maximum(notes, 1), strict=True)]
