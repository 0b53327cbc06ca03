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
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pretty_midi

from musicgan.chords import Chord, parse_progression
from musicgan.compose.band import parse_band
from musicgan.compose.dynamics import parse_dynamics
from musicgan.compose.kinds import AnyPlayer, open_any
from musicgan.compose.per_voice import PerVoice
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
NEAR_SEC = 1e-3
STYLES = ("chorale", "lieder", "fiddle")
"""Those with pitches: drums have no key and no register."""

Song: TypeAlias = pretty_midi.PrettyMIDI
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
    return {
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
    Row("--density -1", "notes a bar", "free", "sparse", lambda s: notes_a_bar(s)),
    Row("--density 1", "notes a bar", "free", "dense", lambda s: notes_a_bar(s)),
    Row("--register -1", "mean pitch", "free", "low", lambda s: mean_pitch(s)),
    Row("--register 1", "mean pitch", "free", "high", lambda s: mean_pitch(s)),
    Row("--form AABA", "% of notes of both later As that are as at first", "free", "form",
        lambda s: returned(s)),
    Row("the same with --returns 1", "the same", "free", "as learned", lambda s: returned(s)),
    Row(f"--parallels {RAREST}", "% of moves of two voices in parallels", "free", "strict",
        lambda s: in_parallels(s)),
    Row(f"--parallels {COMMONEST:g}", "the same", "free", "open", lambda s: in_parallels(s)),
    Row(f"--crossings {RAREST}", "% of pairs of voices on beats that are crossed", "free", "apart",
        lambda s: crossed(s)),
    Row(f"--crossings {COMMONEST:g}", "the same", "free", "entwined", lambda s: crossed(s)),
    Row(f"--tempo {TEMPO_BPM}", "beats a minute", "free", "told", lambda s: tempo_bpm(s)),
    Row("--metre 3/4", "% of files in 3/4 throughout", "free", "told", lambda s: in_metre(s)),
    Row('--dynamics "p<f"', "velocity, last quarter less first", "free", "told",
        lambda s: swell(s)),
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
        for row in ROWS:
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


def notes_of(song: Song) -> list[pretty_midi.Note]:
    """All notes but those of drums."""
    return [note for part in song.instruments if not part.is_drum for note in part.notes]


def percent(those: list[bool]) -> float:
    """NaN where there are none."""
    return 100 * float(np.mean(those)) if those else float("nan")


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


def notes_a_bar(song: Song) -> float:
    return len(notes_of(song)) / len(song.get_downbeats())


def mean_pitch(song: Song) -> float:
    return float(np.mean([note.pitch for note in notes_of(song)]))


def returned(song: Song) -> float:
    """Of four sections the second and the last beside the first; not the bar in which it ends."""
    lines = song.get_downbeats()
    bar_sec, bars = lines[1] - lines[0], round(len(lines) / 4)
    heard = [notes_between(song, n * bar_sec, (n + 1) * bar_sec) for n in range(4 * bars)]
    pairs = [(n, bars + n) for n in range(bars)] + [(n, 3 * bars + n) for n in range(bars - 1)]
    return percent([note in heard[first] for first, again in pairs for note in heard[again]])


def notes_between(song: Song, begin_sec: float, end_sec: float) -> list[tuple[int, int, int]]:
    """(voice, hundredths of a second after the beginning, pitch) of notes that begin there."""
    return [
        (voice, round(100 * (note.start - begin_sec)), note.pitch)
        for voice, part in enumerate(song.instruments)
        for note in part.notes
        if begin_sec - NEAR_SEC <= note.start < end_sec - NEAR_SEC
    ]


def in_parallels(song: Song) -> float:
    """From beat to beat both move the same way, from an octave or a fifth to the same again."""
    found = []
    for before, after in pairwise(lines(song)):
        moves = [
            (b, a)
            for b, a in zip(before, after, strict=True)
            if b is not None and a is not None and b != a
        ]
        for (b1, a1), (b2, a2) in combinations(moves, 2):
            apart = abs(b1 - b2) % 12, abs(a1 - a2) % 12
            found.append(apart in ((0, 0), (7, 7)) and (a1 > b1) == (a2 > b2))
    return percent(found)


def crossed(song: Song) -> float:
    """Of two voices that sound on a beat the one is above that is lower on the whole, or not."""
    found = []
    for one, other in combinations(zip(*lines(song), strict=True), 2):
        both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        if both:
            apart = np.diff(both).ravel()
            found += list(apart * np.sign(apart.mean()) < 0)
    return percent(found)


def lines(song: Song) -> list[list[int | None]]:
    """The highest pitch of each voice on each beat."""
    parts = [part.notes for part in song.instruments if not part.is_drum]
    return [[_highest(notes, beat) for notes in parts] for beat in song.get_beats()]


def _highest(notes: list[pretty_midi.Note], at_sec: float) -> int | None:
    at_sec += NEAR_SEC
    return max((note.pitch for note in notes if note.start <= at_sec < note.end), default=None)


def tempo_bpm(song: Song) -> float:
    _, tempos = song.get_tempo_changes()
    return float(np.mean(tempos))


def in_metre(song: Song) -> float:
    stated = {(m.numerator, m.denominator) for m in song.time_signature_changes}
    return 100.0 * (stated == {METRE})


def swell(song: Song) -> float:
    end_sec = song.get_end_time()
    first, last = (
        [n.velocity for n in notes_of(song) if low <= n.start / end_sec < high]
        for low, high in ((0, 0.25), (0.75, 1))
    )
    return float(np.mean(last) - np.mean(first)) if first and last else float("nan")


def in_range(song: Song) -> float:
    low, high = FLUTE_RANGE
    own = [part for part in song.instruments if part.name in FLUTISTS]
    return percent([low <= note.pitch <= high for part in own for note in part.notes])


if __name__ == "__main__":
    sys.exit(main())
