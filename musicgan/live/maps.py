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

LINE = re.compile(r"\s*(\w+)\s*=\s*([+-]?[0-9]+)\s*(?:#.*)?", re.ASCII)


def read_map(path: Path) -> dict[int, str]:
    """CC -> control. A control the file does not name has no CC.

    A file that is not there yet gives `DEFAULT_MAP`: it may be written when something was learned.
    Raises `MapError` for what cannot be read, and for a folder that does not exist.
    """
    text = _text(path)
    if text is not None:
        return _parsed(text, path)
    if path.parent.is_dir():
        return dict(DEFAULT_MAP)
    raise MapError(f"{path}: the folder {path.parent} does not exist; create it first")


def write_map(path: Path, map: Mapping[int, str]) -> None:
    """Write what is new into the file, whole or not at all; all else in it stays as it is.

    The line of a control that has no CC any more becomes a comment. Raises `MapError`.
    """
    numbers = {name: cc for cc, name in map.items()}
    text = _text(path) or "[cc]"
    lines = [_anew(line, numbers) for line in text.splitlines()]
    named = {match[1] for line in lines if (match := LINE.fullmatch(line))}
    if "[cc]" not in {_code(line) for line in lines}:
        lines.append("[cc]")
    for control in CONTROLS.values():
        if control.name in numbers and control.name not in named:
            lines.append(f"{control.name} = {numbers[control.name]}  # {control.help}")
    end = "\r\n" if "\r\n" in text else "\n"
    try:
        write_whole(path, "".join(line + end for line in lines).encode())
    except OSError as error:
        raise MapError(f"{path}: cannot be written: {error.strerror}") from None


def _text(path: Path) -> str | None:
    """What the file says; None where there is none. Raises `MapError`."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise MapError(f"{path}: is not text in UTF-8") from None


def _code(line: str) -> str:
    return line.partition("#")[0].strip()


def _anew(line: str, numbers: Mapping[str, int]) -> str:
    """A line with the CC that its control has now."""
    match = LINE.fullmatch(line)
    if match is None:
        return line
    if match[1] not in numbers:
        return f"# {line}"
    begin, end = match.span(2)
    return f"{line[:begin]}{numbers[match[1]]}{line[end:]}"


def _parsed(text: str, path: Path) -> dict[int, str]:
    map: dict[int, str] = {}
    is_in_table = False
    for number, raw in enumerate(text.splitlines(), 1):
        line = _code(raw)
        if not line:
            continue
        if not is_in_table:
            if line != "[cc]":
                raise MapError(f"{path}, line {number}: {line!r}: the file begins with [cc]")
            is_in_table = True
            continue
        match = LINE.fullmatch(raw)
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
