"""Composing some bars of a song anew, between what comes before and what comes after.

What comes before is heard as a primer is. Of the last bars of the gap many versions are drawn,
each of which then hears how the song goes on; one is kept by sampling/importance resampling
(Rubin, Multiple Imputation for Nonresponse in Surveys, 1987, 6.6): drawn by how likely, in nats,
the generator finds the notes that follow, and how much likelier the critic finds it all to be
real. That is, up to the number of versions, drawing from what the generator holds for possible
between both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, WAIT
from musicgan.codecs.form import form_of
from musicgan.codecs.stream import StreamDecoder
from musicgan.compose.barlines import LinedBars
from musicgan.compose.composition import Composition, in_last_bar
from musicgan.compose.gap import Gap, find_gap
from musicgan.compose.given import Given, GivenSampler
from musicgan.compose.lean import Lean
from musicgan.compose.plan import Plan
from musicgan.compose.player import Player
from musicgan.compose.primer import Primer
from musicgan.compose.sampler import Sampler
from musicgan.compose.settings import Settings
from musicgan.corpus.piece import Piece, make_piece
from musicgan.errors import ComposeError
from musicgan.model.steps import Floats, Ints
from musicgan.score import Score
from musicgan.timing import bar_length_step

RIGHT_NOTES = 32
"""Notes after the gap that versions are weighed by."""
LEAD_BARS = 4
VERSIONS = 64
"""Bars before the right side that are drawn at once, so many times; those before them go block by
block. Of 1, 2 and 4 bars and of 32 and 64 versions these led on best in `scripts/gaps_filled.py`.
"""
OF_THE_SONG = ("bars", "form", "key", "metre", "tempo_bpm", "dynamics", "instruments")
"""Settings that the song itself has the say in."""


def infill(player: Player, settings: Settings, score: Score, from_bar: int, to_bar: int) -> Score:
    """`score` with its bars `from_bar` to `to_bar`, counted from 1, composed anew.

    All else stays exactly as it was. Notes that begin in these bars are replaced in all tracks
    that go into the model's voices (`codecs.slots`); notes from before that sound into them are
    kept whole, and no new note sounds into what its voice plays afterwards. Bars, key, metre and
    tempo are the song's, and its form: a bar that looked back at an earlier one still does.

    Raises `ComposeError` for bars that are not there, a song without notes for the model's voices,
    and settings that the song has the say in.
    """
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        if setting.name in OF_THE_SONG and value != setting.default:
            name = setting.name.removesuffix("_bpm")
            raise ComposeError(f"{name}: bars that are filled in keep the song's; leave it out")
    gap = find_gap(score, player.codec, from_bar, to_bar)
    song = Filling(player, settings, gap)
    decoder = StreamDecoder(player.codec)
    decoder.onset_step = song.onset_step
    notes = [note for row in song.finish() for note in decoder.push(row)]
    return gap.filled([*notes, *decoder.close()])


@dataclass(frozen=True)
class Unstruck(Lean):
    """Another lean, but what sounds already is not struck again, [V, 128] until a step."""

    other: Lean
    held_step: Ints

    def wait(self, logits: Floats) -> Floats:
        """As the other."""
        return self.other.wait(logits)

    def top(self, voice: Ints, onset_step: Ints) -> Ints | None:
        """As the other."""
        return self.other.top(voice, onset_step)

    def voice(self, logits: Floats) -> Floats:
        """As the other."""
        return self.other.voice(logits)

    def pitch(
        self, logits: Floats, allowed: NDArray[np.bool_], voice: Ints, onset_step: Ints
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Without pitches that the voice holds."""
        silent = self.held_step[voice] <= onset_step[:, None]
        return self.other.pitch(logits, allowed & silent, voice, onset_step)

    def duration(self, logits: Floats, voice: Ints, pitch: Ints, onset_step: Ints) -> Floats:
        """As the other."""
        return self.other.duration(logits, voice, pitch, onset_step)


