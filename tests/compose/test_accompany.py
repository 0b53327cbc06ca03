"""A song around a melody: that is played as it stands, and the other voices go with it."""

from dataclasses import replace

import numpy as np
import pytest

from musicgan.chords import parse_progression
from musicgan.compose import composition
from musicgan.compose.accompany import Accompaniment, Frame, accompany
from musicgan.compose.dynamics import parse_dynamics
from musicgan.compose.player import with_rules
from musicgan.compose.settings import Settings
from musicgan.compose.tune import find_track, hear_tune
from musicgan.errors import ComposeError
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Key, Metre, Score, Tempo, Track
from musicgan.theory import downbeats

TOLD = ["onset_tick", "duration_tick", "pitch"]
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


FOURS = (Metre(0, 4, 4),)


def tune(beats=16, start_beat=0, metres=FOURS, **rest):
    """A scale up and down in quarters, off the grid by a little; 480 ticks a beat."""
    rows = [
        (480 * (start_beat + n) + (n % 3), 470, SCALE[n % 8 if n % 16 < 8 else 7 - n % 8],
         70 + n % 20, 0)
        for n in range(beats)
    ]  # fmt: skip
    return Score(np.array(rows, NOTE), (Track("Tune"),), metres=tuple(metres), **rest)


def melody_of(song, voice):
    return song.notes[song.notes["track"] == voice][TOLD].tolist()


def told(score):
    """The notes of a tune on the choir's grid."""
    return score.snapped(4).notes[TOLD].tolist()


@pytest.mark.parametrize("critic", [0, 2, None])
@pytest.mark.parametrize("voice", ["soprano", "tenor", "bass"])
def test_the_melody_is_played_as_it_stands_and_nothing_else_by_its_voice(choir, voice, critic):
    number = ["soprano", "alto", "tenor", "bass"].index(voice)
    for seed in range(3):
        song = accompany(choir, Settings(seed=seed, critic=critic), tune(), voice=voice)
        assert melody_of(song, number) == told(tune())
        others = [other for other in range(4) if other != number and len(melody_of(song, other))]
        assert len(others) > 1
        for other in others:
            onset, length, _ = np.array(melody_of(song, other)).T
            assert (onset[1:] >= (onset + length)[:-1]).all()
        assert len(downbeats(song)) - 1 == 4
        assert song.end_tick <= 64


def test_a_seed_repeats_a_song_and_another_one_does_not(choir):
    one, again, other = (accompany(choir, Settings(seed=s), tune()) for s in (1, 1, 2))
    assert one == again != other


def test_metre_tempo_key_and_upbeat_are_the_files(choir):
    upbeat = (Metre(0, 1, 4), Metre(480, 3, 4))
    tempos = (Tempo(0, 500_000), Tempo(1920, 600_000))
    song = accompany(choir, Settings(seed=1), tune(16, metres=upbeat, tempos=tempos))
    assert downbeats(song).tolist() == [0, *range(4, 65, 12)]
    assert song.tempos == (Tempo(0, 500_000), Tempo(16, 600_000))
    assert song.keys == (Key(0, 0),)
    assert melody_of(song, 0) == told(tune(16))
    asked = Settings(seed=1, key=Key(0, 9, True), metre=(4, 4), tempo_bpm=100)
    song = accompany(choir, asked, tune(16, metres=upbeat, tempos=tempos))
    assert (song.keys, song.metres) == ((Key(0, 9, True),), (Metre(0, 4, 4),))
    assert song.tempos == (Tempo(0, 600_000),)
    assert melody_of(song, 0) == told(tune(16))


