"""The form of a song: asked for in letters, or that of a piece of the collection."""

import numpy as np
import pytest
from tiny_model import choir_codec, tiny_config, tiny_model

from musicgan.compose.habits import drawn_form
from musicgan.compose.plan import Plan
from musicgan.compose.player import open_player, player_of
from musicgan.compose.primer import hear_primer
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.errors import ComposeError

BAR = 16


def plan(player, settings, primer=None):
    return Plan(player, settings, primer, np.random.default_rng(settings.seed))


def test_letters_say_how_far_back_bars_look(choir):
    form = plan(choir, Settings(bars=8, form="ABAB")).form
    assert form.lag_step.tolist() == [[0] * 4 + [4 * BAR] * 4]
    assert form.section.tolist() == [[0, 1, 2, 3, 0, 1, 2, 3]]


def test_unless_asked_a_song_has_the_form_of_a_piece_of_the_collection(choir):
    forms = {
        tuple(plan(choir, Settings(bars=4, seed=seed)).form.lag_step[0].tolist())
        for seed in range(20)
    }
    assert forms == {(0, 0, 2 * BAR, 2 * BAR), (0, BAR, BAR, 0)}


def test_after_a_primer_the_form_begins_with_the_song(choir):
    first = compose(choir, Settings(bars=2, seed=1))
    form = plan(choir, Settings(bars=4, form="AA"), hear_primer(choir, first)).form
    assert form.lag_step[0, -4:].tolist() == [0, 0, 2 * BAR, 2 * BAR]
    assert form.section[0, -4:].tolist() == [0, 1, 0, 1]
    assert not form.lag_step[0, :-4].any()


def test_a_form_long_enough_is_drawn_if_there_is_one():
    forms = [[0, 1], [0, 0, 2, 2, 0], [0, 0, 0, 3]]
    drawn = {tuple(drawn_form(forms, 4, np.random.default_rng(i)).tolist()) for i in range(30)}
    # Of the one that goes on after four bars the fourth is new.
    assert drawn == {(0, 0, 2, 0), (0, 0, 0, 3)}
    assert len(drawn_form(forms, 50, np.random.default_rng(0))) in (2, 5, 4)
    assert drawn_form([], 3, np.random.default_rng(0)).tolist() == [0, 0, 0]


def test_a_model_without_memory_plays_and_refuses_a_form():
    codec = choir_codec()
    config = tiny_config(codec, looks_back=False)
    old = player_of(tiny_model(codec, single=True, config=config), "in memory")
    assert len(compose(old, Settings(bars=2)))
    with pytest.raises(ComposeError, match="form AABA: this model has no memory"):
        compose(old, Settings(bars=2, form="AABA"))


@pytest.mark.parametrize("form", ["", "aaba", "A B", "A" * 65, "A1"])
def test_forms_that_cannot_be(form):
    with pytest.raises(ComposeError, match=r"form .*: write 1 to 64 sections as letters"):
        Settings(form=form)


def returned(song, bars):
    """Share of the notes of `bars` that stand in the bar so many before, [(bar, back)]."""
    step = song.ticks_per_beat * 4
    notes = {(int(n["onset_tick"]), int(n["pitch"]), int(n["track"])) for n in song.notes}
    shares = []
    for bar, back in bars:
        own = [n for n in notes if n[0] // step == bar]
        shares.append(np.mean([(t - back * step, p, v) in notes for t, p, v in own]))
    return float(np.mean(shares))


@pytest.mark.parametrize("style", ["chorale", "lieder"])
def test_what_comes_again_in_the_form_comes_again_in_the_music(style):
    """Of a section that returns most notes do; of a new one only as many as by chance."""
    player = open_player(bundled_path(style))
    same, new = [], []
    for seed in range(2):
        song = compose(player, Settings(bars=16, seed=seed, form="ABAC", metre=(4, 4), critic=0))
        same.append(returned(song, [(bar, 8) for bar in range(8, 12)]))
        new.append(returned(song, [(bar, 8) for bar in range(12, 16)]))
    assert np.mean(same) > 0.5
    assert np.mean(new) < np.mean(same) / 2
