"""Do bars that are filled in lead into what follows? Gaps in pieces that a style never saw.

    python scripts/gaps_filled.py FOLDER [--style chorale] [--gaps 24] [--bars 4]

FOLDER is what the style learned from; its test pieces are used. Of each piece one gap in the
middle is filled as `musicgan generate --infill` fills it, and again without a look at what comes
after it. A figure is how surprising the generator finds the next 32 notes, in nats a note, mean
over gaps; in brackets the 90% interval of the difference from the fill that looks ahead.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import WAIT
from musicgan.compose.gap import Gap, find_gap
from musicgan.compose.given import nats_of
from musicgan.compose.infill import RIGHT_NOTES, Filling
from musicgan.compose.player import Player, open_player
from musicgan.compose.settings import Settings
from musicgan.compose.styles import bundled_path, bundled_styles
from musicgan.corpus.cache import Corpus
from musicgan.evaluate.bootstrap import mean_interval
from musicgan.midifile import read_midi
from musicgan.theory import downbeats


def main() -> int:
    """Print the table, as markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", choices=bundled_styles(), default="chorale")
    parser.add_argument("--gaps", type=int, default=24)
    parser.add_argument("--bars", type=int, default=4)
    asked = parser.parse_args()
    begin_sec = time.process_time()
    player = open_player(bundled_path(asked.style))
    nats = np.array(
        [
            surprises(player, gap, Settings(seed=seed, temperature=0.95))
            for seed, gap in enumerate(gaps(player, asked.folder, asked.gaps, asked.bars))
        ]
    )
    print(f"| {len(nats)} gaps of {asked.bars} bars: what is in them", end=" ")
    print("| nats a note after them | less what looks ahead [90%] |")
    print("|---|--:|--:|")
    print(f"| a fill that looks ahead | {nats[:, 0].mean():.3f} | |")
    for name, column in zip(("one that does not", "the true bars"), nats.T[1:], strict=True):
        print(f"| {name} | {column.mean():.3f} | {interval(column - nats[:, 0])} |")
    took_sec = time.process_time() - begin_sec
    print(f"\n{took_sec:.0f} CPU s", file=sys.stderr)
    return 0


def gaps(player: Player, folder: Path, count: int, bars: int) -> list[Gap]:
    """A gap in the middle of each of the first test pieces that are long enough."""
    found: list[Gap] = []
    for piece in Corpus.open(folder, player.codec).pieces("test"):
        score = read_midi(folder / piece.name)
        from_bar = (len(downbeats(score)) - bars) // 2 + 1
        if len(found) < count and from_bar > bars:
            gap = find_gap(score, player.codec, from_bar, from_bar + bars - 1)
            found += [gap] * (len(gap.right) >= RIGHT_NOTES)
    return found


def surprises(player: Player, gap: Gap, settings: Settings) -> list[float]:
    """Nats a note of what follows the chosen fill, a blind one, and the true bars."""
    ahead, blind = Filling(player, settings, gap), Filling(player, settings, gap, right_notes=0)
    inside = gap.voices.notes
    onset = inside["onset_tick"]
    true = player.codec.encode(
        gap.voices.with_notes(inside[(onset >= gap.begin_tick) & (onset < gap.end_tick)])
    )
    true[:1, WAIT] -= ahead.onset_step
    fills = [ahead.finish(), blind.finish(), list(true)]
    return [after(player, gap, settings, fill) for fill in fills]


def after(player: Player, gap: Gap, settings: Settings, fill: list[Rows]) -> float:
    """Nats a note of what follows `fill`, rows [5] from the gap's beginning."""
    song = Filling(player, settings, gap)
    for row in fill:
        song.hear(row)
    right = song.right.copy()
    right[0, WAIT] -= song.onset_step
    return -float(nats_of(song.sampler, right)[0]) / len(right)


def interval(difference: np.ndarray) -> str:
    """The mean of differences and its 90% interval."""
    low, high = mean_interval(difference)
    return f"{difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    sys.exit(main())
