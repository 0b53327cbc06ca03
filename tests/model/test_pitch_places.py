"""Where a pitch finds its outputs: the same for who plays and who trains."""

import numpy as np
import pytest

from musicgan.codecs.intervals import INTERVALS
from musicgan.model.pitch_places import pitch_places


@pytest.mark.parametrize("looks_back", [False, True])
def test_the_tables_joined_are_the_tables(looks_back):
    """Rows by tonic, or by the pitch below; -1 is the row before pitch 0."""
    places = pitch_places(looks_back)
    assert places.joined[places.begins[0]].tolist() == list(range(128))
    for table, begin in zip(places.by, places.begins[1:], strict=True):
        assert places.joined[begin : begin + len(table) - 1].tolist() == table[:-1].tolist()
        if len(table) == 129:
            assert places.joined[begin - 1].tolist() == table[-1].tolist()


@pytest.mark.parametrize("looks_back", [False, True])
def test_every_output_has_a_place_and_no_place_is_beyond_them(looks_back):
    places = pitch_places(looks_back)
    used = np.unique(np.concatenate([table.ravel() for table in places.by]))
    assert used.min() == 128
    assert used.max() == places.outputs - 1


def test_two_semitones_off_an_echo_are_told_apart():
    begin = 140 + 2 * INTERVALS
    echo = pitch_places(True).by[-1]
    assert (echo[60, 57:64] - begin).tolist() == [5, 0, 1, 2, 3, 4, 5]
    assert (echo[-1] - begin).tolist() == [6] * 128
