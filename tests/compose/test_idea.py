"""What a song takes from a piece, and that it is what training heard in it."""

from dataclasses import replace

import numpy as np
import pytest

from musicgan.compose.idea import WINDOW, hear_idea, in_the_manner_of, morph
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.errors import ComposeError
from musicgan.notes import NOTE
from musicgan.score import Key, Metre, Score
from musicgan.timing import us_to_bpm

BARS = 120


@pytest.fixture(scope="module")
def song(choir):
    """Long enough for several windows."""
    return compose(choir, Settings(bars=BARS, seed=4, form="AABA", tempo_bpm=90))


def test_the_idea_is_what_the_posterior_hears_in_windows(choir, song):
    torch = pytest.importorskip("torch")
    from musicgan.corpus.piece import make_piece
    from musicgan.train.networks import Posterior
    from musicgan.train.songs import analyse_pieces, voice_ranges
    from musicgan.train.windows import Windows

    config = choir.generator.config
    piece = make_piece("song", song, choir.codec)
    songs = analyse_pieces([piece], config, voice_ranges([piece], config.layout))
    batch = next(Windows(songs, WINDOW, config.layout).every(64))
    # Training hears the end, too, which is no note.
    notes = batch.mask * (batch.rows[..., 0] != config.layout.end)
    trained = Posterior(config).eval()
    weights = choir.file.part("posterior")
    trained.load_state_dict({k: torch.from_numpy(np.array(w)) for k, w in weights.items()})
    with torch.no_grad():
        mean, log_var = (x.mean(0).numpy() for x in trained(replace(batch, mask=notes)))
    assert len(batch.mask) >= 2
    idea = hear_idea(choir, song, "song")
    assert np.abs(idea.mean - mean).max() < 1e-5
    assert np.abs(idea.spread - np.exp(0.5 * log_var)).max() < 1e-5


def test_the_frame_is_the_pieces(choir, song):
    idea = hear_idea(choir, song, "song")
    assert idea.bars == BARS
    assert idea.metre == (4, 4)
    assert idea.bpm == pytest.approx(90, abs=0.1)
    assert idea.lag_bars.shape == (BARS,)
    assert (idea.lag_bars <= np.arange(BARS)).all()


def test_an_upbeat_is_no_bar_of_the_frame(choir, song):
    beat, notes = song.ticks_per_beat, song.notes.copy()
    notes["onset_tick"] += beat
    first = notes[:1].copy()
    first["onset_tick"], first["duration_tick"] = 0, beat
    metres = (Metre(0, 1, 4), Metre(beat, 4, 4))
    begun = replace(song, notes=np.concatenate([first, notes]), metres=metres)
    idea, plain = (hear_idea(choir, score, "song") for score in (begun, song))
    assert idea.bars == BARS
    assert np.mean(idea.lag_bars == plain.lag_bars) > 0.9


def test_variations_lie_about_the_mean_as_far_as_the_posterior_is_unsure(choir, song):
    idea = hear_idea(choir, song, "song")
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((4000, 1, len(idea.mean))).astype(np.float32)
    noises = np.concatenate([idea.noise(one) for one in drawn])
    assert np.abs(noises.mean(0) - idea.mean).max() < 0.1 * idea.spread.max()
    assert np.abs(noises.std(0) / idea.spread - 1).max() < 0.1


def test_a_morph_begins_with_the_one_and_ends_with_the_other(choir, song):
    one = hear_idea(choir, song, "song")
    other = hear_idea(choir, compose(choir, Settings(bars=20, seed=8)), "other")
    way = morph(one, other, 5)
    assert len(way) == 5
    for end, idea in ((way[0], one), (way[-1], other)):
        assert np.abs(end.mean - idea.mean).max() < 1e-6
        assert np.abs(end.spread - idea.spread).max() < 1e-6
    bpms = np.array([idea.bpm for idea in way])
    assert np.abs(np.diff(np.log(bpms), 2)).max() < 1e-6  # by equal factors
    assert all(idea.bars == BARS for idea in way)
    assert way[2].name == "50% of the way from song to other"


def test_a_song_like_it_has_its_frame_and_noises_about_its_own(choir, song):
    idea = hear_idea(choir, song, "song")
    settings = in_the_manner_of(Settings(seed=5), idea, None)
    assert settings.bars == 64  # the piece is longer than a song is made
    assert (settings.key, settings.metre) == (idea.key, idea.metre)
    made = compose(choir, settings)
    assert made.keys[0].tonic == idea.key.tonic
    assert us_to_bpm(made.tempos[0].us_per_beat) == pytest.approx(90, abs=0.1)
    assert made != compose(choir, replace(settings, like=None))
    assert made != compose(choir, replace(settings, seed=6))
    assert str(compose(choir, settings).notes) == str(made.notes)


def test_what_is_asked_for_goes_before_what_the_piece_has(choir, song):
    idea = hear_idea(choir, song, "song")
    asked = Settings(key=Key(0, 2, True), metre=(3, 4), tempo_bpm=70)
    settings = in_the_manner_of(asked, idea, 12)
    assert (settings.bars, settings.key, settings.metre, settings.tempo_bpm) == (
        12, Key(0, 2, True), (3, 4), 70,
    )  # fmt: skip


def test_a_model_without_a_posterior_says_so(choir, song):
    with pytest.raises(ComposeError, match="earlier version"):
        hear_idea(replace(choir, posterior=None), song, "song")


def test_too_few_notes_say_nothing(choir, song):
    few = replace(song, notes=song.notes[:5])
    with pytest.raises(ComposeError, match="5 notes"):
        hear_idea(choir, few, "few")


def test_a_primer_with_longer_notes_than_the_model_knows_goes_on_like_a_piece(choir, song):
    settings = in_the_manner_of(Settings(bars=2), hear_idea(choir, song, "song"), 2)
    beat, whole = song.ticks_per_beat, 12 * song.ticks_per_beat
    notes = np.array([(0, whole, 60, 80, 0), (whole + 20 * beat, beat, 62, 80, 0)], NOTE)
    primer = Score(notes, song.tracks, ticks_per_beat=beat)
    assert len(compose(choir, settings, primer)) > 2
