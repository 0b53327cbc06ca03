"""One run at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from musicgan.errors import CheckpointError

HALVES = (".*.part", ".*.tmp", ".tmp*")
"""Files on their way to their place: ours, and those that safetensors writes."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made if need be; a process that is killed lets go of it.

    What such a process left half written there is removed, and so is a folder in which nothing
    came about. Raises `CheckpointError` when another run holds it, or it cannot be written.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise CheckpointError(
            f"{folder}: another run is at work there: wait for its end, or give another name"
        ) from None
    except OSError as error:
        raise CheckpointError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        for left in [path for half in HALVES for path in folder.glob(half)]:
            with suppress(OSError):
                left.unlink()
        yield
    finally:
        is_bare = is_new and [path.name for path in folder.glob("*")] == ["lock"]
        if is_bare:  # nothing came of it
            with suppress(OSError):
                (folder / "lock").unlink()
        lock.release()
        if is_bare:
            with suppress(OSError):
                folder.rmdir()