def test_a_melody_may_begin_late_and_change_its_metre(choir):
    metres = (Metre(0, 4, 4), Metre(1920, 3, 4), Metre(1920 + 2 * 1440, 4, 4))
    score = tune(12, start_beat=3, metres=metres)
    song = accompany(choir, Settings(seed=1), score)
    assert downbeats(song).tolist() == [0, 16, 28, 40, 56, 72][: len(downbeats(song))]
    assert melody_of(song, 0) == told(score)
    for name, value in (("chords", parse_progression("C F")), ("form", "AB")):
        with pytest.raises(ComposeError, match=f"{name}: the metre of the melody changes; leave"):
            accompany(choir, Settings(**{name: value}), score)
        accompany(choir, Settings(metre=(4, 4), **{name: value}), score)


def test_chords_hold_around_it(choir):
    chords = Settings(seed=2, chords=parse_progression("C F"))
    song = accompany(choir, chords, tune())
    assert melody_of(song, 0) == told(tune())
    for onset, _, pitch in [note for voice in (1, 2, 3) for note in melody_of(song, voice)]:
        if onset % 4 == 0:
            assert pitch % 12 in ({0, 4, 7}, {5, 9, 0})[onset // 16 % 2]


def test_chords_and_velocities_are_kept_where_the_style_has_them(band):
    """The piano plays two notes at once; drums and bass go with it."""
    one, other = tune(8).notes, tune(8).notes.copy()
    other["pitch"] -= 4
    other["velocity"] += 3
    both = np.sort(np.concatenate([one, other]), order=["onset_tick", "track", "pitch"])
    score = tune(8).with_notes(both)
    song = accompany(band, Settings(seed=1), score)
    piano = song.notes[song.notes["track"] == 0]
    assert (
        piano[[*TOLD, "velocity"]].tolist() == score.snapped(12).notes[[*TOLD, "velocity"]].tolist()
    )
    assert len(song.notes) > len(piano)


def test_bars_of_the_melody_that_come_again_are_looked_back_at(choir):
    frame = Frame(choir, Settings(), tune(32), hear_tune(choir, tune(32), None, None),
                  np.random.default_rng(0))  # fmt: skip
    assert frame.form.lag_step.tolist() == [0, 0, 0, 0, 64, 64, 64, 64]
    assert frame.plan.form.lag_step.tolist() == [[0, 0, 0, 0, 64, 64, 64, 64]]


def test_it_is_moved_by_octaves_as_a_whole_to_fit_its_voice(choir):
    for octaves, back in ((-2, 12), (2, -24), (0, 0)):
        notes = tune().notes.copy()
        notes["pitch"] = (notes["pitch"].astype(int) + 12 * octaves).astype(np.uint8)
        heard = hear_tune(choir, tune().with_notes(notes), None, None)
        pitch = heard.rows[:, 2]
        assert set((pitch - notes["pitch"]).tolist()) == {back}
        assert pitch.min() >= 40 and pitch.max() <= 80


def test_notes_that_fit_no_voice_are_named(choir):
    notes = tune().notes.copy()
    notes["pitch"][[0, 5]] = 20, 110
    with pytest.raises(ComposeError) as error:
        accompany(choir, Settings(), tune().with_notes(notes), voice="alto")
    said = str(error.value)
    assert said.startswith("the melody fits alto in no octave: alto plays E2 to Ab5, which leaves")
    assert "as it stands, Ab0 (bar 1), D8 (bar 2); choose another voice or style" in said


def test_several_notes_at_once_are_no_melody_for_a_single_voice(choir):
    notes = np.sort(np.append(tune().notes, np.array([(2 * 1920, 400, 50, 80, 0)], NOTE)),
                    order=["onset_tick", "pitch"])  # fmt: skip
    notes["onset_tick"] = np.where(notes["onset_tick"] // 1920 == 2, 3840, notes["onset_tick"])
    said = "several notes at once, first in bar 3, and soprano, alto, tenor, bass play one at a"
    with pytest.raises(ComposeError, match=said):
        accompany(choir, Settings(), tune().with_notes(notes))


def test_notes_that_overlap_let_go_for_the_next(choir):
    notes = tune().notes.copy()
    notes["duration_tick"] = 700
    song = accompany(choir, Settings(seed=1), tune().with_notes(notes))
    places = [(onset, length) for onset, length, _ in melody_of(song, 0)]
    assert places == [*((onset, 4) for onset in range(0, 60, 4)), (60, 6)]


def test_the_track_is_the_highest_or_the_one_asked_for():
    low, high, kit = (np.array([(0, 480, pitch, 80, t)], NOTE)
                      for t, pitch in enumerate((50, 70, 90)))  # fmt: skip
    tracks = (Track("Left hand"), Track("Right hand"), Track("Kit", is_drum=True))
    score = Score(np.concatenate([low, high, kit]), tracks)
    asked = {None: 1, "1": 0, "2": 1, "left": 0, "RIGHT HAND": 1}
    assert {name: find_track(score, name) for name in asked} == asked
    listed = "that can be a melody: 1 Left hand, 2 Right hand"
    for name, said in (("3", "is none of the tracks"), ("hand", "is more than one track"),
                       ("", "is none of the tracks")):  # fmt: skip
        with pytest.raises(ComposeError, match=f"melody-track '{name}' {said} {listed}"):
            find_track(score, name)
    for empty in (Score(empty_notes()), score.with_notes(kit)):
        with pytest.raises(ComposeError, match="holds no notes with pitches"):
            find_track(empty, None)


def test_ways_on_which_the_melody_is_likely_are_preferred(choir, monkeypatch):
    """The nats of the melody, less those of nothing coming before it, rise by the choice."""

    def worth(seed):
        heard, rng = hear_tune(choir, tune(24), None, "bass"), np.random.default_rng(seed)
        frame = Frame(choir, Settings(seed=seed, critic=16), tune(24), heard, rng)
        song = Accompaniment(choir, frame, rng)
        song.finish()
        return float(song.sampler.worth[0])

    chosen = np.mean([worth(seed) for seed in range(4)])
    monkeypatch.setattr(composition, "worth_of", lambda songs: np.zeros(len(songs.ended)))
    assert chosen > np.mean([worth(seed) for seed in range(4)]) + 3


def test_a_number_of_bars_and_an_unknown_voice_are_refused(choir, band):
    with pytest.raises(ComposeError, match="bars: a song around a melody is as long as that"):
        accompany(choir, Settings(bars=8), tune())
    with pytest.raises(ComposeError, match="voice 'flute' is none of the voices: soprano, alto"):
        accompany(choir, Settings(), tune(), voice="flute")
    with pytest.raises(ComposeError, match="melody-voice drums: it plays no melody"):
        accompany(band, Settings(), tune(), voice="drums")


def test_a_style_of_one_voice_has_none_to_go_with_a_melody(choir):
    ranges = np.where(np.arange(4)[:, None] == 1, choir.rules.ranges, [1, 0])
    with pytest.raises(ComposeError, match="this style has one voice: there is none to go with"):
        accompany(with_rules(choir, ranges=ranges), Settings(), tune())


def test_what_goes_with_it_keeps_to_the_faults_asked_for(choir):
    settings = Settings(seed=1, parallels=0.05, crossings=0.5, returns=3, tessitura=0.25)
    rng = np.random.default_rng(0)
    frame = Frame(choir, settings, tune(), hear_tune(choir, tune(), None, None), rng)
    rules = Accompaniment(choir, frame, rng).sampler.rules
    assert (rules.parallels, rules.crossings, rules.returns) == (0.05, 0.5, 3)
    assert rules.tessitura == 0.25


def test_dynamics_shape_all_of_it(choir):
    song = accompany(choir, Settings(dynamics=parse_dynamics("pp<ff")), tune())
    first, last = (song.notes["velocity"][i] for i in (0, -1))
    assert first < 45 and last > 95


def test_without_a_critic_several_ways_are_tried_all_the_same(choir):
    """The likeliest lead to the melody's next note."""
    alone = replace(choir, critic=None)
    assert accompany(alone, Settings(seed=1), tune()) != accompany(
        alone, Settings(seed=1, critic=0), tune()
    )
