"""Where caches live, and the keys that say whether a cached collection is still the same."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

import musicgan
from musicgan.codecs.base import Codec
from musicgan.corpus.store import FORMAT_VERSION
from musicgan.folders import CACHE_VARIABLE

SOURCES = ("*.py", "midifile/*.py", "codecs/*.py", "corpus/*.py")
"""The code that decides what a cache holds: when it changes, caches are made anew."""
STALE_SEC = 24 * 3600


def writable_or_temporary(folder: Path) -> Path:
    """`folder`, made if need be; when it cannot be written, a temporary one until Python exits.

    A warning then says so.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        temporary = Path(tempfile.mkdtemp(prefix="musicgan-"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        warnings.warn(
            f"cache folder {folder} cannot be written ({error.strerror}): working in a "
            f"temporary folder; set {CACHE_VARIABLE} to a writable one to read files only once",
            stacklevel=3,
        )
        return temporary


def remove_stale_work(folder: Path) -> None:
    """Delete what interrupted runs left behind more than a day ago."""
    for left in folder.glob("work-*"):
        try:
            if time.time() - left.stat().st_mtime > STALE_SEC:
                shutil.rmtree(left, ignore_errors=True)
        except OSError:
            continue


def digest(parts: Iterable[object]) -> str:
    """One hash of several JSON-ready things, of which only one is in memory at a time.

    That of their JSON array: models say by it what they have learned from, so it must stay.
    """
    state = hashlib.sha256(b"[")
    for number, part in enumerate(parts):
        state.update((", " if number else "").encode() + json.dumps(part, sort_keys=True).encode())
    state.update(b"]")
    return state.hexdigest()


def codec_key(codec: Codec) -> str:
    """Hash of the codec, its options, the store's format and the code that reads and encodes."""
    return digest([FORMAT_VERSION, codec.name, dict(codec.options()), code_hash(type(codec))])


def code_hash(codec_class: type | None = None) -> str:
    """Hash of the code that reads and encodes, that of a codec from elsewhere included."""
    home = Path(musicgan.__file__).parent
    files = {path for pattern in SOURCES for path in home.glob(pattern)}
    module = sys.modules.get(codec_class.__module__) if codec_class is not None else None
    module_file = getattr(module, "__file__", None)
    if module_file is not None:
        files.add(Path(module_file))
    state = hashlib.sha256()
    for path in sorted(files):
        state.update(path.read_bytes())
    return state.hexdigest()