class Filling(Composition):
    """The bars of a gap under way; what comes before them has been heard."""

    def __init__(
        self, player: Player, settings: Settings, gap: Gap, right_notes: int = RIGHT_NOTES
    ) -> None:
        rng = np.random.default_rng(settings.seed)
        self.gap = gap
        self.piece = make_piece("song", gap.score, player.codec)
        lead_bar = max(gap.from_bar, gap.to_bar + 1 - LEAD_BARS)
        self.lead_step = int(gap.step(gap.bar_tick[lead_bar - 1]))
        self.right = player.codec.encode(gap.right)[:right_notes]
        plan = _plan(player, settings, gap, self.piece, rng)
        super().__init__(player, settings, plan, rng)

    def finish(self) -> list[Rows]:
        """The rows of the gap, [5] each, the first wait counted from `onset_step` before."""
        rows: list[Rows] = []
        while not self.ended:
            rows += self.advance()
        sampler = self.sampler
        after = int(sampler.count[0]) if isinstance(sampler, GivenSampler) else 0
        return rows[: len(rows) - after]

    def _begin(self, rng: np.random.Generator) -> Sampler:
        player, gap = self.player, self.gap
        bars = _bars(player, gap, self.piece)
        ranges = np.where(gap.track_of[:, None] >= 0, player.rules.ranges, [1, 0])
        songs = self._songs(bars, replace(player.rules, ranges=ranges), rng)
        if gap.is_last:
            return songs
        onset_step, until_step = self.right[:, WAIT].cumsum(), gap.step(gap.next_tick)
        given = Given(self.right, onset_step, int(gap.step(gap.end_tick)), until_step)
        return GivenSampler.of(songs, given)

    def _is_closing(self, sampler: Sampler) -> NDArray[np.bool_]:
        if self.gap.is_last:
            return in_last_bar(sampler)
        return np.asarray(sampler.context.onset_step >= self.lead_step)

    @property
    def _versions(self) -> int:
        return super()._versions if self.gap.is_last else VERSIONS

    @property
    def _lean(self) -> Lean:
        return Unstruck(super()._lean, self.gap.held_step)


def _plan(
    player: Player, settings: Settings, gap: Gap, piece: Piece, rng: np.random.Generator
) -> Plan:
    """What is settled: all that the song says, and chords that count from its first whole bar."""
    rows, begin_step = player.codec.encode(gap.left), int(gap.step(gap.begin_tick))
    # After its last onset a voice must come free within the longest wait, to go on.
    onset, longest = rows[:, WAIT].cumsum(), player.generator.config.layout.max_wait
    last_step = max(begin_step, int(onset.max(initial=0)) + longest)
    rows[:, DURATION] = np.clip(rows[:, DURATION], 1, np.maximum(last_step - onset, 1))
    bar_step = gap.step(gap.bar_tick[gap.from_bar - 1 : gap.to_bar + 1])
    whole = bar_step[:-1][np.diff(bar_step) == np.diff(bar_step).max()][0]
    lengths = np.diff(bar_step)[bar_step[:-1] >= whole]
    if settings.chords is not None and (lengths != lengths[0]).any():
        raise ComposeError(
            "chords: the metre changes in these bars; leave chords out, or fill fewer"
        )
    asked = replace(settings, bars=len(lengths), key=piece.key)
    heard = Primer(
        rows=rows,
        key=piece.key,
        metre=_metre(player, gap, piece, int(lengths[0])),
        bpm=piece.bpm if piece.states_tempo else None,
        bar_line_step=int(whole),
        end_step=int(whole),
        answer_step=begin_step,
    )
    return Plan(player, asked, heard, rng)


def _metre(player: Player, gap: Gap, piece: Piece, bar_step: int) -> tuple[int, int]:
    """That of the bars to fill, of which one has so many steps; the piece's where nothing says."""
    begin_tick = gap.bar_tick[gap.from_bar - 1]
    for metre in reversed(gap.score.metres):
        there = metre.numerator, metre.denominator
        if metre.tick <= begin_tick and bar_length_step(*there, player.codec.grid) == bar_step:
            return there
    return piece.metre


def _bars(player: Player, gap: Gap, piece: Piece) -> LinedBars:
    """The song's bars as the networks know bars, with its form; it ends where the file's end."""
    lines = piece.bar_start_step.copy()
    looks_back = player.generator.config.layout.looks_back
    form = form_of(piece.rows.astype(np.int64), lines, looks_back)
    end_step = int(gap.step(gap.bar_tick[-1]))
    lines[-1] = end_step if end_step > lines[-2] else lines[-1]
    return LinedBars(lines, form)
