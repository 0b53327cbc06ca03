"""The small numpy pieces, against arithmetic done the long way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.model.steps import (
    FETCHED,
    FEW,
    LANES,
    SMALL,
    Linear,
    Table,
    gru_hidden,
    gru_input,
    gru_step,
    offsets,
    parts,
    small_parts,
)


def test_offsets_are_where_each_columns_rows_begin():
    assert offsets([3, 5, 2]).tolist() == [0, 3, 8]


def test_parts_lie_one_after_another():
    assert parts([3, 5, 2]) == [slice(0, 3), slice(3, 8), slice(8, 10)]
    assert offsets([4]).tolist() == [0]


def test_a_table_sums_one_row_a_column():
    table = Table(np.arange(20, dtype=np.float32).reshape(10, 2), [3, 5, 2])
    # rows 2, 3 + 4 and 8 + 1
    assert table(np.array([[2, 4, 1], [0, 0, 0]])).tolist() == [[36, 39], [22, 25]]


@pytest.mark.parametrize("size", [(20, 7), (256, 768), (384, 1504)])
@pytest.mark.parametrize("songs", [1, 2, FEW, FEW + 1, 40])
def test_a_product_is_the_same_in_parts_as_whole(songs, size):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((songs, size[0])), rng.standard_normal(size)
    bias = rng.standard_normal(size[1])
    made = Linear(*(a.astype(np.float32) for a in (weight, bias)))(x.astype(np.float32))
    assert made.dtype == np.float32
    assert np.allclose(made, x @ weight + bias, atol=1e-3)


@given(st.integers(1, 2000), st.integers(1, 4000))
def test_parts_of_a_product_are_small_and_cover_it(deep, wide):
    columns = [column for part in small_parts(deep, wide) for column in range(wide)[part]]
    assert columns == list(range(wide))
    widest = max(len(range(wide)[part]) for part in small_parts(deep, wide))
    assert FEW * deep * widest <= SMALL or widest <= LANES


def test_a_gru_step_is_the_published_recurrence():
    rng = np.random.default_rng(0)
    hidden, inputs = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
    weight_ih, bias_ih = rng.normal(size=(4, 9)), rng.normal(size=9)
    weight_hh, bias_hh = rng.normal(size=(3, 9)), rng.normal(size=9)
    x, h = inputs @ weight_ih + bias_ih, hidden @ weight_hh + bias_hh
    reset = 1 / (1 + np.exp(-(h[:, :3] + x[:, :3])))
    update = 1 / (1 + np.exp(-(h[:, 3:6] + x[:, 3:6])))
    new = np.tanh(x[:, 6:] + reset * h[:, 6:])
    wanted = (1 - update) * new + update * hidden
    x = inputs @ gru_input(weight_ih) + gru_input(bias_ih)
    h = hidden @ gru_hidden(weight_hh) + gru_hidden(bias_hh)
    got = gru_step(*(a.astype(np.float32) for a in (hidden, x, h)))
    assert np.allclose(got, wanted, atol=1e-6)


def test_a_gru_step_changes_nothing_it_is_given():
    rng = np.random.default_rng(0)
    given = [rng.normal(size=s).astype(np.float32) for s in ((2, 3), (2, 9), (2, 9))]
    before = [a.copy() for a in given]
    gru_step(*given)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


def test_halving_weights_leaves_the_given_ones_alone():
    weight = np.ones((2, 9), np.float32)
    assert gru_input(weight).sum() == 2 * (6 * 0.5 + 3)
    assert gru_hidden(weight).sum() == 2 * 9 * 0.5
    assert (weight == 1).all()


def test_extreme_gates_do_not_overflow():
    x = np.full((1, 9), 1e4, np.float32)
    zeros = np.zeros((1, 3), np.float32), np.zeros((1, 9), np.float32)
    with np.errstate(all="raise"):
        assert np.array_equal(gru_step(zeros[0], -x, zeros[1]), -np.ones((1, 3)))
        assert np.array_equal(gru_step(zeros[0], x, zeros[1]), np.zeros((1, 3)))


def test_a_table_sums_for_many_songs_what_it_sums_for_few():
    rng = np.random.default_rng(0)
    sizes = (5, 7, 3, 9)
    table = Table(rng.standard_normal((sum(sizes), FETCHED // 16)).astype(np.float32), sizes)
    columns = rng.integers(0, sizes, (2 * 4 + 3, len(sizes)))  # 4 songs at a time
    few = [table(columns[at : at + 1]) for at in range(len(columns))]
    assert np.array_equal(table(columns), np.concatenate(few))
