"""Chords by the step: by hand, and in songs of the bundled chorales and lieder."""

from functools import cache

import numpy as np
import pytest

from musicgan.chords import parse_progression
from musicgan.compose.band import parse_band
from musicgan.compose.bars import LiveSong
from musicgan.compose.harmony import Beats, harmony_of, one_chord
from musicgan.compose.in_chords import ROOT_NATS, InChords, lowest_voice
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import open_player
from musicgan.compose.rules import Rules
from musicgan.compose.sampling import NEVER
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.steering import Steering
from musicgan.compose.styles import bundled_path
from musicgan.compose.wishes import Wishes
from musicgan.errors import ComposeError
from musicgan.score import Key

HIGH = PerVoice(1.0)
NARROW = parse_band(["right:Tubular Bells", "left:Timpani"])


@cache
def bundled(style):
    return open_player(bundled_path(style))


def song(style="chorale", text="C Am F G", primer=None, **asked):
    asked = {"bars": 6, "critic": 0, **asked}
    return compose(bundled(style), Settings(chords=parse_progression(text), **asked), primer)


def classes(row):
    """Pitch classes of a row of a table, [128]."""
    return {int(pitch) % 12 for pitch in np.flatnonzero(row)}


# By hand.


def test_each_chord_has_its_bar_and_they_come_again():
    harmony = harmony_of(parse_progression("C Am"), start_step=8, bar_step=16, beat_step=4)
    held = [classes(harmony.tones[row]) for row in harmony.at(np.array([8, 23, 24, 39, 40, 1000]))]
    assert held == [{0, 4, 7}] * 2 + [{9, 0, 4}] * 2 + [{0, 4, 7}] * 2
    assert harmony.tones[harmony.at(np.array([7, -100]))].all()


@pytest.mark.parametrize(
    ("text", "beats", "begin"),
    [("C F", 4, [0, 2]), ("C F G", 4, [0, 2, 3]), ("C F", 3, [0, 2]), ("C F G C", 4, [0, 1, 2, 3])],
)
def test_chords_share_the_beats_of_a_bar(text, beats, begin):
    harmony = harmony_of(parse_progression(f"|{text}|"), 0, 12 * beats, 12)
    step = np.arange(12 * beats)
    tones = harmony.tones[harmony.at(step)]
    changes = [0, *(int(i) + 1 for i in np.flatnonzero((tones[1:] != tones[:-1]).any(axis=1)))]
    assert changes == [12 * beat for beat in begin]


def test_more_chords_than_beats_are_refused():
    with pytest.raises(ComposeError, match=r"chords 'C F G': 3 in a bar of 2 beats; at most one a"):
        harmony_of(parse_progression("C F G | C"), 0, 24, 12)
    with pytest.raises(ComposeError, match=r"in a bar of 1 beat;"):
        song(text="C F | C", metre=(1, 4))


def test_where_a_chord_comes_in_the_bass_is_named_or_likely():
    harmony = harmony_of(parse_progression("C/E G"), 0, 16, 4)
    rows = harmony.at(np.array([0, 4, 16, 20]))
    assert [classes(harmony.lowest[row]) for row in rows] == [
        {4}, {0, 4, 7}, {7, 11, 2}, {7, 11, 2},
    ]  # fmt: skip
    assert [classes(harmony.root[row]) for row in rows] == [set(), set(), {7}, set()]


def test_what_chords_do_to_logits_by_hand():
    """Two voices, the second one lower; C/E gives way to G at step 4, C/E to itself at 2."""
    layout = type(bundled("chorale").generator.config.layout)(2, 4, 8, 8, 1, 33)
    rules = Rules(np.array([[50, 70], [40, 60]]), np.array([False, False]))
    harmony = harmony_of(parse_progression("| C/E G |"), 0, 8, 4)
    lean = InChords(Steering(), layout, rules, Beats(0, 8, 4), Wishes(harmony))
    assert lowest_voice(rules) == 1
    voice, start = np.array([0, 1]), np.array([0, 0])
    in_range = (np.arange(128) >= rules.ranges[:, :1]) & (np.arange(128) <= rules.ranges[:, 1:])
    logits, allowed = lean.pitch(np.zeros((2, 128), np.float32), in_range, voice, start)
    assert [classes(row) for row in allowed] == [{0, 4, 7}, {4}]
    _, above = lean.pitch(np.zeros((2, 128)), in_range & (np.arange(128) > 50), voice, start)
    assert classes(above[1]) == {0, 4, 7}
    logits, allowed = lean.pitch(np.zeros((2, 128)), in_range, voice, start + 4)
    assert [classes(row) for row in allowed] == [{7, 11, 2}] * 2
    assert logits[1, 43] == logits[1, 47] + ROOT_NATS
    _, off_beat = lean.pitch(np.zeros((2, 128)), in_range, voice, start + 3)
    assert (off_beat == in_range).all()
    # A voice that plays chords goes on upwards as far as there are tones: C and G, D and G.
    assert [lean.top(voice, start + step).tolist() for step in (0, 3, 4)] == [
        [67, 60], [127, 127], [67, 59],
    ]  # fmt: skip

    def longest(pitch, step):
        notes = voice, np.array([pitch, pitch]), np.array([step, step])
        lasting = lean.duration(np.zeros((2, 9), np.float32), *notes)
        return [int(np.flatnonzero(row > NEVER)[-1]) for row in lasting]

    assert longest(60, 0) == [4, 4]
    # G is of both chords, and in the bass none where C/E comes in again.
    assert longest(55, 1) == [8, 7]


