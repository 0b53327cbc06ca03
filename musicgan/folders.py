"""Where what is made once is kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "MUSICGAN_CACHE"
STYLES_VARIABLE = "MUSICGAN_STYLES"


def cache_folder(chosen: str | Path | None = None) -> Path:
    """`chosen`, else $MUSICGAN_CACHE, else the platform's cache folder of this user."""
    chosen = chosen if chosen is not None else os.environ.get(CACHE_VARIABLE) or None
    if chosen is not None:
        return Path(chosen).expanduser().resolve()
    return _home("Library/Caches", "XDG_CACHE_HOME", ".cache") / "musicgan"


def styles_folder() -> Path:
    """Where a person's own models are: $MUSICGAN_STYLES, else in the platform's data folder."""
    chosen = os.environ.get(STYLES_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = _home("Library/Application Support", "XDG_DATA_HOME", ".local/share")
    return home / "musicgan" / "styles"


def _home(on_mac: str, variable: str, usual: str) -> Path:
    """The folder of this user for one kind of files, by the custom of the platform."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / on_mac
    return Path(os.environ.get(variable) or Path.home() / usual)
