"""The idea of a piece: the noise z that would make the generator play its like, and its frame.

The noise is what a whole window of notes has in common, the texture how they share out among
voices, registers and lengths; the frame is metre, tempo, key, length and form. In what order the
piece's notes come is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import hears_pedal
from musicgan.compose.hearing import form_heard, heard
from musicgan.compose.kinds import AnyPlayer
from musicgan.compose.player import Player
from musicgan.compose.settings import TEMPOS_BPM, Settings
from musicgan.compose.texture import Texture
from musicgan.corpus.piece import make_piece
from musicgan.errors import ComposeError
from musicgan.midifile import read_midi
from musicgan.model.steps import Floats, Ints
from musicgan.score import Key, Score

WINDOW = 128
"""Notes that the posterior hears at a time, as in training."""
SHORTEST = 16
MORPH_STEPS = 8
MOST_BARS = 64
"""Of a song that is as long as the piece it is like."""


@dataclass(frozen=True, eq=False)
class Idea:
    """What a song can take from a piece."""

    name: str
    mean: Floats
    """[Z]"""
    spread: Floats
    """[Z] standard deviations: how surely the piece says which noise it is."""
    key: Key | None
    """None for a model of drums alone."""
    metre: tuple[int, int]
    bpm: float | None
    """None where the file states none."""
    lag_bars: NDArray[np.int64]
    """How many bars back each bar of the piece looks, [N]; 0: it is new."""
    texture: Texture | None = None
    """How its notes share out; None: songs are free in that."""

    def __str__(self) -> str:
        return self.name

    @property
    def bars(self) -> int:
        """Bars of the piece."""
        return len(self.lag_bars)

    def noise(self, drawn: Floats) -> Floats:
        """z [1, Z] of this idea, varied by normal noise `drawn` [1, Z]."""
        return np.asarray(self.mean + self.spread * drawn, np.float32)


def hear_idea(player: Player, score: Score, name: str) -> Idea:
    """The idea of `score`, as the posterior that trained with the generator hears it.

    Raises `ComposeError` for a model without a posterior, and for a piece with fewer than
    `SHORTEST` notes for the model's voices.
    """
    if player.posterior is None:
        raise ComposeError(
            "this model cannot hear an idea: it is of an earlier version; train anew"
        )
    piece = make_piece("idea", score, player.codec)
    if len(piece.rows) < SHORTEST:
        raise ComposeError(
            f"the piece holds {len(piece.rows)} notes that the model's voices can take: give one "
            f"of {SHORTEST} or more"
        )
    form = form_heard(player, piece)
    parts = _parts(heard(player, piece, form))
    means, log_vars = zip(*(player.posterior(part) for part in parts), strict=True)
    layout = player.generator.config.layout
    length = np.maximum(np.diff(piece.bar_start_step), 1)
    return Idea(
        name=name,
        mean=np.mean(means, axis=0),
        spread=np.exp(0.5 * np.mean(log_vars, axis=0)),
        key=None if layout.is_percussion else piece.key,
        metre=piece.metre,
        bpm=piece.bpm if piece.states_tempo else None,
        lag_bars=np.asarray(np.round(form.lag_step / length), np.int64)[piece.upbeat_bars :],
        texture=Texture.of(layout.clip(np.asarray(piece.rows, np.int64)), layout),
    )


def open_idea(player: AnyPlayer, path: Path) -> Idea:
    """The idea of a MIDI file. Raises `MidiReadError`, and `ComposeError` as `hear_idea` does."""
    if not isinstance(player, Player):
        raise ComposeError("a frame model hears no idea: use an events model")
    return hear_idea(player, read_midi(path, pedal=hears_pedal(player.codec)), path.name)


def morph(one: Idea, other: Idea, steps: int) -> list[Idea]:
    """Ideas in even steps from `one` to `other`, both included."""
    return [morphed(one, other, float(part)) for part in np.linspace(0, 1, steps)]


def morphed(one: Idea, other: Idea, part: float) -> Idea:
    """From `one` at part 0 to `other` at 1; metre, key and form are those of `one` all the way.

    The noise goes along the arc, on which it is as far from nothing as normal noise is; the
    tempo by equal factors.
    """
    near, far = np.cos(part * np.pi / 2), np.sin(part * np.pi / 2)
    spread = np.sqrt((near * one.spread) ** 2 + (far * other.spread) ** 2)
    bpm = one.bpm and other.bpm and one.bpm ** (1 - part) * other.bpm**part
    return replace(
        one,
        name=f"{part:.0%} of the way from {one.name} to {other.name}",
        mean=near * one.mean + far * other.mean,
        spread=spread,
        bpm=bpm or one.bpm,
        texture=one.texture and other.texture and one.texture.towards(other.texture, part),
    )


def in_the_manner_of(settings: Settings, idea: Idea, bars: int | None) -> Settings:
    """`settings` for a song like `idea`: key, metre and tempo that they leave open are its own.

    So is its length unless `bars` are asked for; at most `MOST_BARS`.
    """
    bpm = None if idea.bpm is None else float(np.clip(idea.bpm, *TEMPOS_BPM))
    return replace(
        settings,
        like=idea,
        bars=bars or max(1, min(idea.bars, MOST_BARS)),
        key=settings.key or (None if settings.chords else idea.key),
        metre=settings.metre or idea.metre,
        tempo_bpm=settings.tempo_bpm or bpm,
    )


def _parts(heard: Ints) -> list[Ints]:
    """Windows of the inputs; a rest that says too little is left out."""
    cuts = [heard[at : at + WINDOW] for at in range(0, len(heard), WINDOW)]
    return [cut for cut in cuts if len(cut) >= SHORTEST] or cuts[:1]
