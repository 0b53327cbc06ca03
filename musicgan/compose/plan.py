"""What is settled of a song before its first note."""

from __future__ import annotations

from typing import Any

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.form import Form, letters
from musicgan.compose.habits import Manner, drawn_form, nearest_met
from musicgan.compose.harmony import Beats, Harmony, beat_length_step, harmony_of
from musicgan.compose.player import Player
from musicgan.compose.primer import Primer, upbeat_metres
from musicgan.compose.settings import Settings, check_countable
from musicgan.compose.wishes import wishes_of
from musicgan.errors import ComposeError
from musicgan.model.steps import Floats
from musicgan.score import Key, Tempo
from musicgan.timing import bar_length_step, bpm_to_us


class Plan:
    """Bars, form, key, metre, tempo, chords, noise, primer; `rng` gives noise, key and form."""

    def __init__(
        self, player: Player, settings: Settings, heard: Primer | None, rng: np.random.Generator
    ) -> None:
        config, typical = player.generator.config, player.typical
        drawn = rng.standard_normal((1, config.noise)).astype(np.float32)
        self.noise: Floats = settings.like.noise(drawn) if settings.like else drawn
        self.primer: Rows = heard.rows if heard else np.zeros((0, 5), np.int64)
        self.start_step = heard.start_step if heard else 0
        self.answer_step = heard.answer_step if heard else None
        bpm = settings.tempo_bpm or (heard and heard.bpm) or float(typical["bpm"])
        own_metre = heard.metre if heard else None
        grid = player.codec.grid
        if settings.metre is not None:
            check_countable(settings.metre, grid)
        metre = settings.metre or own_metre or usual_metre(player)
        chords = settings.chords
        given = settings.key or (chords.key if chords else heard and heard.key)
        self.key = given or _drawn_key(typical["keys"], rng)
        self.bar_step = bar_length_step(metre[0], metre[1], grid)
        # Bars go on from the primer's own bar lines: what is left over at its start is an upbeat.
        upbeat_step = heard.bar_line_step % self.bar_step if heard and metre == own_metre else 0
        self.origin_step = upbeat_step - self.bar_step if upbeat_step else 0
        self.beats = Beats(self.origin_step, self.bar_step, beat_length_step(metre, grid))
        primer_step = heard.end_step - self.origin_step if heard else 0
        before = -(-primer_step // self.bar_step)
        self.n_bars = settings.bars + before
        self.begin_step = self.origin_step + before * self.bar_step
        """Where the bars that were asked for begin: after the primer, at a bar line."""
        self.end_step = self.begin_step + settings.bars * self.bar_step
        self.wishes = wishes_of(player, settings, self._harmony(settings))
        self.last_chord = chords.bar(settings.bars - 1)[-1] if chords else None
        self.form = self._form(player, settings, rng)
        manner = nearest_met(typical, Manner(metre, bpm, self.key.is_minor))
        self.conditions = config.conditions(0, *manner)[None]
        self.tempos = (Tempo(0, bpm_to_us(bpm)),)
        self.metres = upbeat_metres(metre, upbeat_step, self.bar_step, grid)
        self.keys = () if config.layout.is_percussion else (self.key,)

    def _harmony(self, settings: Settings) -> Harmony | None:
        """The song's own chords; they come in after the primer."""
        if settings.chords is None:
            return None
        return harmony_of(settings.chords, self.begin_step, self.bar_step, self.beats.beat_step)

    def _form(self, player: Player, settings: Settings, rng: np.random.Generator) -> Form | None:
        """How far back each bar looks, [1, N]; None for a model that cannot look back."""
        if not player.generator.config.layout.looks_back:
            if settings.form is not None:
                raise ComposeError(
                    f"form {settings.form}: this model has no memory for a form; train it anew"
                )
            return None
        before = self.n_bars - settings.bars
        if settings.form is not None:
            if settings.bars < len(settings.form):
                raise ComposeError(
                    f"form {settings.form}: {len(settings.form)} sections in {settings.bars} bars; "
                    f"give {len(settings.form)} bars or more"
                )
            lag = letters(settings.form, settings.bars)
        else:
            like = settings.like
            forms = [like.lag_bars.tolist()] if like else player.typical.get("forms", [])
            lag = drawn_form(forms, settings.bars, rng)
        primer, song = Form.of(np.zeros(before, np.int64)), Form.of(lag * self.bar_step)
        lag_step = np.concatenate([primer.lag_step, song.lag_step])
        return Form(lag_step[None], np.concatenate([primer.section, song.section])[None])


def usual_metre(player: Player) -> tuple[int, int]:
    """The commonest metre of the collection that the model has learned from."""
    above, below = player.typical["metre"]
    return int(above), int(below)


def _drawn_key(keys: Any, rng: np.random.Generator) -> Key:
    tonic, is_minor = keys[int(rng.integers(len(keys)))]
    return Key(0, int(tonic), bool(is_minor))
