"""The voice one hears first: how it moves."""

from __future__ import annotations

import numpy as np

from musicgan.score import Score


def top_step_share(score: Score) -> float:
    """Share of steps (1 or 2 semitones) among the top voice's intervals; NaN without any.

    The top voice is the track with the highest mean pitch, drums left out; of notes that it
    begins together the highest counts. The same pitch again is an interval, and no step.
    """
    pitched = [t for t, track in enumerate(score.tracks) if not track.is_drum]
    voices = [score.notes[score.notes["track"] == t] for t in pitched]
    voices = [notes for notes in voices if len(notes)]
    if not voices:
        return float("nan")
    top = max(voices, key=lambda notes: float(notes["pitch"].mean()))
    top = top[np.lexsort((top["pitch"], top["onset_tick"]))]
    line = top["pitch"][np.append(np.diff(top["onset_tick"]) > 0, True)].astype(np.int64)
    size = np.abs(np.diff(line))
    return float(((size == 1) | (size == 2)).mean()) if len(size) else float("nan")
