"""Whole songs of random networks: as long as asked, within bounds, the same for the same seed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_model import choir_codec, tiny_config, tiny_model

from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import open_player, player_of, with_rules
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.errors import ComposeError
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptors
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Key, Metre, Score, Tempo, Track

BAR_STEP = 16
FOUR = tuple(Track(name) for name in ("soprano", "alto", "tenor", "bass"))


def check_song(score, bars, bar_step=BAR_STEP, single=True):
    """Exactly `bars` bars, nothing after them, in range, single voices never over themselves."""
    notes = score.notes
    end = notes["onset_tick"] + notes["duration_tick"]
    assert (bars - 1) * bar_step < end.max() <= bars * bar_step
    assert (notes["duration_tick"] >= 1).all()
    assert ((notes["pitch"] >= 40) & (notes["pitch"] <= 80)).all()
    for track in range(len(score.tracks)):
        own = notes["track"] == track
        for group in [own] if single else [own & (notes["pitch"] == p) for p in range(128)]:
            assert (end[group][:-1] <= notes["onset_tick"][group][1:]).all()


@pytest.mark.parametrize("critic", [0, 1, 3])
@pytest.mark.parametrize("bars", [1, 2, 7, 64])
def test_a_song_has_exactly_the_bars_asked_for(choir, bars, critic):
    song = compose(choir, Settings(bars=bars, seed=bars, critic=critic))
    check_song(song, bars)
    assert song.snapped(4) == song


@pytest.mark.parametrize("bars", [1, 5])
def test_so_has_one_with_chords_and_drums(band, bars):
    song = compose(band, Settings(bars=bars, critic=2))
    check_song(song, bars, bar_step=48, single=False)
    assert (len(np.unique(song.notes["velocity"])) > 1) or bars == 1
    assert [track.is_drum for track in song.tracks] == [False, False, True]


@pytest.mark.parametrize("critic", [0, 4])
@pytest.mark.parametrize("temperature", [0.05, 1, 5])
@pytest.mark.parametrize("top_p", [0.01, 1])
def test_extremes_of_temperature_and_top_p_make_songs(choir, temperature, top_p, critic):
    check_song(
        compose(choir, Settings(bars=3, temperature=temperature, top_p=top_p, critic=critic)), 3
    )


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (1, 4), (7, 8), (5, 2), (1, 16)])
def test_bars_are_of_the_metre_asked_for(choir, metre):
    song = compose(choir, Settings(bars=3, metre=metre))
    assert song.metres == (Metre(0, *metre),)
    check_song(song, 3, bar_step=metre[0] * 16 // metre[1])


@pytest.mark.parametrize("metre", [(7, 32), (1, 64), (13, 32)])
def test_a_metre_that_the_grid_cannot_count_is_refused(choir, metre):
    with pytest.raises(ComposeError, match=f"metre {metre[0]}/{metre[1]}: .*in steps of 1/16"):
        compose(choir, Settings(bars=3, metre=metre))


def test_a_form_of_more_sections_than_bars_is_refused(choir):
    with pytest.raises(ComposeError, match="form AABA: 4 sections in 3 bars; give 4 bars or more"):
        compose(choir, Settings(bars=3, form="AABA"))


def test_drums_alone_have_no_register(kit):
    with pytest.raises(ComposeError, match="register: this model plays drums alone"):
        compose(kit, Settings(bars=2, register=PerVoice(0.5)))


@pytest.mark.parametrize("critic", [0, 3])
def test_the_same_seed_makes_the_same_song_and_another_another(choir, critic):
    songs = [compose(choir, Settings(bars=4, seed=seed, critic=critic)) for seed in (1, 1, 2, 3)]
    assert songs[0] == songs[1]
    assert songs[0] != songs[2] != songs[3]


def test_every_setting_makes_a_difference(choir):
    usual = Settings(bars=4, seed=5)
    songs = [
        compose(choir, replace(usual, **change))
        for change in ({}, {"critic": 0}, {"block": 3}, {"temperature": 2.0}, {"top_p": 0.5})
    ]
    songs.append(compose(choir, replace(usual, tempo_bpm=300)))
    songs.append(compose(choir, replace(usual, key=Key(0, 3, True))))
    notes = [song.notes.tolist() for song in songs]
    assert all(one != other for i, one in enumerate(notes) for other in notes[:i])


@pytest.mark.parametrize(("fault", "apart"), [("parallel", 2), ("crossing", 1.5)])
def test_faults_are_as_common_as_is_asked(fault, apart):
    rare, learned, common, usual = (share(fault, times) for times in (0.02, 1, 10, None))
    assert apart * rare < learned < common / apart
    assert usual < learned  # as the style has them, and chorales have few


def share(fault, times):
    """That of a fault in three chorales."""
    chorale = open_player(bundled_path("chorale"))
    usual = Settings(bars=12, critic=0, **{f"{fault}s": times})
    songs = [compose(chorale, replace(usual, seed=seed)) for seed in range(3)]
    shares = [descriptors(song)[list(DESCRIPTORS).index(f"{fault}_share")] for song in songs]
    return sum(shares) / len(shares)


def test_key_and_tempo_asked_for_are_those_of_the_song(choir):
    song = compose(choir, Settings(bars=1, tempo_bpm=96, key=Key(0, 9, True)))
    assert song.keys == (Key(0, 9, True),)
    assert song.tempos == (Tempo(0, 625_000),)


def test_without_them_they_are_the_collections(choir):
    songs = [compose(choir, Settings(bars=1, seed=seed)) for seed in range(20)]
    assert {str(song.keys[0]) for song in songs} == {"C", "Am", "G"}
    assert all(song.tempos == (Tempo(0, 666_667),) for song in songs)
    assert all(song.metres == (Metre(0, 4, 4),) for song in songs)


def test_the_critic_prefers_what_it_likes():
    """A critic made to like notes high above the bass makes them come more often."""
    model, config = tiny_model(choir_codec(), single=True), tiny_config(choir_codec())
    weights = {k: np.zeros_like(v) if "critic" in k else v for k, v in model.weights.items()}
    # One unit lives; what moves it is the height above the lowest sounding note.
    first = sum(config.layout.input_sizes[:7])
    weights["critic.embed.weight"][first : first + 37, 0] = np.linspace(-1, 1, 37)
    weights["critic.rnn.weight_ih_l0"][2 * config.critic_hidden, 0] = 1
    weights["critic.out.weight"][0, 0] = 20
    player = player_of(replace(model, weights=weights), Path("in memory"))

    def mean_pitch(critic):
        asked = [Settings(seed=seed, critic=critic, block=1) for seed in range(3)]
        return np.mean([compose(player, one).notes["pitch"].mean() for one in asked])

    assert mean_pitch(16) > mean_pitch(0) + 3


def primer(*rows, **maps):
    """A score of (onset, duration, pitch, track) in four voices, on sixteenths."""
    notes = np.array([(o, d, p, 80, t) for o, d, p, t in rows], NOTE)
    return Score(notes, FOUR, ticks_per_beat=4, **maps)


HYMN = [(0, 4, 67, 0), (0, 4, 60, 1), (0, 8, 48, 3), (4, 4, 69, 0), (8, 8, 65, 0), (8, 8, 53, 3)]


def opening(song, count):
    """(onset, pitch, track) of the first notes of a song."""
    return song.notes[["onset_tick", "pitch", "track"]][:count].tolist()


@pytest.mark.parametrize("critic", [0, 3])
def test_a_song_begins_with_its_primer(choir, critic):
    song = compose(choir, Settings(bars=4, critic=critic), primer(*HYMN))
    assert opening(song, 5) == [(o, p, t) for o, _, p, t in HYMN[:5]]
    assert (8, 53, 3) in opening(song, len(song))
    check_song(song, 5)  # a bar of primer and four more
    check_song(compose(choir, Settings(bars=1, critic=critic), primer(*HYMN)), 2)


def test_a_primers_long_rests_and_notes_are_kept(choir):
    """Here waits reach 8 and durations 16 steps, and the primer goes beyond both."""
    slow = primer((20, 40, 60, 0), (50, 4, 55, 1), (70, 4, 62, 0))
    song = compose(choir, Settings(bars=1), slow)
    begin = song.notes[["onset_tick", "duration_tick", "pitch", "track"]][:2].tolist()
    assert begin == [(20, 40, 60, 0), (50, 4, 55, 1)]
    assert (70, 62, 0) in opening(song, len(song))
    check_song(song, 6)


def test_bars_are_counted_from_where_the_primer_ends(choir):
    held = primer((0, 4, 60, 0), (12, 8, 62, 0))  # ends in its second bar
    check_song(compose(choir, Settings(bars=1), held), 3)


def test_long_last_notes_of_a_primer_leave_room_to_go_on(choir):
    """Four voices hold for 16 steps where waits reach 8: each must end before it sings again."""
    held = primer(*((0, 16, 72 - 5 * voice, voice) for voice in range(4)))
    for seed in range(5):
        song = compose(choir, Settings(bars=2, seed=seed), held)
        assert opening(song, 4) == [(0, 72 - 5 * voice, voice) for voice in range(4)]
        check_song(song, 3)


def test_a_primer_gives_key_tempo_and_metre_unless_asked_otherwise(choir):
    maps = {"tempos": (Tempo(0, 400_000),), "metres": (Metre(0, 3, 4),)}
    scale = [(4 * i, 4, p, 0) for i, p in enumerate([62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62])]
    song = compose(choir, Settings(bars=2), primer(*scale, **maps))
    assert (song.tempos, song.metres) == (maps["tempos"], maps["metres"])
    assert song.keys == (Key(0, 2),)
    asked = Settings(bars=2, tempo_bpm=60, metre=(4, 4), key=Key(0, 5))
    song = compose(choir, asked, primer(*scale, **maps))
    assert song.tempos == (Tempo(0, 1_000_000),)
    assert (song.metres, song.keys) == ((Metre(0, 4, 4),), (Key(0, 5),))


def test_a_primer_with_nothing_to_sing_is_refused(choir):
    drums = Score(np.array([(0, 4, 36, 80, 0)], NOTE), (Track("kit", 0, True),))
    for silent in (drums, Score(empty_notes())):
        with pytest.raises(ComposeError, match="the primer holds no notes that the model's voices"):
            compose(choir, Settings(), silent)


def test_a_model_without_a_critic_plays_as_with_it_off(choir):
    alone = replace(choir, critic=None)
    assert compose(alone, Settings(bars=2)) == compose(choir, Settings(bars=2, critic=0))


def test_rules_can_be_changed(choir):
    ranges = np.tile([60, 62], (4, 1))
    song = compose(with_rules(choir, ranges=ranges), Settings(bars=2))
    assert set(song.notes["pitch"].tolist()) <= {60, 61, 62}
