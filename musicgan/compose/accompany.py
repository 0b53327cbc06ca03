"""A song around a given melody: one voice plays it as it stands, the others are composed.

The melody's notes are rows like any others, heard in their places (`compose.given`). What is drawn
before one of them does not know of it, so several ways to go on are drawn and one is kept by
sampling/importance resampling: by how likely the melody's notes were on each to the generator,
and by the critic.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from musicgan.codecs.form import Form, form_of
from musicgan.codecs.stream import StreamDecoder
from musicgan.compose.band import played_by
from musicgan.compose.barlines import LinedBars
from musicgan.compose.composition import Composition
from musicgan.compose.dynamics import shaped
from musicgan.compose.given import Given, GivenSampler
from musicgan.compose.kinds import AnyPlayer
from musicgan.compose.plan import Plan
from musicgan.compose.player import Player
from musicgan.compose.primer import Primer
from musicgan.compose.sampler import Sampler
from musicgan.compose.settings import Settings
from musicgan.compose.tune import Tune, hear_tune
from musicgan.corpus.piece import Piece, make_piece
from musicgan.errors import ComposeError
from musicgan.model.steps import Ints
from musicgan.score import Score
from musicgan.theory import infer_metre
from musicgan.timing import rescale_tick

WAYS = 8
"""Ways on that are weighed at least, where `--critic` does not say: all must lead to the melody, so
that free songs need fewer."""


def accompany(
    player: Player,
    settings: Settings,
    score: Score,
    track: str | None = None,
    voice: str | None = None,
) -> Score:
    """A song around the melody of `score` (see `hear_tune`); a tick is one grid step.

    It has as many bars as the melody, in the file's metre, tempo and key unless settings have
    others; bars of the melody that come again are looked back at. The melody has exactly its
    onsets, pitches and durations on the grid and, with a codec that has velocities, its own.

    Raises `ComposeError` for a melody that the voices cannot play and for wishes that cannot be
    honoured.
    """
    player = played_by(player, settings.instruments)
    if settings.bars != Settings.bars:
        raise ComposeError("bars: a song around a melody is as long as that; leave it out")
    tune = hear_tune(player, score, track, voice)
    low, high = player.rules.ranges.T
    if (low <= high).sum() < 2:
        raise ComposeError("this style has one voice: there is none to go with a melody")
    rng = np.random.default_rng(settings.seed)
    frame = Frame(player, settings, score, tune, rng)
    song = Accompaniment(player, frame, rng)
    decoder = StreamDecoder(player.codec)
    notes = [note for row in song.finish() for note in decoder.push(row)]
    made = decoder.score(
        [*notes, *decoder.close()], tempos=frame.tempos, metres=frame.metres, keys=frame.plan.keys
    )
    if player.codec.velocity_bins > 1:
        sounded = made.notes.copy()
        own = np.flatnonzero(sounded["track"] == tune.voice)
        step = rescale_tick(sounded["onset_tick"][own], made.ticks_per_beat, player.codec.grid)
        in_rows = own[np.lexsort((sounded["pitch"][own], step))]
        sounded["velocity"][in_rows] = tune.velocity
        made = made.with_notes(sounded)
    return shaped(made, settings.dynamics, 0, frame.end_step * player.codec.fine)


class Frame:
    """What is settled of the song before its first note, besides the melody."""

    def __init__(
        self,
        player: Player,
        settings: Settings,
        score: Score,
        tune: Tune,
        rng: np.random.Generator,
    ) -> None:
        piece = make_piece("melody", score, player.codec)
        self.tune = tune
        self.settings, self.plan = _plan(player, settings, piece, tune, rng)
        plan, asked = self.plan, self.settings
        lines = plan.origin_step + plan.bar_step * np.arange(plan.n_bars + 1)
        stated = replace(score, metres=infer_metre(score)).snapped(player.codec.grid)
        self.is_even = settings.metre is not None or _agree(lines, piece.bar_start_step)
        if not self.is_even:
            lines = piece.bar_start_step
            lines = lines[: np.searchsorted(lines, tune.end_step) + 1]
            for name in ("chords", "form"):
                if getattr(settings, name) is not None:
                    raise ComposeError(
                        f"{name}: the metre of the melody changes; leave it out, or give a metre"
                    )
        looks_back = player.generator.config.layout.looks_back
        self.lines, self.form = lines, form_of(tune.rows, lines, looks_back)
        if looks_back and asked.form is None:
            plan.form = Form(self.form.lag_step[None], self.form.section[None])
        self.metres = plan.metres if self.is_even else stated.metres
        has_tempo = settings.tempo_bpm is None and stated.tempos
        self.tempos = stated.tempos if has_tempo else plan.tempos
        self.end_step = int(lines[-1])


def ways_of(player: AnyPlayer) -> int:
    """How many ways on are tried around a melody where nobody says."""
    return max(player.critic_habit, WAYS)


class Accompaniment(Composition):
    """The voices around a melody under way."""

    def __init__(self, player: Player, frame: Frame, rng: np.random.Generator) -> None:
        self.frame = frame
        super().__init__(player, frame.settings, frame.plan, rng)

    def finish(self) -> list[Ints]:
        """All rows of the song, [5] each, the melody's among them."""
        rows: list[Ints] = []
        while not self.ended:
            rows += self.advance()
        return rows

    @property
    def _habit(self) -> int:
        return ways_of(self.player)

    @property
    def _has_choice(self) -> bool:
        return self._ways > 1  # how well each leads to the melody's next note

    def _begin(self, rng: np.random.Generator) -> Sampler:
        frame, rules = self.frame, self.player.rules
        if frame.is_even:
            songs = super()._begin(rng)
        else:
            songs = self._songs(LinedBars(frame.lines, frame.form), rules, rng)
        # Its voice plays nothing else.
        ranges = rules.ranges.copy()
        ranges[frame.tune.voice] = 1, 0
        songs.rules = replace(songs.rules, ranges=ranges)
        return GivenSampler.of(songs, Given(frame.tune.rows, frame.tune.onset_step))


def _plan(
    player: Player, settings: Settings, piece: Piece, tune: Tune, rng: np.random.Generator
) -> tuple[Settings, Plan]:
    """What the melody's file says, unless settings do; as many bars as the melody needs."""
    heard = Primer(
        rows=np.zeros((0, 5), np.int64),
        key=piece.key,
        metre=piece.metre,
        bpm=piece.bpm if piece.states_tempo else None,
        bar_line_step=int(piece.bar_start_step[-1]),
        end_step=0,
    )
    # Where its bars begin does not depend on how many there are, nor on chance.
    first = Plan(player, settings, heard, np.random.default_rng(0))
    bars = max(1, -(-(tune.end_step - first.begin_step) // first.bar_step))
    asked = replace(settings, bars=bars)
    return asked, Plan(player, asked, heard, rng)


def _agree(even: Ints, lines: Ints) -> bool:
    """Whether bar lines are the even ones, as far as both go."""
    end = min(even[-1], lines[-1])
    one, other = (some[(some > 0) & (some < end)] for some in (even, lines))
    return np.array_equal(one, other)
