"""Instruments of voices: named, narrowed, refused; and songs that stay within them."""

from functools import cache

import numpy as np
import pytest

from musicgan.compose.band import Band, parse_band, played_by
from musicgan.compose.bars import LiveSong
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.errors import ComposeError


@cache
def bundled(style):
    return open_player(bundled_path(style))


def test_parts_are_read_from_text():
    band = parse_band(["Soprano:Flute", " bass : 71"])
    assert band == Band((("Soprano", 73), ("bass", 70)))
    assert str(band) == "Soprano:Flute, bass:Bassoon"
    for text in ("Flute", ":Flute", "Bass:", "", ":"):
        with pytest.raises(ComposeError, match="write a voice and an instrument, such as Soprano:"):
            parse_band([text])


def test_voices_are_narrowed_to_what_both_can():
    """The soprano goes from 60 to 81, the bass from 36 to 64; a clarinet begins at 50."""
    player = played_by(bundled("chorale"), parse_band(["soprano:oboe", "bass:clarinet"]))
    assert player.rules.ranges.tolist() == [[60, 81], [54, 74], [48, 69], [50, 64]]
    assert [slot.program for slot in player.codec.slots] == [68, 52, 52, 71]
    assert bundled("chorale").rules.ranges.tolist()[3] == [36, 64]
    assert played_by(player, None) is player


def test_an_instrument_of_one_note_at_a_time_makes_its_voice_one():
    player = played_by(bundled("lieder"), parse_band(["voice:flute", "right:harp"]))
    assert player.rules.single.tolist() == [True, False, False]


def test_of_a_voice_named_twice_the_last_instrument_counts():
    player = played_by(bundled("chorale"), parse_band(["soprano:tuba", "Soprano:flute"]))
    assert player.codec.slots[0].program == 73


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Soprano:Tuba", "it plays E1 to Bb3, the voice C4 to A5; choose a higher instrument or"),
        ("Bass:Piccolo", "it plays D5 to C8, the voice C2 to E4; choose a lower instrument or"),
        ("Flute:Flute", "voice 'Flute' is none of the voices: Soprano, Alto, Tenor, Bass"),
    ],
)
def test_what_leaves_no_note_is_refused(text, said):
    with pytest.raises(ComposeError, match=said):
        compose(bundled("chorale"), Settings(instruments=parse_band([text])))


def test_less_than_an_octave_is_warned_of():
    with pytest.warns(UserWarning, match="Bass:Flute: of what the voice plays it has only C4 to E"):
        played_by(bundled("chorale"), parse_band(["bass:flute"]))


def test_drums_keep_their_kit(band):
    with pytest.raises(ComposeError, match="instrument drums:Flute: drums keep their kit"):
        played_by(band, parse_band(["drums:flute"]))


@pytest.mark.parametrize(
    ("style", "parts", "low", "high"),
    [
        ("chorale", ["alto:oboe", "bass:trombone"], [60, 58, 48, 40], [81, 74, 69, 64]),
        ("lieder", ["voice:violin", "left:cello"], [55, 24, 36], [96, 106, 81]),
    ],
)  # fmt: skip
def test_songs_stay_within_their_instruments(style, parts, low, high):
    heard = np.zeros(len(low), int)
    for seed in range(4):
        asked = Settings(
            bars=6, seed=seed, temperature=1.5, critic=0, instruments=parse_band(parts)
        )
        score = compose(bundled(style), asked)
        track, pitch = score.notes["track"], score.notes["pitch"]
        assert ((pitch >= np.array(low)[track]) & (pitch <= np.array(high)[track])).all()
        end = score.notes["onset_tick"] + score.notes["duration_tick"]
        for voice in np.flatnonzero(played_by(bundled(style), asked.instruments).rules.single):
            own = track == voice
            assert (end[own][:-1] <= score.notes["onset_tick"][own][1:]).all()
        heard += np.bincount(track, minlength=len(low))
    assert (heard > 10).all()


def test_live_and_file_have_the_same_instruments():
    asked = Settings(bars=3, seed=2, instruments=parse_band(["bass:trombone", "alto:oboe"]))
    score = compose(bundled("chorale"), asked)
    bars = LiveSong(bundled("chorale"), asked).bars()
    notes = sorted((n.onset_step, n.voice, n.pitch) for bar in bars for n in bar.notes)
    assert notes == score.notes[["onset_tick", "track", "pitch"]].tolist()
