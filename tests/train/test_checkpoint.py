"""Checkpoints: what comes back, what a kill leaves, and what is refused."""

import fcntl
import math
import os
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from musicgan.errors import CheckpointError
from musicgan.train import checkpoint
from musicgan.train.checkpoint import load_checkpoint, save_checkpoint
from musicgan.train.optimizer import AdamW


def same(one, other) -> bool:
    """Equal in value and in kind: a tensor is no array, and an array no list."""
    if isinstance(one, torch.Tensor):
        return (
            isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
        )
    if isinstance(one, np.ndarray):
        return (
            isinstance(other, np.ndarray) and one.dtype == other.dtype
            and one.shape == other.shape and np.array_equal(one, other)
        )  # fmt: skip
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def test_a_nested_state_comes_back_as_it_was(tmp_path):
    state = {
        "weights": {"a.b": torch.arange(6.0).view(2, 3), "flag": torch.tensor([True, False])},
        0: {1: torch.tensor(3), "scalar": np.array(2.5), "counts": np.arange(4, dtype=np.int16)},
        "nothing": None,
        "mixed": [1, "two", None, torch.zeros(0), [np.zeros((2, 0))], {"deep": 1e-300}],
        "transposed": torch.arange(6).view(2, 3).T,
        "infinite": math.inf,
        "big": 2**127 + 1,
        "empty": {},
    }
    save_checkpoint(state, tmp_path / "new folder" / "c.safetensors")
    assert same(load_checkpoint(tmp_path / "new folder" / "c.safetensors"), state)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=4),
    st.lists(st.integers(-99, 99), max_size=3).map(torch.tensor),
    st.lists(st.integers(-99, 99), max_size=3).map(np.array),
)  # fmt: skip
KEYS = st.one_of(st.integers(0, 3), st.sampled_from(["0", "a", "a/b", "b", "/", ""]))
TREES = st.recursive(
    LEAVES,
    lambda t: st.one_of(st.lists(t, max_size=3), st.dictionaries(KEYS, t, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_any_tree_comes_back_as_it_was(tmp_path_factory, state):
    path = tmp_path_factory.mktemp("tree") / "c.safetensors"
    save_checkpoint(state, path)
    assert same(load_checkpoint(path), state)


def test_keys_that_look_alike_do_not_overwrite_each_other(tmp_path):
    state = {"a/b": torch.tensor(1), "a": {"b": torch.tensor(2)}, 1: torch.tensor(3)}
    state["1"] = torch.tensor(4)
    save_checkpoint(state, tmp_path / "c")
    assert same(load_checkpoint(tmp_path / "c"), state)


def test_an_optimiser_and_a_random_generator_go_on_from_what_comes_back(tmp_path):
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = AdamW([weight], 0.1)
    weight.sum().backward()
    optimizer.step()
    rng = np.random.default_rng(5)
    state = {"optimizer": optimizer.state_dict(), "rng": rng.bit_generator.state}
    save_checkpoint(state, tmp_path / "c")
    back = load_checkpoint(tmp_path / "c")

    other = AdamW([weight.detach().clone().requires_grad_()], 0.1)
    other.load_state_dict(back["optimizer"])
    other.param_groups[0]["params"][0].grad = weight.grad.clone()
    optimizer.step(), other.step()
    assert torch.equal(other.param_groups[0]["params"][0], weight)
    again = np.random.default_rng(0)
    again.bit_generator.state = back["rng"]
    assert again.integers(1 << 60) == rng.integers(1 << 60)


def test_what_was_saved_does_not_change_with_the_live_tensor(tmp_path):
    live = torch.zeros(2)
    save_checkpoint({"x": live}, tmp_path / "c")
    live += 1
    assert load_checkpoint(tmp_path / "c")["x"].tolist() == [0, 0]


@pytest.mark.parametrize("when", ["before writing", "halfway", "before moving"])
def test_a_failed_write_leaves_the_old_checkpoint_and_no_litter(tmp_path, monkeypatch, when):
    path = tmp_path / "c.safetensors"
    save_checkpoint({"step": 1}, path)

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    def write_half(tensors, target, metadata):
        target.write_bytes(b"half a checkp")
        fail()

    if when == "before moving":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(checkpoint, "save_file", write_half if when == "halfway" else fail)
    with pytest.raises(CheckpointError, match=r"c\.safetensors: .* No space left on device"):
        save_checkpoint({"step": 2}, path)
    assert load_checkpoint(path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["c.safetensors"]


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match="cannot be written") as caught:
        save_checkpoint({}, tmp_path / "file" / "c.safetensors")
    assert "\n" not in str(caught.value)


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="there is no checkpoint to resume from"):
        load_checkpoint(tmp_path / "none.safetensors")


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "c"
    save_checkpoint({"weights": torch.arange(40.0), "step": 3}, path)
    whole = path.read_bytes()
    for length in {0, 1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="the checkpoint cannot be read"):
            load_checkpoint(path)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "c"
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint of this version"):
        load_checkpoint(path)
    path.write_bytes(b"MThd and so on, no safetensors at all")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "tree",
    [None, "{not JSON", '{"dict": [["x", {"tensor": "missing"}]]}', "[]", "{}", '{"json": 3}'],
)
def test_a_damaged_description_is_refused(tmp_path, tree):
    metadata = {"format": checkpoint.FORMAT} | ({"tree": tree} if tree is not None else {})
    save_file({"there": torch.zeros(1)}, tmp_path / "c", metadata=metadata)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(tmp_path / "c")


def test_nothing_is_ever_pickled(tmp_path, monkeypatch):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("it was unpickled",)

    with pytest.raises(TypeError):
        save_checkpoint({"x": Trap()}, tmp_path / "c")
    (tmp_path / "c").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "c")
    torch.save({"x": torch.zeros(1)}, tmp_path / "c")
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "c")


def test_it_is_synced_as_windows_wants_it(tmp_path, monkeypatch):
    """There what is only read cannot be."""
    synced = []

    def fsync(number):
        assert fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        synced.append(number)

    monkeypatch.setattr(os, "fsync", fsync)
    save_checkpoint({"a": 1}, tmp_path / "checkpoint.safetensors")
    assert synced
