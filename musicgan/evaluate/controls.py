"""Music that is wrong on purpose: what a measure that is any good tells from real music.

Each spoils real pieces in one way. A measure that cannot tell a control from the real thing says
so in `Measure.blind_to`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import PITCH, VOICE, WAIT
from musicgan.evaluate.music_set import MusicSet, thinned

SHUFFLED_PITCHES = "shuffled pitches"
SHUFFLED_ONSETS = "shuffled onsets"
REPEATED = "eight songs repeated"
COPIES = "training copies"
CONSTANT = "one constant note"

MIDDLE_C = 60
EIGHT = 8


def shuffled_pitches(rows: Rows, rng: np.random.Generator) -> Rows:
    """Each voice keeps its rhythm and its pitches, in another order: melody and harmony go."""
    rows = rows.copy()
    for voice in np.unique(rows[:, VOICE]):
        mine = rows[:, VOICE] == voice
        rows[mine, PITCH] = rng.permutation(rows[mine, PITCH])
    return rows


def shuffled_onsets(rows: Rows, rng: np.random.Generator) -> Rows:
    """The waits between notes in another order: the notes stay, when they sound is chance."""
    rows = rows.copy()
    rows[:, WAIT] = rng.permutation(rows[:, WAIT])
    return rows


def one_constant_note(rows: Rows, rng: np.random.Generator) -> Rows:
    """As many notes, each a step after the other, all of one voice and all middle C."""
    rows = rows.copy()
    rows[:, [WAIT, VOICE, PITCH]] = 1, 0, MIDDLE_C
    return rows


def spoiled(
    real: MusicSet, spoil: Callable[[Rows, np.random.Generator], Rows], rng: np.random.Generator
) -> MusicSet:
    """The pieces of a set, each spoiled as a whole."""
    scores = [
        real.codec.decode(spoil(rows, rng), like=score)
        for rows, score in zip(real.rows, real.scores, strict=True)
    ]
    return MusicSet.of(real.names, scores, real.codec, _length(real))


def repeated_songs(real: MusicSet, rng: np.random.Generator) -> MusicSet:
    """Eight pieces of the set, drawn at random, over and over: as many pieces, no variety."""
    chosen = np.resize(rng.permutation(len(real.names))[:EIGHT], len(real.names))
    scores = [real.scores[i] for i in chosen]
    return MusicSet.of([real.names[i] for i in chosen], scores, real.codec, _length(real))


def _length(real: MusicSet) -> int:
    return max(len(window) for window in real.windows)


def control_sets(
    real: MusicSet, training: MusicSet | None = None, seed: int = 0
) -> dict[str, MusicSet]:
    """Each negative control by name, made of a real set; copies only with training pieces."""
    rng = np.random.default_rng(seed)
    made = {
        SHUFFLED_PITCHES: spoiled(real, shuffled_pitches, rng),
        SHUFFLED_ONSETS: spoiled(real, shuffled_onsets, rng),
        REPEATED: repeated_songs(real, rng),
        CONSTANT: spoiled(real, one_constant_note, rng),
    }
    if training is not None:
        made[COPIES] = thinned(training, len(real.windows), rng)
    return made
