"""A song to be continued brings its bars, key, metre and tempo along; an upbeat stays one."""

import numpy as np
import pytest

from musicgan.compose.primer import hear_primer, upbeat_metres
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.notes import NOTE
from musicgan.score import Metre, Score, Tempo, Track
from musicgan.theory import downbeats

FOUR = tuple(Track(name) for name in ("soprano", "alto", "tenor", "bass"))
UPBEAT = [Metre(0, 1, 4), Metre(4, 4, 4)]


def hymn(beats, metres=(), tempos=()):
    """A soprano in quarter notes over a bass that moves on every first beat of a bar."""
    upbeat = beats % 4
    notes = [(4 * beat, 4, 60 + 2 * (beat % 4), 80, 0) for beat in range(beats)]
    notes += [(4 * beat, 16, 48, 80, 3) for beat in range(upbeat, beats, 4)]
    notes = np.sort(np.array(notes, NOTE), order=["onset_tick", "track"])
    return Score(notes, FOUR, tuple(tempos), tuple(metres), ticks_per_beat=4)


def test_what_a_primer_brings_along(choir):
    heard = hear_primer(choir, hymn(8, [Metre(0, 4, 4)], [Tempo(0, 500_000)]))
    assert len(heard.rows) == 10
    assert (heard.metre, heard.bpm) == ((4, 4), 120)
    assert (heard.bar_line_step, heard.end_step) == (32, 32)


def test_what_a_file_does_not_say_is_not_made_up(choir):
    heard = hear_primer(choir, hymn(8))
    assert heard.metre is None
    assert heard.bpm is None


def test_bars_go_on_from_the_primers_own_bar_lines(choir):
    """One beat, then two bars; the song has the upbeat and as many bars more as were asked for."""
    primer = hymn(9, UPBEAT)
    assert hear_primer(choir, primer).bar_line_step == 36
    song = compose(choir, Settings(bars=3), primer)
    assert downbeats(song).tolist() == [0, *range(4, 4 + 16 * 5 + 1, 16)]
    assert list(song.metres) == UPBEAT
    begin = song.notes[["onset_tick", "pitch", "track"]][: len(primer)]
    # Its last notes may be cut short, to leave room to go on; none begins elsewhere.
    assert begin.tolist() == primer.notes[["onset_tick", "pitch", "track"]].tolist()


@pytest.mark.parametrize(
    ("metre", "upbeat_step", "bar_step", "short"),
    [
        ((4, 4), 4, 16, Metre(0, 1, 4)),
        ((4, 4), 2, 16, Metre(0, 1, 8)),
        ((3, 4), 6, 12, Metre(0, 3, 8)),
        ((6, 8), 2, 12, Metre(0, 1, 8)),
        ((2, 2), 4, 16, Metre(0, 1, 4)),
    ],
)
def test_an_upbeat_is_a_short_first_bar(metre, upbeat_step, bar_step, short):
    first, second = upbeat_metres(metre, upbeat_step, bar_step, 4)
    assert first == short
    assert second == Metre(upbeat_step, *metre)


def test_whole_bars_are_no_upbeat_and_neither_is_what_no_metre_can_say():
    for upbeat_step in (0, 12, 24):
        assert upbeat_metres((3, 4), upbeat_step, 12, 4) == (Metre(0, 3, 4),)
    assert upbeat_metres((3, 4), 7, 36, 12) == (Metre(0, 3, 4),)


def test_drums_alone_have_no_key(band):
    drums = Score(
        np.array([(4 * beat, 2, 36, 90, 0) for beat in range(8)], NOTE), (Track("", 0, True),),
        ticks_per_beat=4,
    )  # fmt: skip
    assert hear_primer(band, drums).key is None
    keys = {compose(band, Settings(bars=1, seed=seed), drums).keys for seed in range(4)}
    assert keys == {compose(band, Settings(bars=1, seed=seed)).keys for seed in range(4)}
