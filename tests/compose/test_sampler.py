"""The rules of drawing, on many songs of random networks."""

import numpy as np
import pytest
from tiny_model import (
    band_codec,
    choir_codec,
    generator_shapes,
    random_weights,
    tiny_config,
)

from musicgan.codecs.form import Form
from musicgan.compose.even_bars import EvenBars
from musicgan.compose.rules import Rules
from musicgan.compose.sampler import Sampler
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptor_matrix
from musicgan.model.generator import Generator

SONGS = 8
STEPS = 400


def begin(codec, rules, *, seed=0, bars=3, temperature=1.0, top_p=1.0, config=None):
    """A sampler of `SONGS` songs on random weights."""
    config, rng = config or tiny_config(codec), np.random.default_rng(seed)
    generator = Generator(random_weights(generator_shapes(config), rng), config)
    return Sampler.begin(
        generator,
        np.stack([config.conditions(0, (4, 4), 90, False)] * SONGS),
        rng.integers(0, 12, SONGS),
        rng.standard_normal((SONGS, config.noise)).astype(np.float32),
        EvenBars(*(np.full(SONGS, n) for n in (0, 4 * codec.grid, bars))),
        rules,
        rng,
        temperature,
        top_p,
    )


def rules_of(codec, single, low=50, high=60, **options):
    voices = len(codec.slots)
    return Rules(np.tile([low, high], (voices, 1)), np.full(voices, single), **options)


def run(sampler, steps=STEPS):
    """Each song's rows, to its end or for `steps` steps."""
    songs = [[] for _ in range(SONGS)]
    for _ in range(steps):
        drawn = sampler.step()
        for song, row, ended in zip(songs, drawn.rows, drawn.ended, strict=True):
            if not ended:
                song.append(row.tolist())
        if drawn.ended.all():
            break
    return songs


def check_order_and_range(songs, rules):
    """Rows ascend by (voice, pitch) within an onset and keep to their voice's range."""
    for song in songs:
        for before, row in zip([None, *song], song, strict=False):
            low, high = rules.ranges[row[1]]
            assert low <= row[2] <= high
            if before is not None and row[0] == 0:
                assert (row[1], row[2]) > (before[1], before[2])


def check_single(songs, rules):
    """Voices that play single do not overlap with themselves."""
    for song in songs:
        busy_until, onset = {}, 0
        for wait, voice, _, duration, _ in song:
            onset += wait
            if rules.single[voice]:
                assert onset >= busy_until.get(voice, 0)
            busy_until[voice] = onset + duration


def check_end(songs, bar_step, bars):
    """The last bar is reached and nothing is heard after it."""
    for song in songs:
        onset = np.cumsum([row[0] for row in song])
        end = onset + [row[3] for row in song]
        assert end.max() <= bars * bar_step
        assert end.max() > (bars - 1) * bar_step


@pytest.mark.parametrize(("temperature", "top_p"), [(1, 1), (5, 1), (0.05, 1), (5, 0.01), (2, 0.5)])
@pytest.mark.parametrize("single", [True, False], ids=["single", "chords"])
@pytest.mark.parametrize("make", [choir_codec, band_codec])
def test_songs_keep_the_rules_and_end(make, single, temperature, top_p):
    codec = make()
    rules = rules_of(codec, single)
    for seed in range(2):
        sampler = begin(codec, rules, seed=seed, temperature=temperature, top_p=top_p)
        songs = run(sampler, 3000)
        assert sampler.ended.all()
        check_order_and_range(songs, rules)
        check_single(songs, rules)
        check_end(songs, 4 * codec.grid, 3)


def biased(sampler, name, index, by):
    """The sampler with one output of a head made more likely."""
    getattr(sampler.generator, name).bias[index] += by
    return sampler


@pytest.mark.parametrize("bars", [1, 5])
def test_long_notes_in_all_voices_do_not_crowd_single_voices_out(bars):
    """Notes of 16 steps where waits reach 8: some voice must always come free in time."""
    codec = choir_codec()
    rules = rules_of(codec, single=True)
    for waits in (0, 8):
        sampler = begin(codec, rules, bars=bars)
        biased(biased(sampler, "_duration_out", 16, 12), "_wait_out", waits, 12)
        songs = run(sampler)
        assert sampler.ended.all()
        check_single(songs, rules)
        check_order_and_range(songs, rules)
        check_end(songs, 16, bars)


def test_a_chord_at_the_top_of_its_range_goes_no_higher():
    codec = band_codec()
    rules = rules_of(codec, single=False, low=59, high=60)
    songs = run(biased(begin(codec, rules), "_wait_out", 0, 8), 3000)
    check_order_and_range(songs, rules)
    assert any(row[0] == 0 for song in songs for row in song[1:])


def test_a_voice_without_a_range_is_silent():
    """A slot that the training data left empty has the range 127 to 0."""
    codec = choir_codec()
    rules = rules_of(codec, single=True)
    rules.ranges[1] = (127, 0)
    songs = run(begin(codec, rules))
    assert {row[1] for song in songs for row in song} == {0, 2, 3}
    check_end(songs, 16, 3)


def test_end_is_drawn_in_the_last_bar_only():
    codec = choir_codec()
    sampler = begin(codec, rules_of(codec, single=True))
    songs = run(biased(sampler, "_wait_out", sampler.layout.end, 50))
    for song in songs:
        assert np.cumsum([row[0] for row in song])[-1] >= 32


