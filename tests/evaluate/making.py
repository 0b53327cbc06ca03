"""Small music for the tests of evaluating: choirs, in files or not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musicgan.midifile import write_midi
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Score, Track

VOICES = ("soprano", "alto", "tenor", "bass")
MIDDLE = (79, 69, 58, 46)


def choir(
    seed: int, beats: int = 40, order: Sequence[int] = (0, 1, 2, 3), names: Sequence[str] = VOICES
) -> Score:
    """Four voices that walk in quarters; `order` is that of the tracks in the file."""
    rng = np.random.default_rng(seed)
    walks = np.clip(np.cumsum(rng.integers(-2, 3, (4, beats)), 1), -5, 5).tolist()
    notes = [
        (beat * 480, 480, MIDDLE[voice] + step, 70, place)
        for place, voice in enumerate(order)
        for beat, step in enumerate(walks[voice])
    ]
    tracks = tuple(Track(names[voice], 52) for voice in order)
    return Score(sort_notes(np.array(notes, NOTE)), tracks)


def one_track(score: Score) -> Score:
    """The same notes in a single track, as other programs write them."""
    notes = score.notes.copy()
    notes["track"] = 0
    return Score(sort_notes(notes), (Track("piano"),), ticks_per_beat=score.ticks_per_beat)


def folder_of(scores: Sequence[Score], folder: Path) -> Path:
    """The scores as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, score in enumerate(scores):
        write_midi(score, folder / f"{number:02}.mid")
    return folder
