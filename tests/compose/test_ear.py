"""A critic that follows a song hears no more of it at once than it learned from."""

import numpy as np
import pytest

from musicgan.codecs.context import Context
from musicgan.compose.ear import KEPT, MOST, Ear

CONDITIONS = np.zeros((1, 4), np.int64)


@pytest.fixture
def song(choir):
    """Inputs [1, I] of three times as many notes as the critic hears at once."""
    rng = np.random.default_rng(0)
    context = Context(choir.generator.config.layout, np.array([2]))
    place = np.zeros(1, np.int64), np.ones(1, np.int64)
    pitches = rng.integers(40, 80, 3 * MOST)
    return [context.hear(np.array([[1, i % 4, p, 2, 0]]), *place) for i, p in enumerate(pitches)]


def plain(critic, inputs):
    """The verdict of a critic that hears all of it."""
    state, logit = critic.begin(CONDITIONS), np.zeros(1)
    for one in inputs:
        state, logit = critic.advance(state, one)
    return logit


def test_a_short_song_is_heard_from_its_beginning(choir, song):
    ear = Ear(choir.critic, CONDITIONS)
    assert ear.logit == 0
    for count, inputs in enumerate(song[: MOST - 1], start=1):
        ear.hear(inputs)
        assert ear.logit == plain(choir.critic, song[:count])


def test_of_a_long_song_only_the_latest_notes_are_heard(choir, song):
    """Followed from their first note on, more long songs were led into loops."""
    ear = Ear(choir.critic, CONDITIONS)
    for inputs in song:
        ear.hear(inputs)
    # Begun anew every MOST - KEPT notes, the last time with the last note.
    assert len(song) % (MOST - KEPT) == 0
    assert ear.logit == plain(choir.critic, song[-KEPT:])
    assert ear.logit != plain(choir.critic, song)


def test_a_chosen_block_is_taken_over_as_if_heard(choir, song):
    heard, followed = Ear(choir.critic, CONDITIONS), Ear(choir.critic, CONDITIONS)
    for begin in range(0, len(song), 8):
        block = song[begin : begin + 8]
        state = followed.state
        for inputs in block:
            heard.hear(inputs)
            state, logit = choir.critic.advance(state, inputs)
        followed.follow(state, logit, block)
        assert followed.logit == heard.logit
