"""Single lines as note tuples, for the measures that look at runs of notes."""

import numpy as np
from hypothesis import strategies as st


def song(*pitches, wait=1, duration=1, voice=0):
    """One voice, evenly spaced."""
    return np.array([(wait, voice, pitch, duration, 0) for pitch in pitches], np.int64)


A = song(60, 62, 64, 65, 67)
RISING = song(40, 41, 42, 43, 44)

songs_of = st.lists(
    st.lists(st.integers(60, 63), min_size=1, max_size=8).map(lambda line: song(*line)),
    min_size=2,
    max_size=5,
).filter(lambda songs: max(map(len, songs)) >= 4)
