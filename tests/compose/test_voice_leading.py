"""Parallels from beat to beat, and voices that cross, where the notes of the others are given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import band_codec, choir_codec, four_voices, tiny_config

from musicgan.codecs.bars import Place
from musicgan.codecs.context import Context
from musicgan.compose.rules import COMMONEST, RAREST, Rules
from musicgan.compose.voice_leading import VoiceLeading
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptors

SOPRANO, ALTO, TENOR, BASS = range(4)
LOW, HIGH = 40, 84


def after(*rows, codec=None, ranges=((60, 80), (55, 75), (48, 68), (40, 62)), **times):
    """Context and voice leading of one song that has heard rows (wait, voice, pitch, duration)."""
    context = Context(tiny_config(codec or choir_codec()).layout, np.zeros(1, np.int64))
    ranges = np.array(ranges[: context.layout.voices])
    rules = Rules(ranges, np.ones(len(ranges), bool), **(times or {"parallels": 0.5}))
    leading = VoiceLeading(context, rules)
    for wait, *rest in rows:
        leading.reach(context, context.onset_step + wait)
        context.hear(np.array([[wait, *rest, 0]]), here())
    return context, leading


def here():
    return Place(*(np.zeros(1, np.int64) for _ in Place._fields))


def marked(context, leading, wait, voice):
    """The pitches of `voice` that would be faults, if it goes on after `wait`."""
    own = context.own_voice(np.array([voice]), context.moment(np.array([wait]), here()))
    leading.reach(context, own.moment.onset_step)
    logits = leading.lean(np.zeros((1, 128), np.float32), context, own)[0]
    assert set(np.unique(logits)) <= {np.float32(0), np.float32(np.log(0.5))}
    return np.flatnonzero(logits).tolist()


def test_fifths_that_go_up_together_are_found():
    """G over C, then A: each D below it is a fifth again, and so is each E above it."""
    heard = (0, SOPRANO, 67, 4), (0, BASS, 48, 4), (4, SOPRANO, 69, 4)
    assert marked(*after(*heard), 0, BASS) == [50, 62, 76, 88, 100, 112, 124]
    below = (0, ALTO, 60, 4), (0, BASS, 60, 4), (4, ALTO, 58, 4)
    assert marked(*after(*below), 0, BASS) == [10, 22, 34, 46, 58]


def test_what_goes_the_other_way_or_stays_or_stood_otherwise_is_none():
    third = (0, SOPRANO, 64, 4), (0, BASS, 48, 4), (4, SOPRANO, 65, 4)
    assert marked(*after(*third), 0, BASS) == []
    stays = (0, SOPRANO, 67, 4), (0, BASS, 48, 4), (4, SOPRANO, 67, 4)
    assert marked(*after(*stays), 0, BASS) == []
    new = (0, SOPRANO, 67, 4), (4, SOPRANO, 69, 4)
    assert marked(*after(*new), 0, BASS) == []
    silent = (0, SOPRANO, 67, 4), (0, BASS, 48, 4)
    assert marked(*after(*silent), 4, BASS) == []


def test_what_is_between_beats_makes_no_difference_and_is_free():
    heard = [(0, SOPRANO, 67, 2), (0, BASS, 48, 4), (2, SOPRANO, 71, 2)]
    assert marked(*after(*heard), 0, BASS) == []
    assert 50 in marked(*after(*heard, (2, SOPRANO, 69, 4)), 0, BASS)


def test_a_note_that_was_struck_before_the_beat_counts_where_it_sounds_on():
    heard = (0, SOPRANO, 67, 2), (0, BASS, 48, 4), (2, SOPRANO, 69, 6)
    assert 50 in marked(*after(*heard), 2, BASS)


def test_drums_are_in_parallel_with_nobody():
    piano, bass, drums = range(3)
    heard = (0, piano, 67, 12), (0, drums, 36, 12), (12, piano, 69, 12)
    assert marked(*after(*heard, codec=band_codec()), 0, drums) == []
    assert marked(*after((0, drums, 36, 12), (0, bass, 48, 12), codec=band_codec()), 12, bass) == []


@pytest.mark.parametrize(("times", "kept"), [(0, RAREST), (0.3, 0.3), (4, 4), (99, COMMONEST)])
def test_they_become_so_many_times_as_likely_within_reason(times, kept):
    context, leading = after(
        (0, SOPRANO, 67, 4), (0, BASS, 48, 4), (4, SOPRANO, 69, 4), parallels=times
    )
    own = context.own_voice(np.array([BASS]), context.moment(np.array([0]), here()))
    logits = leading.lean(np.zeros((1, 128), np.float32), context, own)
    assert logits[0, 50] == pytest.approx(np.log(kept))


CROSSING = {"crossings": 0.5}


def test_beyond_a_higher_or_a_lower_voice_that_sounds_they_cross():
    heard = (0, SOPRANO, 67, 4), (0, BASS, 48, 4)
    beyond = [*range(48), *range(68, 128)]  # where both meet is free
    assert marked(*after(*heard, **CROSSING), 0, TENOR) == beyond
    assert marked(*after(*heard, **CROSSING), 2, ALTO) == beyond  # between beats, too
    assert marked(*after(*heard, (2, ALTO, 64, 2), **CROSSING), 0, TENOR) == [
        *range(48),
        *range(65, 128),
    ]
    assert marked(*after(*heard, **CROSSING), 4, TENOR) == []  # when both are silent
    assert marked(*after(**CROSSING), 0, SOPRANO) == []


def test_a_voice_does_not_cross_itself_nor_one_of_its_own_height_nor_drums():
    alike = ((60, 80), (60, 80), (48, 68), (40, 62))
    heard = (0, SOPRANO, 67, 8), (4, SOPRANO, 70, 4)
    assert marked(*after(*heard, ranges=alike, **CROSSING), 0, ALTO) == []
    assert marked(*after(heard[0], **CROSSING), 2, SOPRANO) == []
    piano, bass, drums = range(3)
    both = (0, piano, 67, 12), (0, drums, 36, 12)
    ranges = ((60, 80), (40, 62), (35, 81))
    found = [
        marked(*after(*both, codec=band_codec(), ranges=ranges, **CROSSING), 0, voice)
        for voice in (bass, drums)
    ]
    assert found == [[*range(68, 128)], []]


def test_what_is_both_is_weighed_twice():
    heard = (0, SOPRANO, 67, 4), (0, BASS, 48, 4), (4, SOPRANO, 69, 4)
    context, leading = after(*heard, parallels=0.5, crossings=0.25)
    own = context.own_voice(np.array([BASS]), context.moment(np.array([0]), here()))
    logits = leading.lean(np.zeros((1, 128), np.float32), context, own)[0]
    times = np.exp(logits[[49, 50, 70, 76]])
    assert times == pytest.approx([1, 0.5, 0.25, 0.125])


@given(st.lists(st.integers(LOW, HIGH), min_size=4, max_size=4))
def test_exactly_what_crosses_is_found(chord):
    """As `evaluate` counts it, where voices are on the whole where their ranges are."""
    usual = [(4 + 4 * n, 4, pitch, v) for n in range(8) for v, pitch in enumerate((84, 70, 56, 40))]
    rows = [(0, v, pitch, 4) for v, pitch in enumerate(chord)]
    for voice in range(4):
        others = [row for row in rows if row[1] < voice]
        found = marked(*after(*others, **CROSSING), 0, voice)
        now = [(0, 4, pitch, v) for v, pitch in enumerate(chord) if v <= voice]
        before = [(0, 4, pitch, v) for v, pitch in enumerate(chord) if v < voice]
        assert (chord[voice] in found) == (crossed(usual + now) > crossed(usual + before))


def crossed(notes):
    """How many pairs of voices cross, over all beats: four voices have 6 pairs."""
    share = descriptors(four_voices(*notes))[list(DESCRIPTORS).index("crossing_share")]
    beats = {onset: sum(1 for note in notes if note[0] == onset) for onset, *_ in notes}
    return round(share * sum(n * (n - 1) // 2 for n in beats.values()))


def test_each_song_has_a_memory_of_its_own():
    context, leading = after((0, SOPRANO, 67, 4), (0, BASS, 48, 4))
    two = np.zeros(2, np.int64)
    both, leadings = context.take(two), leading.take(two)
    leadings.reach(both, both.onset_step + 4)
    place = Place(*(np.zeros(2, np.int64) for _ in Place._fields))
    both.hear(np.array([[4, SOPRANO, 69, 4, 0], [4, SOPRANO, 65, 4, 0]]), place)
    own = both.own_voice(two + BASS, both.moment(two, place))
    logits = leadings.lean(np.zeros((2, 128), np.float32), both, own)
    assert np.flatnonzero(logits[0])[0] == 50 and np.flatnonzero(logits[1])[-1] == 46
    assert marked(context, leading, 4, BASS) == []  # which nobody has disturbed


@given(st.lists(st.tuples(*[st.integers(LOW, HIGH)] * 4), min_size=2, max_size=6))
def test_exactly_what_makes_parallels_is_found(chords):
    """Of voices that move on beats, as `evaluate` counts them; of the bass and of a few pitches."""
    rows = [(4 * (v == 0 and n > 0), v, pitch, 4) for n, chord in enumerate(chords)
            for v, pitch in enumerate(chord)]  # fmt: skip
    found = marked(*after(*rows[:-1]), 0, BASS)
    before, last = chords[-2:]
    for pitch in {last[BASS], *found[:3], *(p + 1 for p in found[:3])}:
        share = parallels_with_bass([before, (*last[:BASS], pitch)])
        assert (pitch in found) == (share > 0)


def parallels_with_bass(chords):
    """The share of parallels among the bass and each other voice in turn, summed."""
    total = 0.0
    for other in range(BASS):
        notes = [(4 * n, 4, chord[v], v) for n, chord in enumerate(chords) for v in (other, BASS)]
        total += descriptors(four_voices(*notes))[list(DESCRIPTORS).index("parallel_share")]
    return total
