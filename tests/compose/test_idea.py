"""What a song takes from a piece, and that it is what training heard in it."""

from dataclasses import replace

import numpy as np
import pytest

from musicgan.compose.idea import WINDOW, between, hear_idea
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.errors import ComposeError

BARS = 120


@pytest.fixture(scope="module")
def song(choir):
    """Long enough for several windows."""
    return compose(choir, Settings(bars=BARS, seed=4, form="AABA", tempo_bpm=90))


def test_the_idea_is_what_the_posterior_hears_in_windows(choir, song):
    torch = pytest.importorskip("torch")
    from musicgan.corpus.piece import make_piece
    from musicgan.train.networks import Posterior
    from musicgan.train.windows import Windows, analyse_pieces, voice_ranges

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
    idea = hear_idea(choir, song)
    assert np.abs(idea.mean - mean).max() < 1e-5
    assert np.abs(idea.spread - np.exp(0.5 * log_var)).max() < 1e-5


def test_the_frame_is_the_pieces(choir, song):
    idea = hear_idea(choir, song)
    assert idea.bars == BARS
    assert idea.metre == (4, 4)
    assert idea.bpm == pytest.approx(90, abs=0.1)
    assert idea.lag_bars.shape == (BARS,)
    assert (idea.lag_bars <= np.arange(BARS)).all()


def test_variations_lie_about_the_mean_as_far_as_the_posterior_is_unsure(choir, song):
    idea = hear_idea(choir, song)
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((4000, 1, len(idea.mean))).astype(np.float32)
    noises = np.concatenate([idea.noise(one) for one in drawn])
    assert np.abs(noises.mean(0) - idea.mean).max() < 0.1 * idea.spread.max()
    assert np.abs(noises.std(0) / idea.spread - 1).max() < 0.1


def test_a_morph_begins_with_the_one_and_ends_with_the_other(choir, song):
    one = hear_idea(choir, song)
    other = hear_idea(choir, compose(choir, Settings(bars=20, seed=8)))
    drawn = np.random.default_rng(0).standard_normal((1, len(one.mean))).astype(np.float32)
    ends = [between(one, other, part, drawn) for part in (0.0, 1.0)]
    assert np.abs(ends[0] - one.noise(drawn)).max() < 1e-6
    assert np.abs(ends[1] - other.noise(drawn)).max() < 1e-6


def test_a_model_without_a_posterior_says_so(choir, song):
    with pytest.raises(ComposeError, match="earlier version"):
        hear_idea(replace(choir, posterior=None), song)


def test_too_few_notes_say_nothing(choir, song):
    few = replace(song, notes=song.notes[:5])
    with pytest.raises(ComposeError, match="5 notes"):
        hear_idea(choir, few)
