"""Where what is made once is kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "MUSICGAN_CACHE"


def cache_folder(chosen: str | Path | None = None) -> Path:
    """`chosen`, else $MUSICGAN_CACHE, else the platform's cache folder of this user."""
    if chosen is not None:
        return Path(chosen).expanduser().resolve()
    variable = os.environ.get(CACHE_VARIABLE)
    if variable:
        return Path(variable).expanduser().resolve()
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "musicgan"
