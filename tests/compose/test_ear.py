"""A critic that follows a song hears no more of it at once than it learned from."""

import numpy as np
import pytest

from musicgan.codecs.bars import Place
from musicgan.codecs.context import Context
from musicgan.compose.ear import KEPT, MOST, Ear
from musicgan.model.critic import Critic

CONDITIONS = np.zeros((1, 4), np.int64)


@pytest.fixture
def critic(choir):
    """The choir's, with update gates that forget slowly: a song's first notes count to its end."""
    weights, config = choir.file.part("critic"), choir.generator.config
    bias = weights["rnn.bias_hh_l0"].copy()
    bias[config.critic_hidden : 2 * config.critic_hidden] += 4
    return Critic({**weights, "rnn.bias_hh_l0": bias}, config)


@pytest.fixture
def song(choir):
    """Inputs [1, I] of three times as many notes as the critic hears at once."""
    rng = np.random.default_rng(0)
    context = Context(choir.generator.config.layout, np.array([2]))
    place = Place.new(np.zeros(1, np.int64), np.ones(1, np.int64))
    pitches = rng.integers(40, 80, 3 * MOST)
    return [context.hear(np.array([[1, i % 4, p, 2, 0]]), place) for i, p in enumerate(pitches)]


def plain(critic, inputs):
    """The verdict of a critic that hears all of it."""
    state, logit = critic.begin(CONDITIONS), np.zeros(1)
    for one in inputs:
        state, logit = critic.advance(state, one)
    return logit


def test_a_short_song_is_heard_from_its_beginning(critic, song):
    ear = Ear(critic, CONDITIONS)
    assert ear.logit == 0
    for count, inputs in enumerate(song[: MOST - 1], start=1):
        ear.hear(inputs)
        assert ear.logit == plain(critic, song[:count])


def test_of_a_long_song_only_the_latest_notes_are_heard(critic, song):
    """Followed from their first note on, more long songs were led into loops."""
    ear = Ear(critic, CONDITIONS)
    for inputs in song:
        ear.hear(inputs)
    # Begun anew every MOST - KEPT notes, the last time with the last note.
    assert len(song) % (MOST - KEPT) == 0
    assert ear.logit == plain(critic, song[-KEPT:])
    assert ear.logit != plain(critic, song)


def test_a_chosen_block_is_taken_over_as_if_heard(critic, song):
    heard, followed = Ear(critic, CONDITIONS), Ear(critic, CONDITIONS)
    for begin in range(0, len(song), 8):
        block, listeners = song[begin : begin + 8], followed.listeners(3)
        before = followed.logit[0]
        for inputs in block:
            heard.hear(inputs)
            # The one that is chosen hears the block, the others something else.
            rise = listeners.hear(np.concatenate([inputs * 0, inputs, inputs * 0]))
        assert rise[1] == listeners.logit[1] - before
        followed.follow(listeners, 1, block)
        assert followed.logit == pytest.approx(heard.logit, abs=1e-6)


def test_a_deaf_ear_prefers_nothing(choir, song):
    ear = Ear(None, CONDITIONS)
    ear.hear(song[0])
    listeners = ear.listeners(3)
    assert listeners.hear(np.concatenate(song[:3])).tolist() == [0, 0, 0]
    ear.follow(listeners, 1, song[:1])
    assert ear.logit == 0


def test_an_ear_that_wakes_knows_the_latest_notes(choir, song):
    ear = Ear(None, CONDITIONS)
    for inputs in song[:100]:
        ear.hear(inputs)
    ear.listen_with(choir.critic)
    assert ear.logit == plain(choir.critic, song[100 - KEPT : 100])
    ear.hear(song[100])
    assert ear.logit == plain(choir.critic, song[100 - KEPT : 101])
    ear.listen_with(None)
    assert ear.logit == 0


def test_a_copy_of_an_ear_goes_on_by_itself(choir, song):
    ear = Ear(choir.critic, CONDITIONS)
    for inputs in song[: MOST - 2]:
        ear.hear(inputs)
    other = ear.copy()
    for inputs in song[MOST:]:
        other.hear(inputs)
    ear.hear(song[MOST - 2])
    assert ear.logit == plain(choir.critic, song[: MOST - 1])
