"""Notes as columns: the same notes, and snapped alike."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from test_score import notes, score_of

from musicgan.notes import snap_columns, to_columns, to_notes


@given(notes)
def test_columns_and_notes_say_the_same(rows):
    score = score_of(*rows)
    assert np.array_equal(to_notes(to_columns(score.notes)), score.notes)


@given(notes, st.sampled_from([2, 4, 12, 480]))
def test_single_notes_snap_alike_whether_known_to_be_single_or_not(rows, grid):
    # Snapped at a finer resolution first: now no two overlap, and it is known.
    single = snap_columns(to_columns(score_of(*rows).notes), 48, 480)
    assert single.is_single
    known, unknown = (
        snap_columns(columns, 480, grid) for columns in (single, single._replace(is_single=False))
    )
    assert all(np.array_equal(a, b) for a, b in zip(known, unknown, strict=True))
