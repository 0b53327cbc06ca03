"""The same music is recognised: exactly, or nearly and in any key."""

import numpy as np
import pytest

from musicgan.corpus.duplicates import (
    NO_SKETCH,
    exact_groups,
    near_groups,
    nearest_sketches,
    sketch,
    sketch_table,
)
from musicgan.corpus.report import report_score
from musicgan.notes import empty_notes

from .conftest import tune


def varied(score, share, seed=0):
    """`score` with `share` of its notes moved a step or two."""
    notes = score.notes.copy()
    random = np.random.default_rng(seed)
    chosen = random.choice(len(notes), round(share * len(notes)), replace=False)
    notes["pitch"][chosen] += random.integers(1, 3, len(chosen)).astype(np.uint8)
    return score.with_notes(notes)


def groups_of(*scores):
    sketches = sketch_table([sketch(score) for score in scores])
    return near_groups(sketches, np.arange(len(scores))).tolist()


def test_a_sketch_is_the_same_in_every_key():
    score = tune(1, 200)
    assert len({sketch(score.transposed(shift)) for shift in (-5, 0, 7)}) == 1


def test_a_varied_copy_is_near_and_another_tune_is_not():
    one, other = tune(1, 400), tune(2, 400)
    assert groups_of(one, other, varied(one.transposed(3), 0.02)) == [0, 1, 0]


def test_likeness_joins_in_chains():
    start = tune(3, 600)
    chain = [start]
    for seed in range(4):
        chain.append(varied(chain[-1], 0.02, seed))
    assert groups_of(*chain) == [0] * 5


def test_short_pieces_are_never_called_near():
    """Two bars of anything look like two bars of anything else."""
    short = tune(1, 10)
    assert sketch(short) == NO_SKETCH
    assert groups_of(short, short) == [0, 1]
    assert sketch(short.with_notes(empty_notes())) == NO_SKETCH


def test_exact_duplicates_are_the_same_notes_whatever_else_differs():
    score = tune(4)
    louder = score.notes.copy()
    louder["velocity"] += 9
    same = [score, score.with_notes(louder), score.snapped(48)]
    hashes = [report_score("", "", s).notes_sha256 for s in [*same, score.transposed(1)]]
    assert exact_groups(hashes).tolist() == [0, 0, 0, 3]


@pytest.mark.parametrize("count", [2_000])
def test_many_sketches_are_grouped_without_comparing_all_pairs(count):
    """Half of them are copies with a fifth of the sketch changed; no stranger joins."""
    random = np.random.default_rng(0)
    table = random.integers(0, 2**32, (count // 2, 64), dtype=np.uint32)
    copies = table.copy()
    copies[:, ::5] = random.integers(0, 2**32, copies[:, ::5].shape, dtype=np.uint32)
    sketches = [row.astype("<u4").tobytes() for row in np.concatenate([table, copies])]
    labels = near_groups(sketch_table(sketches), np.arange(count))
    assert labels.tolist() == list(range(count // 2)) * 2


def test_the_nearest_sketch_is_found_with_its_likeness_in_any_key():
    one, other, short = tune(1), tune(2), tune(3, 4)
    sketches = [sketch(score) for score in (one.transposed(2), short)]
    found = nearest_sketches(sketches, [sketch(short), sketch(other), sketch(one)])
    assert found == [(2, 1.0), None]
    assert nearest_sketches(sketches, [NO_SKETCH]) == [None, None]
