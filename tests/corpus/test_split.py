"""Train, valid and test: by content, stable, likes together."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.corpus.split import split
from musicgan.errors import CorpusError


def hashes(count, start=0):
    return [hashlib.sha256(str(i).encode()).hexdigest() for i in range(start, start + count)]


def test_shares_are_kept():
    parts = split(hashes(5000), np.arange(5000))
    assert np.bincount(parts) / 5000 == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_growing_moves_no_piece():
    few = split(hashes(200), np.arange(200))
    many = split(hashes(300), np.arange(300))
    assert (many[:200] == few).all()


@given(st.lists(st.integers(0, 6), min_size=3, max_size=40).filter(lambda g: len(set(g)) >= 3))
def test_a_group_is_on_one_side_and_no_part_is_empty(groups):
    labels = np.array(groups)
    parts = split(hashes(len(groups)), labels)
    assert set(parts.tolist()) == {0, 1, 2}
    for label in set(groups):
        assert len(set(parts[labels == label].tolist())) == 1


@pytest.mark.parametrize(("count", "least"), [(3, 1), (19, 1), (20, 2), (30, 3), (40, 4), (60, 4)])
def test_no_part_of_a_small_collection_is_left_to_chance(count, least):
    """Of 40 pieces one in twelve collections would have but one held out, or none."""
    for start in range(0, 3000, 100):
        parts = np.bincount(split(hashes(count, start), np.arange(count)))
        assert parts[1:].min() >= least
        assert parts[0] > count // 2 or count == 3


@given(st.permutations(range(12)))
def test_the_order_of_files_does_not_matter(order):
    contents = hashes(12)
    parts = split(contents, np.arange(12))
    shuffled = split([contents[i] for i in order], np.array(order))
    assert shuffled.tolist() == parts[list(order)].tolist()


def test_fewer_than_three_pieces_cannot_be_split():
    with pytest.raises(CorpusError, match="too few to split"):
        split(hashes(4), np.array([0, 0, 1, 1]))
