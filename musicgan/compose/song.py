"""Composing a song: rows one by one from the model, through the stream decoder, to a Score."""

from __future__ import annotations

import numpy as np

from musicgan.codecs.stream import StreamDecoder
from musicgan.compose.band import played_by
from musicgan.compose.composition import Composition
from musicgan.compose.dynamics import shaped
from musicgan.compose.plan import Plan
from musicgan.compose.player import Player
from musicgan.compose.primer import hear_primer
from musicgan.compose.settings import Settings
from musicgan.errors import ComposeError
from musicgan.score import Score


def compose(player: Player, settings: Settings, primer: Score | None = None) -> Score:
    """A song of `settings.bars` bars (after the primer, if any); a tick is one grid step, or one of
    the parts that the model's codec tells (`EventsCodec.fine`).

    The same player, settings and primer give the same score. Raises `ComposeError` for a primer
    with no notes the model's voices can take, and for wishes that it cannot honour.
    """
    if settings.key is not None and player.generator.config.layout.is_percussion:
        raise ComposeError(f"key {settings.key}: this model plays drums alone, which have no key")
    player = played_by(player, settings.instruments)
    rng = np.random.default_rng(settings.seed)
    heard = hear_primer(player, primer) if primer is not None else None
    plan = Plan(player, settings, heard, rng)
    song = Composition(player, settings, plan, rng)
    decoder = StreamDecoder(player.codec)
    notes = [note for row in plan.primer for note in decoder.push(row)]
    while not song.ended:
        for row in song.advance():
            notes += decoder.push(row)
    notes += decoder.close()
    score = decoder.score(notes, tempos=plan.tempos, metres=plan.metres, keys=plan.keys)
    fine = player.codec.fine
    return shaped(score, settings.dynamics, plan.begin_step * fine, plan.end_step * fine)
