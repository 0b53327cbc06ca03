"""What each knob does: by hand, and in songs of the bundled chorales and lieder."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from musicgan.compose.bars import LiveSong
from musicgan.compose.effects import (
    DURATION_NATS,
    REGISTER_NATS,
    WAIT_NATS,
    arc,
    height_bias,
    length_bias,
    steered_candidates,
    steered_noise,
    steered_temperature,
)
from musicgan.compose.harmony import Beats, beat_length_step, chord_tones
from musicgan.compose.in_chords import CHORD_NATS, InChords, held_to, lean_of
from musicgan.compose.lean import FREE
from musicgan.compose.player import open_player
from musicgan.compose.rules import Rules
from musicgan.compose.sampling import NEVER
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.compose.styles import bundled_path

C_MAJOR = frozenset({0, 4, 7})
BEATS = Beats(0, 16, 4)


@cache
def bundled(style):
    return open_player(bundled_path(style))


def played(player, steering, seeds=4, bars=6):
    """All notes of some bars under `steering`, from the second bar of songs on."""
    notes = []
    for seed in range(seeds):
        song = LiveSong(player, Settings(bars=bars + 8, seed=seed, critic=0))
        song.next()
        song.rewind(10_000, steering)
        notes += [note for _ in range(bars) for note in song.next().notes]
    return notes


# By hand.


def test_a_temperature_is_taken_over_within_its_range():
    assert steered_temperature(Steering(), 0.8) == 0.8
    assert steered_temperature(Steering(temperature=2.0), 0.8) == 2
    assert steered_temperature(Steering(temperature=0.0), 0.8) == 0.05
    assert steered_temperature(Steering(temperature=9.0), 0.8) == 5


def test_a_number_of_candidates_is_taken_over_within_its_range():
    asked = [Steering(), Steering(critic=0), Steering(critic=3), Steering(critic=9999)]
    assert [steered_candidates(steering, 8) for steering in asked] == [8, 0, 3, 256]


def test_lengths_by_hand():
    """At a grid of 4, a quarter of a beat is one step: 1 + 4 beats are 1, 2, 3, 4, ... 8."""
    bias = length_bias(8, 4, 3)
    assert bias[[0, 1, 3, 7]].tolist() == [0, -3, -6, -9]
    assert length_bias(8, 4, -3).tolist() == (-bias).tolist()
    assert length_bias(24, 12, 3)[[3, 9, 21]].tolist() == [-3, -6, -9]


def test_heights_by_hand():
    bias = height_bias(np.array([[50, 70], [60, 60], [127, 0]]), 4)
    assert bias[0, [50, 55, 60, 70]].tolist() == [-2, -1, 0, 2]
    assert np.isfinite(bias).all()


def test_chord_tones_by_hand():
    assert np.flatnonzero(chord_tones(C_MAJOR))[:7].tolist() == [0, 4, 7, 12, 16, 19, 24]
    assert chord_tones(frozenset()).all()


def test_what_is_held_to_the_chord_falls_back_where_none_of_it_is_possible():
    tones = np.array([True, False, True, False])
    allowed = np.array([[True, True, False, True], [False, True, False, True]])
    assert held_to(tones, allowed).tolist() == [
        [True, False, False, False],
        [False, True, False, True],
    ]


@pytest.mark.parametrize(
    ("metre", "grid", "step"),
    [
        ((4, 4), 4, 4), ((3, 4), 12, 12), ((2, 2), 4, 4), ((3, 2), 12, 12), ((6, 8), 4, 6),
        ((12, 8), 12, 18), ((3, 8), 4, 2), ((7, 8), 4, 2), ((6, 4), 4, 4), ((1, 64), 4, 1),
    ],
)  # fmt: skip
def test_beats_by_hand(metre, grid, step):
    assert beat_length_step(metre, grid) == step


def test_beats_are_counted_from_bar_lines():
    onset = np.array([3, 4, 5, 7, 10, 11, 12])
    assert Beats(-3, 7, 3).has(onset).tolist() == [True, True, False, True, True, True, False]


def test_the_arc_goes_from_one_noise_to_another_and_keeps_its_size():
    one, other = np.array([[3.0, 0.0]], np.float32), np.array([[0.0, 4.0]], np.float32)
    assert arc(one, other, 0).tolist() == [[3, 0]]
    assert arc(one, other, 1) == pytest.approx(other, abs=1e-6)
    assert arc(one, other, 1 / 3) == pytest.approx(np.array([[3 * 0.75**0.5, 2]]))
    assert arc(one, other, 7).tolist() == arc(one, other, 1).tolist()
    rng = np.random.default_rng(0)
    half = arc(*rng.standard_normal((2, 1, 100_000)).astype(np.float32), 0.5)
    assert half.std() == pytest.approx(1, abs=0.01)


def test_ideas_and_what_is_morphed_to_are_noises_of_their_own():
    own = np.zeros((1, 8), np.float32)
    asked = [Steering(idea=1), Steering(idea=2), Steering(morph=1.0), Steering(idea=-1)]
    noises = [
        steered_noise(steering, seed, own) for steering in asked for seed in (0, 1, 2**63 - 1)
    ]
    assert len({noise.tobytes() for noise in noises}) == 12
    assert steered_noise(Steering(idea=1), 0, own).tobytes() == noises[0].tobytes()
    assert steered_noise(Steering(density=1.0), 0, own) is own


def test_what_steering_does_to_logits_by_hand():
    """Voices: single, chords, drums; each logit is 0 before."""
    layout = bundled("chorale").generator.config.layout
    layout = type(layout)(3, 4, 8, 8, 1, 33, drums=(2,))
    rules = Rules(np.array([[50, 70]] * 3), np.array([True, False, False]))
    lean = InChords(Steering(density=1.0, register=-1.0, chord=C_MAJOR), layout, rules, BEATS)
    voice, zeros = np.arange(3), np.zeros((3, 128), np.float32)

    wait = lean.wait(np.zeros((1, layout.end + 1), np.float32))[0]
    assert wait[[0, 1, 3, 7]].tolist() == [0, -WAIT_NATS, -2 * WAIT_NATS, -3 * WAIT_NATS]
    assert wait[layout.end] == 0

    def lasting(pitch, step):
        notes = voice, np.full(3, pitch), np.full(3, step)
        return lean.duration(np.zeros((3, 9), np.float32), *notes)

    assert lasting(60, 21)[:, 3].tolist() == [-2 * DURATION_NATS, 0, 0]
    # A note of another chord, begun a step after a beat, has three to the next one.
    assert lasting(61, 21)[:, 3].tolist() == [-2 * DURATION_NATS, 0, 0]
    assert lasting(61, 21)[:, 4].tolist() == [NEVER, NEVER, 0]

    allowed = np.ones((3, 128), bool)
    logits, on_beat = lean.pitch(zeros, allowed, voice, np.full(3, 20))
    _, off_beat = lean.pitch(zeros, allowed, voice, np.full(3, 21))
    assert logits[:, 61].tolist() == pytest.approx([-REGISTER_NATS / 20, -REGISTER_NATS / 20, 0])
    assert logits[:, 60].tolist() == [CHORD_NATS, CHORD_NATS, 0]
    assert on_beat[:, 61].tolist() == [False, False, True]
    assert on_beat[:, 60].all() and off_beat.all()


def test_knobs_at_rest_leave_logits_alone():
    player = bundled("chorale")
    steering = Steering(temperature=0.5, critic=3, morph=0.5, idea=4)
    assert lean_of(steering, player.generator.config.layout, player.rules, BEATS) is FREE


# In songs.


@pytest.mark.parametrize(("style", "seeds"), [("chorale", 6), ("lieder", 12)])
def test_dense_is_more_notes_and_sparse_is_fewer(style, seeds):
    player = bundled(style)
    sparse, usual, dense = (len(played(player, Steering(density=d), seeds, 4)) for d in (-1, 0, 1))
    assert 1.4 * sparse < usual < dense / 1.4


@pytest.mark.parametrize("style", ["chorale", "lieder"])
def test_the_register_moves_the_notes_within_their_ranges(style):
    player = bundled(style)
    low, high = (played(player, Steering(register=r)) for r in (-1, 1))
    assert np.mean([n.pitch for n in high]) > np.mean([n.pitch for n in low]) + 6
    for note in low + high:
        bottom, top = player.rules.ranges[note.voice]
        assert bottom <= note.pitch <= top


@pytest.mark.parametrize(("style", "beat"), [("chorale", 4), ("lieder", 12)])
def test_on_beats_nothing_but_the_chord_begins_and_more_of_it_between_them(
    style, beat, monkeypatch
):
    player = bundled(style)
    held = played(player, Steering(chord=C_MAJOR))
    monkeypatch.setattr("musicgan.compose.in_chords.CHORD_NATS", 0)
    on_beats_only = played(player, Steering(chord=C_MAJOR))
    on_beat = [note.pitch % 12 in C_MAJOR for note in held if note.onset_step % beat == 0]
    assert len(on_beat) > 100 and all(on_beat)

    def between(notes):
        return np.mean([n.pitch % 12 in C_MAJOR for n in notes if n.onset_step % beat])

    assert between(on_beats_only) + 0.1 < between(held) < 1


def test_what_sounds_on_a_beat_is_of_the_chord_also_if_it_began_before():
    wild = played(bundled("lieder"), Steering(chord=C_MAJOR, temperature=2.0))
    off_beat = [note for note in wild if note.onset_step % 12]
    over = [n for n in off_beat if n.onset_step % 12 + n.duration_step > 12]
    assert len(over) > 5 and all(note.pitch % 12 in C_MAJOR for note in over)


def test_drums_are_free_of_the_chord(band):
    notes = played(band, Steering(chord=C_MAJOR), seeds=15)
    on_beat = [note for note in notes if note.onset_step % 12 == 0]
    # A chord may be piled up to the G at 79; what its voice adds above that is in no C major.
    assert {note.pitch % 12 for note in on_beat if note.voice != 2 and note.pitch < 80} <= C_MAJOR
    assert not {note.pitch % 12 for note in on_beat if note.voice == 2} <= C_MAJOR


def test_a_low_temperature_is_less_varied_than_a_high_one():
    def kinds(temperature):
        notes = played(bundled("chorale"), Steering(temperature=temperature))
        return len({(n.voice, n.pitch, n.duration_step) for n in notes}) / len(notes)

    assert kinds(0.3) < 0.8 * kinds(1.0) < 0.64 * kinds(2.0)


@pytest.mark.parametrize(("asked", "candidates"), [(None, 3), (0, 1), (5, 5)])
def test_the_critic_weighs_as_many_candidates_as_asked(choir, monkeypatch, asked, candidates):
    song = LiveSong(choir, Settings(critic=3))
    song.next()
    song.rewind(100, Steering(critic=asked))
    at_once, wait = [], choir.generator.wait
    monkeypatch.setattr(
        choir.generator, "wait", lambda state: at_once.append(len(state.hidden)) or wait(state)
    )
    song.next()
    assert set(at_once) == {candidates}


def greedy_notes(choir, *turns, bars=12):
    """The rest of a song that leaves nothing to chance, after turns (step, steering) at bar 6."""
    song = LiveSong(choir, Settings(bars=bars, seed=5, top_p=0.01, critic=0))
    for _ in range(6):
        song.next()
    for step, steering in turns:
        song.rewind(step, steering)
        last = song.next()
    return [*last.notes, *(note for bar in song.bars() for note in bar.notes)]


def test_morphing_goes_on_as_another_song(choir):
    morphs = (0.0, 0.5, 1.0)
    songs = [greedy_notes(choir, (96, Steering(morph=morph))) for morph in morphs]
    assert songs[0] != songs[1] != songs[2] != songs[0]
    back = greedy_notes(choir, (96, Steering(morph=1.0)), (96, Steering()))
    assert back == songs[0]


def test_another_idea_begins_anew_and_the_same_one_goes_on(choir):
    own, one, two = (greedy_notes(choir, (96, Steering(idea=idea))) for idea in (0, 1, 2))
    assert own != one != two != own
    # Taken back into the middle of an idea, that idea is remembered, not begun again.
    later = greedy_notes(choir, (96, Steering(idea=1)), (107, Steering(idea=1)))
    assert later == [note for note in one if note.onset_step >= 107]


def test_another_idea_keeps_key_bars_and_what_sounds(choir):
    for seed in range(10):
        song = LiveSong(choir, Settings(bars=4, seed=seed))
        played = list(song.next().notes)
        song.rewind(13, Steering(idea=seed))
        played = [note for note in played if note.onset_step < 13]
        bars = list(song.bars())
        assert [bar.start_step for bar in bars] == [0, 16, 32, 48]
        played += [note for bar in bars for note in bar.notes]
        assert 48 < max(note.onset_step + note.duration_step for note in played) <= 64
        for voice in range(4):
            own = [note for note in played if note.voice == voice]
            for before, after in pairwise(own):
                assert before.onset_step + before.duration_step <= after.onset_step
