"""Checkpoints: a nested dict of tensors, arrays and JSON values in one safetensors file.

Nothing is pickled. A file is written beside its place and moved there, so that a kill at any
moment leaves the last whole one.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from musicgan.errors import CheckpointError

FORMAT = "musicgan-checkpoint-1"


def save_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write `state` to `path` atomically. Raises `CheckpointError` when the disk says no."""
    arrays: dict[str, NDArray[Any]] = {}
    tree = _flatten(state, arrays)
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Saved as tensors, hundreds of them take four times as long: each is asked whether it
        # shares its memory with another.
        save_file(arrays, beside, metadata={"format": FORMAT, "tree": json.dumps(tree)})
        with beside.open("rb+") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise CheckpointError(f"{path}: the checkpoint cannot be written: {error}") from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The state saved at `path`. Raises `CheckpointError` for a missing or foreign file."""
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no checkpoint to resume from")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise CheckpointError(f"{path}: not a checkpoint of this version ({FORMAT})")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        state = _unflatten(json.loads(metadata["tree"]), tensors)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: the checkpoint cannot be read: {error}") from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path}: the checkpoint cannot be read: {error!r}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path}: the checkpoint cannot be read: it holds no state")
    return state


def _flatten(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """`value` as JSON, its tensors put aside under running numbers: keys may hold anything."""
    name = str(len(arrays))
    if isinstance(value, torch.Tensor):
        arrays[name] = np.asarray(value.numpy(force=True), order="C")
        return {"tensor": name}
    if isinstance(value, np.ndarray):
        arrays[name] = np.asarray(value, order="C")
        return {"array": name}
    if isinstance(value, Mapping):
        return {"dict": [[key, _flatten(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {"list": [_flatten(item, arrays) for item in value]}
    return {"json": value}


def _unflatten(node: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    ((kind, value),) = node.items()
    if kind == "tensor":
        return tensors[value]
    if kind == "array":
        return tensors[value].numpy()
    if kind == "dict":
        return {key: _unflatten(item, tensors) for key, item in value}
    if kind == "list":
        return [_unflatten(item, tensors) for item in value]
    return value
