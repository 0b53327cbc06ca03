"""Is what can be asked of a song heard in it? Songs with and without each option, read back.

    python scripts/controls_honoured.py [--style chorale --style lieder] [--seeds 24] [--bars 8]

The files are those of `musicgan generate` and are read by pretty_midi. A row has the mean over
the same seeds without the option and with it, and the difference with its 90% interval (songs
drawn again and again from those there are).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pretty_midi
from songs_heard import (
    NEAR_SEC,
    Song,
    crossed,
    in_parallels,
    mean_pitch,
    notes_a_bar,
    notes_of,
    percent,
    pitch_range,
    returned,
    swell,
    tempo_bpm,
)

from musicgan.chords import Chord, parse_progression
from musicgan.compose.band import parse_band
from musicgan.compose.dynamics import parse_dynamics
from musicgan.compose.kinds import AnyPlayer, open_any
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import Player
from musicgan.compose.rules import COMMONEST, RAREST
from musicgan.compose.settings import Settings, parse_key
from musicgan.compose.styles import bundled_path
from musicgan.compose.write import takes, write_songs
from musicgan.evaluate.bootstrap import mean_interval

CHORDS = parse_progression("C Am F G")
MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 9, 10, 11)
"""With the raised sixth and seventh."""
TEMPO_BPM, METRE = 72, (3, 4)
FLUTISTS, FLUTE_RANGE = ("Alto", "Piano right hand", "Fiddle"), (60, 96)
"""Who gets a flute, and what that can play."""
STYLES = ("chorale", "lieder", "fiddle")
"""Those with pitches: drums have no key and no register."""

Measure = Callable[[Song], float]


class Row(NamedTuple):
    """One line of the table: two runs and what is measured in both."""

    option: str
    measured: str
    without: str
    run: str
    measure: Measure


def runs(player: AnyPlayer) -> dict[str, dict[str, Any]]:
    """The settings of each run, by name."""
    [flutist] = [slot.name for slot in player.codec.slots if slot.name in FLUTISTS]
    # Models of earlier versions do not know the heights of their voices.
    knows_heights = isinstance(player, Player) and player.rules.heights is not None
    held = {"wandering": {"tessitura": 0.0}, "at home": {"tessitura": 1.0}}
    return {
        **(held if knows_heights else {}),
        "free": {},
        "C": {"key": parse_key("C")},
        "F#m": {"key": parse_key("F#m")},
        "chords": {"chords": CHORDS},
        "sparse": {"density": PerVoice(-1)},
        "dense": {"density": PerVoice(1)},
        "low": {"register": PerVoice(-1)},
        "high": {"register": PerVoice(1)},
        "form": {"form": "AABA"},
        "as learned": {"form": "AABA", "returns": 1.0},
        "strict": {"parallels": RAREST},
        "open": {"parallels": COMMONEST},
        "apart": {"crossings": RAREST},
        "entwined": {"crossings": COMMONEST},
        "told": {
            "tempo_bpm": TEMPO_BPM,
            "metre": METRE,
            "dynamics": parse_dynamics("p<f"),
            "instruments": parse_band([f"{flutist}:Flute"]),
        },
    }


ROWS = [
    Row("--key C", "% of notes in its scale", "free", "C", lambda s: in_scale(s, 0, MAJOR)),
    Row("--key F#m", "% of notes in its scale", "free", "F#m", lambda s: in_scale(s, 6, MINOR)),
    Row('--chords "C Am F G"', "% of notes on beats in the bar's chord", "free", "chords",
        lambda s: in_chord(s, on_beats=True)),
    Row("against --key C", "the same", "C", "chords", lambda s: in_chord(s, on_beats=True)),
    Row("", "% of all notes in the bar's chord", "C", "chords",
        lambda s: in_chord(s, on_beats=False)),
    Row("", "% of bars best named by their chord", "C", "chords", lambda s: named(s)),
    Row("", "% of bars with the root lowest at first", "C", "chords", lambda s: rooted(s)),
    Row("--density -1", "notes a bar", "free", "sparse", notes_a_bar),
    Row("--density 1", "notes a bar", "free", "dense", notes_a_bar),
    Row("--register -1", "mean pitch", "free", "low", mean_pitch),
    Row("--register 1", "mean pitch", "free", "high", mean_pitch),
    Row("--tessitura 1 against 0", "semitones from the lowest note to the highest", "wandering",
        "at home", pitch_range),
    Row("--form AABA", "% of notes of both later As that are as at first", "free", "form",
        returned),
    Row("the same with --returns 1", "the same", "free", "as learned", returned),
    Row(f"--parallels {RAREST}", "% of moves of two voices in parallels", "free", "strict",
        in_parallels),
    Row(f"--parallels {COMMONEST:g}", "the same", "free", "open", in_parallels),
    Row(f"--crossings {RAREST}", "% of pairs of voices on beats that are crossed", "free", "apart",
        crossed),
    Row(f"--crossings {COMMONEST:g}", "the same", "free", "entwined", crossed),
    Row(f"--tempo {TEMPO_BPM}", "beats a minute", "free", "told", tempo_bpm),
    Row("--metre 3/4", "% of files in 3/4 throughout", "free", "told", lambda s: in_metre(s)),
    Row('--dynamics "p<f"', "velocity, last quarter less first", "free", "told",
        swell),
    Row("--instrument of one voice: Flute", "% of its notes that a flute has", "free",
        "told", lambda s: in_range(s)),
]  # fmt: skip


def main() -> int:
    """Print the table, as markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--style", action="append", choices=STYLES)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--bars", type=int, default=8)
    asked = parser.parse_args()
    begin_sec = time.process_time()
    print("| style | option | measured | without | with | difference [90%] |")
    print("|---|---|---|--:|--:|--:|")
    for style in asked.style or STYLES:
        player = open_any(bundled_path(style))
        heard = {
            name: list(songs(player, asked.seeds, asked.bars, settings))
            for name, settings in runs(player).items()
        }
        for row in (row for row in ROWS if row.run in heard):
            one, other = (
                np.array([row.measure(song) for song in heard[run]])
                for run in (row.without, row.run)
            )
            # One voice alone goes in parallels with nobody, and crosses nobody.
            if not np.isnan(one + other).all():
                print(f"| {style} | {row.option} | {row.measured} | {compared(one, other)} |")
    took_sec = time.process_time() - begin_sec
    print(
        f"\n{asked.seeds} songs of {asked.bars} bars a run; {took_sec:.0f} CPU s", file=sys.stderr
    )
    return 0


