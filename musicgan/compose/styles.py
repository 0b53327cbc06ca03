"""Styles by name: the models that come with the package, and a person's own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgan.errors import ModelFileError
from musicgan.folders import styles_folder
from musicgan.model.file import read_metadata

BUNDLED = Path(__file__).parent.parent / "bundled"
SUFFIX = ".safetensors"
LONGEST_NAME = 60
"""Files beside a model are called so and more; disks have 255 bytes for a name."""


@dataclass(frozen=True)
class Style:
    """One model that can be played by its name."""

    name: str
    path: Path
    is_own: bool
    metadata: Mapping[str, Any]


def bundled_styles() -> list[str]:
    """Names of the models that come with the package."""
    return _names(BUNDLED)


def bundled_path(style: str) -> Path:
    """The file of a bundled model. Raises `ModelFileError` listing the choices."""
    return _found(style, BUNDLED)


def own_styles() -> list[str]:
    """Names of the models in `folders.styles_folder`."""
    return _names(styles_folder())


def own_path(name: str) -> Path:
    """The file, there or not, of an own model of this name. Raises `ModelFileError`."""
    if not re.fullmatch(r"\w[\w.-]*", name) or len(name.encode()) > LONGEST_NAME:
        raise ModelFileError(
            f"style {name!r}: a name is letters, digits, '-', '_' and '.', {LONGEST_NAME} bytes "
            "at most, such as my-style"
        )
    path = styles_folder() / f"{name}{SUFFIX}"
    # One that was there before musicgan came with that name stays its owner's.
    if name in bundled_styles() and not path.exists():
        raise ModelFileError(f"style {name!r} comes with musicgan: choose another name")
    return path


def run_folder(model: Path) -> Path:
    """Where the training of a model file keeps its checkpoint and logs."""
    return model.with_name(model.name + ".run")


def style_path(style: str) -> Path:
    """The file of an own or bundled model. Raises `ModelFileError` listing the choices."""
    return _found(style, styles_folder(), BUNDLED)


def all_styles() -> list[Style]:
    """The bundled models, then a person's own; files that are no models are passed over."""
    found = []
    for folder in (BUNDLED, styles_folder()):
        for name in _names(folder):
            path = folder / f"{name}{SUFFIX}"
            with suppress(ModelFileError):
                found.append(Style(name, path, folder != BUNDLED, read_metadata(path)))
    return found


def remove_style(name: str) -> list[Path]:
    """Delete an own model and what its training left beside it; what was deleted.

    Raises `ModelFileError` for a bundled or unknown one, and when a file cannot be deleted.
    """
    path = own_path(name)
    there = [some for some in (path, run_folder(path)) if os.path.lexists(some)]
    if not there:
        _found(name, styles_folder())
    for some in there:
        try:
            is_folder = some.is_dir() and not some.is_symlink()
            shutil.rmtree(some) if is_folder else some.unlink()
        except OSError as error:
            reason = error.strerror or error
            raise ModelFileError(f"{some}: cannot be deleted: {reason}") from None
    return there


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))


def _found(style: str, *folders: Path) -> Path:
    for folder in folders:
        if style in _names(folder):
            return folder / f"{style}{SUFFIX}"
    names = sorted({name for folder in folders for name in _names(folder)})
    choices = f"choose one of {', '.join(names)}" if names else "there are none yet"
    if style.endswith(SUFFIX):
        choices += "; a file is given as a model, with --model"
    raise ModelFileError(f"style {style!r}: {choices}")
