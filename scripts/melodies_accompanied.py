"""What a style makes of melodies that it never saw: accompaniments, free songs and real pieces.

    python scripts/melodies_accompanied.py FOLDER [--style chorale] [--songs 24]

FOLDER is what the style learned from; the first tracks of its first test pieces are the melodies,
where the style's first voice has their notes.
Beside their accompaniments stand free songs in the same metres, keys, tempos and lengths, and the
pieces themselves. Columns are descriptors of `musicgan.evaluate`, in percent, means over songs; in
brackets the 90% interval of the difference from the pieces.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

import numpy as np

from musicgan.compose.accompany import accompany
from musicgan.compose.like import songs_like
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.styles import bundled_path, bundled_styles
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece
from musicgan.errors import ComposeError
from musicgan.evaluate.bootstrap import mean_interval
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptors
from musicgan.evaluate.endings import ending
from musicgan.midifile import read_midi
from musicgan.score import Key, Score

MEASURED = {
    "chord_share": "beats that form a chord",
    "consonance_share": "consonant pairs",
    "parallel_share": "parallel fifths, octaves",
    "crossing_share": "voices crossed",
}
TOLD = ["onset_tick", "duration_tick", "pitch"]


def main() -> int:
    """Print the table, as markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--style", choices=bundled_styles(), default="chorale")
    parser.add_argument("--songs", type=int, default=24)
    asked = parser.parse_args()
    begin_sec = time.process_time()
    player = open_player(bundled_path(asked.style))
    voice, grid = player.codec.slots[0].name, player.codec.grid
    pieces: list[Piece] = []
    real: list[Score] = []
    made: list[Score] = []
    for piece in Corpus.open(asked.folder, player.codec).pieces("test"):
        score = read_midi(asked.folder / piece.name).snapped(grid)
        settings = Settings(seed=len(made), temperature=0.95)
        with contextlib.suppress(ComposeError):
            made.append(accompany(player, settings, score, track="1", voice=voice))
            real.append(score)
            pieces.append(piece)
        if len(made) == asked.songs:
            break
    free = list(songs_like(player, pieces, critic=None, temperature=0.95))
    kept = np.mean([kept_share(song, score) for song, score in zip(made, real, strict=True)])
    titles = ["melody notes kept", *MEASURED.values(), "end at home"]
    print(f"| {len(real)} songs | {' | '.join(titles)} |\n|---|" + "--:|" * len(titles))
    keys = [piece.key for piece in pieces]
    true = measured(real, keys)
    print(f"| the pieces | | {' | '.join(f'{mean:.1f}' for mean in true.mean(0))} |")
    rows = ("around their melodies", made, f" {kept:.1f}"), ("free", free, "")
    for name, songs, share in rows:
        own = measured(songs, keys)
        cells = [compared(*columns) for columns in zip(own.T, true.T, strict=True)]
        print(f"| {name} |{share} | {' | '.join(cells)} |")
    print(f"\n{time.process_time() - begin_sec:.0f} CPU s", file=sys.stderr)
    return 0


def kept_share(song: Score, piece: Score) -> float:
    """Percent of the melody's notes that the song's first track has, in whatever octave.

    0 where it has more notes or fewer.
    """
    one, other = (
        {tuple(note) for note in score.notes[score.notes["track"] == 0][TOLD].tolist()}
        for score in (song, piece)
    )
    moved = {(on, length, pitch % 12) for on, length, pitch in one}
    if len(one) != len(other):
        return 0.0
    return 100 * float(np.mean([(on, length, pitch % 12) in moved for on, length, pitch in other]))


def measured(songs: list[Score], keys: list[Key]) -> np.ndarray:
    """Percent, [songs, measures]; the last one is whether they end at home."""
    columns = [list(DESCRIPTORS).index(name) for name in MEASURED]
    return np.array(
        [
            [*(100 * descriptors(song)[columns]), 100 * ending(song, key).at_home]
            for song, key in zip(songs, keys, strict=True)
        ]
    )


def compared(own: np.ndarray, true: np.ndarray) -> str:
    """The mean, and the 90% interval of how much it is above the true one."""
    low, high = mean_interval(own - true)
    return f"{own.mean():.1f} [{low:+.1f}, {high:+.1f}]"


if __name__ == "__main__":
    sys.exit(main())
