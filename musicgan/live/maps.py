"""Map files: which CC moves what, as lines `name = number` below `[cc]`, a little of TOML.

So little that it is read here: Python 3.10 has no reader of TOML, and one way of reading is the
same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from musicgan.errors import MapError
from musicgan.live.controls import CONTROLS, DEFAULT_MAP, LAST_CC
from musicgan.midifile.write import write_whole

LINE = re.compile(r"(\w+)\s*=\s*([+-]?[0-9]+)", re.ASCII)


def read_map(path: Path) -> dict[int, str]:
    """CC -> control. A control the file does not name has no CC.

    A file that is not there yet gives `DEFAULT_MAP`: it may be written when something was learned.
    Raises `MapError` for what cannot be read, and for a folder that does not exist.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if path.parent.is_dir():
            return dict(DEFAULT_MAP)
        raise MapError(
            f"{path}: the folder {path.parent} does not exist; create it first"
        ) from None
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MapError(f"{path}: is not text in UTF-8") from None
    return _parsed(text, path)


def write_map(path: Path, map: Mapping[int, str]) -> None:
    """Write the file anew, whole or not at all, comments of others lost. Raises `MapError`."""
    numbers = {name: cc for cc, name in map.items()}
    known = [control for control in CONTROLS.values() if control.name in numbers]
    lines = [f"{control.name} = {numbers[control.name]}  # {control.help}" for control in known]
    try:
        write_whole(path, ("\n".join(["[cc]", *lines]) + "\n").encode())
    except OSError as error:
        raise MapError(f"{path}: cannot be written: {error.strerror}") from None


def _parsed(text: str, path: Path) -> dict[int, str]:
    map: dict[int, str] = {}
    is_in_table = False
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        if not is_in_table:
            if line != "[cc]":
                raise MapError(f"{path}, line {number}: {line!r}: the file begins with [cc]")
            is_in_table = True
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise MapError(
                f"{path}, line {number}: {line!r}: write a control and its CC, such as density = 71"
            )
        name, cc = match[1], int(match[2])
        fault = _fault(name, cc, map)
        if fault:
            raise MapError(f"{path}, line {number}: {fault}")
        map[cc] = name
    return map


def _fault(name: str, cc: int, map: Mapping[int, str]) -> str:
    """What is wrong with one more line, if anything is."""
    if name not in CONTROLS:
        return f"unknown control {name!r}: there are {', '.join(CONTROLS)}"
    if not 0 <= cc <= LAST_CC:
        return f"{name} = {cc} is out of range: from 0 to {LAST_CC}"
    if cc in map:
        return f"CC {cc} is given to both {map[cc]} and {name}; give each its own"
    if name in map.values():
        return f"{name} is given twice; one CC is enough"
    return ""