def songs(player: AnyPlayer, seeds: int, bars: int, settings: dict[str, Any]) -> Iterator[Song]:
    """Songs on seeds from 0 on, as another library reads their files."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Settings(bars=bars, temperature=0.95, **settings)
        for written in write_songs(player, takes(asked, seeds), Path(folder) / "song.mid"):
            yield pretty_midi.PrettyMIDI(str(written.path))


def compared(one: np.ndarray, other: np.ndarray) -> str:
    """Means without and with, and their difference with its interval; songs of nothing left out."""
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    low, high = mean_interval(other - one)
    mean = (other - one).mean()
    return f"{one.mean():.1f} | {other.mean():.1f} | {mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def in_scale(song: Song, tonic: int, scale: tuple[int, ...]) -> float:
    return percent([(note.pitch - tonic) % 12 in scale for note in notes_of(song)])


def chord_bars(song: Song) -> Iterator[tuple[Chord, float, float]]:
    """The chord asked of each bar, its beginning and its end."""
    lines = [*song.get_downbeats(), song.get_end_time()]
    for number, (begin_sec, end_sec) in enumerate(pairwise(lines)):
        if end_sec - begin_sec > NEAR_SEC:
            yield CHORDS.bar(number)[0], begin_sec, end_sec


def in_chord(song: Song, on_beats: bool) -> float:
    beats = song.get_beats()
    return percent(
        [
            note.pitch % 12 in chord.tones
            for chord, begin_sec, end_sec in chord_bars(song)
            for note in notes_of(song)
            if begin_sec - NEAR_SEC <= note.start < end_sec - NEAR_SEC
            and (not on_beats or np.abs(beats - note.start).min() < NEAR_SEC)
        ]
    )


def named(song: Song) -> float:
    """Which of the 24 major and minor triads names a bar best, by how long its tones sound."""
    hits = []
    for chord, begin_sec, end_sec in chord_bars(song):
        weight = np.zeros(12)
        for note in notes_of(song):
            weight[note.pitch % 12] += max(0.0, min(note.end, end_sec) - max(note.start, begin_sec))
        triads = [(root, third) for root in range(12) for third in (3, 4)]
        fit = [
            2 * weight[[r, (r + third) % 12, (r + 7) % 12]].sum() + weight[r] for r, third in triads
        ]
        root, third = triads[int(np.argmax(fit))]
        hits.append((root, third == 3) == (chord.root, chord.is_minor))
    return percent(hits)


def rooted(song: Song) -> float:
    hits = []
    for chord, begin_sec, _ in chord_bars(song):
        sounding = [
            note.pitch
            for note in notes_of(song)
            if note.start <= begin_sec + NEAR_SEC < note.end - NEAR_SEC
        ]
        if sounding:
            hits.append(min(sounding) % 12 == chord.root)
    return percent(hits)


def in_metre(song: Song) -> float:
    stated = {(m.numerator, m.denominator) for m in song.time_signature_changes}
    return 100.0 * (stated == {METRE})


def in_range(song: Song) -> float:
    low, high = FLUTE_RANGE
    own = [part for part in song.instruments if part.name in FLUTISTS]
    return percent([low <= note.pitch <= high for part in own for note in part.notes])


if __name__ == "__main__":
    sys.exit(main())