def test_a_chord_that_is_held_takes_their_place():
    player = bundled("chorale")
    live = LiveSong(player, Settings(bars=8, critic=0, chords=parse_progression("C")))
    first = live.next()
    assert {n.pitch % 12 for n in first.notes if n.onset_step % 4 == 0} <= {0, 4, 7}
    live.rewind(16, Steering(chord=frozenset({2, 6, 9})))
    notes = [note for bar in live.bars() for note in bar.notes]
    assert {n.pitch % 12 for n in notes if n.onset_step % 4 == 0} <= {2, 6, 9}
    assert one_chord(frozenset({2})).at(np.array([-5, 0, 99])).tolist() == [0, 0, 0]


# In songs.


def sounding(score, step):
    """Pitches that sound at a step, ascending, drums apart."""
    on, lasting = score.notes["onset_tick"], score.notes["duration_tick"]
    return sorted(score.notes["pitch"][(on <= step) & (on + lasting > step)].tolist())


def wanted(text, score, beat, beats=4):
    """The pitch classes of the chord that holds on a beat, for bars of one chord each."""
    return parse_progression(text).bar(beat // beats)[0].tones


@pytest.mark.parametrize(
    ("style", "asked"),
    [
        ("chorale", {}),
        ("chorale", {"critic": 3, "form": "ABA", "key": Key(0, 2)}),
        ("chorale", {"temperature": 2.0}),
        ("lieder", {"critic": 2}),
        ("lieder", {"temperature": 1.5}),
        # There is hardly a tone left above what these play.
        ("lieder", {"register": HIGH, "density": HIGH, "instruments": NARROW}),
    ],
)
def test_all_that_sounds_on_a_beat_is_of_the_bars_chord(style, asked):
    text, count = "C Am F#m7 Gdim", 0
    for seed in range(3):
        score = song(style, text, seed=seed, metre=(4, 4), **asked)
        grid = score.ticks_per_beat
        for beat in range(24):
            heard = {pitch % 12 for pitch in sounding(score, beat * grid)}
            assert heard <= wanted(text, score, beat)
            count += len(heard)
    assert count > 90


def test_the_named_bass_is_below_where_its_chord_comes_in():
    for style in ("chorale", "lieder"):
        hits = []
        for seed in range(6):
            score = song(style, "C/E G/B", seed=seed, metre=(4, 4))
            for bar in range(6):
                heard = sounding(score, bar * 4 * score.ticks_per_beat)
                hits += [heard[0] % 12 == (4, 11)[bar % 2]] if heard else []
        assert np.mean(hits) > 0.8


def test_several_chords_a_bar():
    score = song(text="C F | G Am", metre=(3, 4))
    for beat in range(18):
        heard = {pitch % 12 for pitch in sounding(score, 4 * beat)}
        here = [{0, 4, 7}, {0, 4, 7}, {5, 9, 0}, {7, 11, 2}, {7, 11, 2}, {9, 0, 4}][beat % 6]
        assert heard <= here


def test_the_key_is_inferred_and_an_asked_one_wins():
    assert song(bars=1).keys == (Key(0, 0),)
    assert song(text="Am F C G", bars=1).keys == (Key(0, 9, True),)
    assert song(bars=1, key=Key(0, 7)).keys == (Key(0, 7),)


def test_a_song_ends_on_its_last_chord_over_its_root():
    ends = []
    for seed in range(6):
        score = song(bars=4, seed=seed)
        ends.append(sounding(score, score.end_tick - 1)[0] % 12 == 7)
    assert sum(ends) >= 5


def test_chords_come_in_after_the_primer():
    primer = song(bars=1, text="Ebm", seed=3)
    score = song(primer=primer, text="C", bars=2)
    own, heard = (some.notes[["onset_tick", "pitch"]].tolist() for some in (score, primer))
    assert own[: len(heard)] == heard
    for beat in range(5, 12):  # what the primer holds may sound on the bar line
        assert {pitch % 12 for pitch in sounding(score, 4 * beat)} <= {0, 4, 7}


def test_live_and_file_agree_with_chords():
    settings = Settings(bars=5, seed=2, chords=parse_progression("C Am | F"))
    score = compose(bundled("lieder"), settings)
    live = LiveSong(bundled("lieder"), settings)
    notes = sorted((n.onset_step, n.voice, n.pitch) for bar in live.bars() for n in bar.notes)
    assert notes == score.notes[["onset_tick", "track", "pitch"]].tolist()


def test_drums_are_free_of_the_chords(band):
    settings = Settings(bars=8, critic=0, chords=parse_progression("C"), seed=1)
    notes = compose(band, settings).notes
    on_beat = notes[notes["onset_tick"] % 12 == 0]
    drums = {int(pitch) % 12 for pitch in on_beat["pitch"][on_beat["track"] == 2]}
    assert not drums <= {0, 4, 7}