def test_without_must_end_a_song_goes_on_for_ever():
    codec = choir_codec()
    sampler = begin(codec, rules_of(codec, single=True, must_end=False), bars=1)
    biased(sampler, "_wait_out", sampler.layout.end, 50)
    songs = run(sampler, 100)
    assert [len(song) for song in songs] == [100] * SONGS
    check_single(songs, sampler.rules)


def test_a_song_that_has_ended_stays_so():
    codec = choir_codec()
    sampler = begin(codec, rules_of(codec, single=True), bars=1)
    run(sampler)
    assert sampler.ended.all()
    assert sampler.step().ended.all()


def test_songs_taken_go_their_own_ways():
    codec = band_codec()
    sampler = begin(codec, rules_of(codec, single=False))
    for _ in range(5):
        sampler.step()
    taken = sampler.take(np.array([3, 3, 0]))
    kept = sampler.take(np.arange(SONGS))
    assert np.array_equal(taken.state.hidden[0], sampler.state.hidden[3])
    for _ in range(10):
        taken.step()
    assert not np.array_equal(taken.state.hidden[0], taken.state.hidden[1])
    assert np.array_equal(kept.state.hidden, sampler.state.hidden)
    assert np.array_equal(kept.context.silent_step, sampler.context.silent_step)
    assert np.array_equal(kept.row, sampler.row)


@pytest.mark.parametrize("make", [choir_codec, band_codec])
def test_songs_that_go_on_from_a_step_have_nothing_before_it(make):
    """Not even where the rest is longer than the longest wait; what was over goes on."""
    codec = make()
    sampler = begin(codec, rules_of(codec, single=make is choir_codec), bars=6)
    for _ in range(12):
        sampler.step()
    from_step = sampler.context.onset_step + 1 + np.arange(SONGS) * 2
    sampler.ended[:] = True
    sampler.go_on_from(from_step)
    drawn = sampler.step()
    assert not drawn.ended.any()
    assert (sampler.context.onset_step >= from_step).all()
    assert (sampler.take(np.array([5])).earliest_step == from_step[5]).all()


def test_songs_begin_where_they_are_told():
    codec = choir_codec()
    config = tiny_config(codec)
    sampler = begin(codec, rules_of(codec, single=True), config=config)
    begun = sampler.generator.begin(
        np.stack([config.conditions(0, (4, 4), 90, False)] * SONGS),
        np.zeros((SONGS, config.noise), np.float32),
    )
    sampler.begin_anew(begun, np.full(SONGS, 20))
    songs = run(sampler, 3000)
    for song in songs:
        assert song[0][0] <= 8
        end = 20 + np.cumsum([row[0] for row in song]) + [row[3] for row in song]
        assert 32 < end.max() <= 48


def test_the_same_seed_draws_the_same_songs():
    codec = band_codec()
    rules = rules_of(codec, single=False)
    one, two, other = (run(begin(codec, rules, seed=seed)) for seed in (1, 1, 2))
    assert one == two
    assert one != other


def test_what_is_heard_counts_as_what_was_drawn():
    """Rows drawn and rows given leave the sampler in the same state."""
    codec = band_codec()
    rules = rules_of(codec, single=False)
    drawing, hearing = begin(codec, rules), begin(codec, rules)
    for _ in range(6):
        drawn = drawing.step()
        assert np.array_equal(hearing.hear(drawn.rows), drawn.heard)
    assert np.array_equal(drawing.state.hidden, hearing.state.hidden)
    assert np.array_equal(drawing.row, hearing.row)


def test_even_bars_by_hand():
    bars = EvenBars(np.array([0, 4]), np.array([16, 12]), np.array([2, 3]))
    place = bars.place(np.array([17, 30]), 33)
    assert (place.position.tolist(), place.remaining.tolist()) == ([1, 2], [1, 1])
    assert bars.end_step.tolist() == [32, 40]
    place = bars.place(np.array([40, 40]), 6)
    assert (place.position.tolist(), place.remaining.tolist()) == ([5, 0], [0, 0])
    assert bars.take(np.array([1])).end_step.tolist() == [40]


def test_bars_look_back_by_their_form_over_and_over():
    form = Form.of(np.array([[0, 0, 32], [0, 16, 16]]))
    bars = EvenBars(np.array([0, 4]), np.array([16, 16]), np.array([9, 9]), form)
    place = bars.place(np.array([38, 2 * 16 + 4]), 33)
    assert place.lag_step.tolist() == [32, 16]
    assert place.section.tolist() == [0, 1]
    assert place.left_step.tolist() == [10, 16]
    # After the form's last bar its first one comes again.
    assert place.next_lag_step.tolist() == [0, 0]
    assert bars.take(np.array([1])).place(np.array([20]), 33).lag_step.tolist() == [16]


def test_parallels_are_as_rare_as_the_rules_say():
    """Songs of random networks that are made to strike a chord of four notes on each beat."""
    codec, shares = choir_codec(), []
    wished = [("_duration_out", 4, 60), ("_wait_out", 0, 90), ("_wait_out", 4, 60)]
    wished += [("_voice_out", voice, 90 - 30 * voice) for voice in range(4)]
    for parallels in (1.0, 0.3, 0.1, 0.02):
        sampler = begin(codec, rules_of(codec, single=True, parallels=parallels), bars=24)
        for head, index, by in wished:
            biased(sampler, head, index, by)
        scores = [codec.decode(np.array(song)) for song in run(sampler)]
        share = descriptor_matrix(scores)[:, list(DESCRIPTORS).index("parallel_share")].mean()
        shares.append(share)
    as_they_come, *rarer = shares
    assert as_they_come > 0.05
    assert np.all(np.divide(rarer, as_they_come) < (0.7, 0.3, 0.1))
