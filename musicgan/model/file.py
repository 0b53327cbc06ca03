"""A model is ONE safetensors file: weights of generator and critic, and JSON metadata.

Nothing is ever unpickled. A file says what it is; anything else is refused by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from musicgan.errors import CodecError, ModelFileError
from musicgan.model.steps import Floats

FORMAT = "musicgan-model"
VERSION = 2


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    `metadata` keys: `kind` ("events" or "frames"), `codec` (name and options), `config` (network
    sizes), `voices` (pitch ranges, which play one note at a time), `typical` (habits, as
    `train.options.typical` has them), `music` (how many pieces), `options` (all settings of its
    training), `style`, `licence`, `manifest` (hash of the training data), `seed`, `steps`,
    `metrics`. Models of earlier versions have no `music` and `options`.
    """

    weights: Mapping[str, Floats]
    """Names `generator.*` and, where there are such, `critic.*` and `posterior.*`."""
    metadata: Mapping[str, Any]
    digest: str = field(default="", compare=False)
    """First 12 hexadecimal digits of the file's sha256."""

    def part(self, name: str) -> dict[str, Floats]:
        """The weights of "generator", "critic" or "posterior", bare of it; empty if absent."""
        prefix = name + "."
        return {k[len(prefix) :]: v for k, v in self.weights.items() if k.startswith(prefix)}


def save_model(model: ModelFile, path: Path) -> None:
    """Write `model` to `path` atomically; same model, same bytes.

    Raises `ModelFileError` if the path cannot be written.
    """
    tensors = {name: np.ascontiguousarray(value) for name, value in model.weights.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "model": json.dumps(model.metadata, sort_keys=True),
    }
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(_ordered(save(tensors, metadata)))
        beside.replace(path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise ModelFileError(f"{path}: the model cannot be written: {error}") from error


def _ordered(data: bytes) -> bytes:
    """The same safetensors file with its metadata in order: the library's order is random."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format wants tensors aligned
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def load_model(path: Path) -> ModelFile:
    """Read a model file. Raises `ModelFileError`: missing, truncated, foreign, newer version."""
    with _opened(path) as file:
        metadata = _metadata(path, file)
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return ModelFile(weights, metadata, digest)


def read_metadata(path: Path) -> dict[str, Any]:
    """What a model file says of itself, its weights unread. Raises as `load_model` does."""
    with _opened(path) as file:
        return _metadata(path, file)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise ModelFileError(f"{path}: there is no such model file")
    try:
        with safe_open(path, framework="np") as file:
            yield file
    except (OSError, SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: not a whole model file: {error}") from error


@contextmanager
def understood(name: Path | str) -> Iterator[None]:
    """Within it what the model of a `name` says is made use of; `ModelFileError` where it fails."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, CodecError) as error:
        raise ModelFileError(f"{name}: the model's description is damaged: {error!r}") from error


def _metadata(path: Path, file: Any) -> dict[str, Any]:
    header = file.metadata() or {}
    if header.get("format") != FORMAT:
        raise ModelFileError(f"{path}: a safetensors file, but not a musicgan model")
    if header.get("version") != str(VERSION):
        raise ModelFileError(
            f"{path}: model format {header.get('version')}; this musicgan reads "
            f"{VERSION}: update musicgan or train the model anew"
        )
    metadata = json.loads(header["model"])
    if not isinstance(metadata, dict):
        raise ValueError("it describes no model")
    return metadata
