"""What a player reads: rendered as a terminal of 80 columns would show it."""

import io

import pytest
from rich.console import Console

from musicgan.live.controls import CONTROLS, KEYS, VOICES
from musicgan.live.desk import Desk
from musicgan.live.display import panel, status_line

STATE = {
    "tick": 480 * 7, "bpm": 96.2, "notes": 40, "ahead_sec": 2.04, "underruns": 0, "skipped": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("metre", "place"), [((4, 4), "bar 2.4"), ((3, 4), "bar 3.2"), ((6, 8), "bar 3.3")]
)
def test_bar_and_beat_are_counted_as_musicians_count(metre, place):
    assert status_line(STATE, 480, metre) == f"{place}  96 bpm  40 notes  2.0 s ahead"


def test_what_went_wrong_is_shown_when_it_did():
    line = status_line({**STATE, "underruns": 2, "ahead_sec": -0.5, "tick": -3}, 480, (4, 4))
    assert line == "bar 1.1  96 bpm  40 notes  0.0 s ahead  underruns 2"


def test_the_line_waits_with_the_clock():
    state = {"is_rolling": False, "bpm": 120, "source": "MIDI clock", "ahead_sec": float("inf")}
    assert status_line(state, 480, (4, 4)) == "waiting for the clock to start  120 bpm  MIDI clock"
    assert status_line({}, 480, (4, 4)) == ""


FULL = {
    **STATE,
    "source": "JACK transport",
    "is_rolling": True,
    "mode": "follow",
    "bars_ahead": 2,
    "lost": 0,
    "late_ms": (0.021, 0.114),
    "latency_sec": 2.1,
    "voices": [("soprano", 76, False), ("alto", 70, False), ("tenor", 67, True), ("bass", None, 0)],
    "desk": "temperature 0.95  density +0.3",
    "said": "CC 21 now moves density",
    "ports": "synth",
}


def rendered(state, width=80):
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(panel(state, 480, (4, 4)))
    return console.export_text()


def test_the_panel_shows_all_there_is():
    rows = [row.strip("│ ") for row in rendered(FULL).splitlines()]
    assert rows[0].startswith("╭─ musicgan > synth ─")
    assert rows[1:-1] == [
        "bar 2.4   96 bpm   JACK transport   follow",
        "2 bars, 2.0 s ahead   40 notes   a knob is heard after 2.1 s",
        "1 soprano E5   2 alto Bb4   3 tenor muted   4 bass -",
        "late p50 0.02 p99 0.11 ms   underruns 0   skipped 0   lost 0",
        "temperature 0.95   density +0.3",
        "CC 21 now moves density",
        "temperature density register critic morph idea hold answer panic learn 1-9",
    ]


@pytest.mark.parametrize("missing", FULL)
def test_what_is_not_known_is_left_out(missing):
    text = rendered({key: value for key, value in FULL.items() if key != missing})
    assert text != rendered(FULL) or missing == "is_rolling"
    assert "temperature density" in text


def test_before_anything_is_known_there_are_the_keys():
    assert len(rendered({}).splitlines()) == 3
    assert "waiting for the clock to start" in rendered({"is_rolling": False})


def test_the_first_letters_of_the_legend_are_the_keys():
    [legend] = [row for row in rendered({}).splitlines() if "panic" in row]
    *names, numbers = legend.strip("│ ").split()
    assert [KEYS[name[0]][0] for name in names] == names
    assert [*names, *(voice.name for voice in VOICES)] == list(CONTROLS)
    assert numbers == "1-9"


def test_80_columns_are_enough_for_the_longest_of_everything():
    desk = Desk(9)
    for key in "TDRCMh123456789l":
        desk.press(key)
    voices = [("Acoustic Grand Piano", 60 + index, False) for index in range(12)]
    wide = {"voices": voices, "ports": "port " * 40, "desk": desk.line(), "said": desk.said}
    counts = {"tick": 480 * 40_000, "notes": 99_999, "underruns": 999, "skipped": 999, "lost": 999}
    rows = rendered({**FULL, **wide, **counts}).splitlines()
    assert {len(row) for row in rows} == {80}
    shown = " ".join(" ".join(row.strip("│ ").split()) for row in rows)
    for part in ("bar 10001.1", "9 Acoustic Grand Ab4", "Acoustic Grand B4", "99999 notes"):
        assert part in shown
    for part in ("underruns 999", "skipped 999", "lost 999", desk.said, *desk.line().split("  ")):
        assert part in shown
    assert "10 Acoustic" not in shown, "only nine voices have a key"
    assert {len(row) for row in rendered(FULL, width=60).splitlines()} == {60}
