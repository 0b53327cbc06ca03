"""Which port is meant by a name typed loosely."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from musicgan.errors import PortError


def match(asked: str, names: Sequence[str]) -> str:
    """The port meant by `asked`: its name, a pattern, or a part of it, in any case.

    Raises `PortError` that lists the choices where none or several are meant.
    """
    wanted = asked.lower()
    for rule in (
        lambda name: name == wanted,
        lambda name: fnmatch.fnmatchcase(name, wanted),
        lambda name: wanted in name,
    ):
        found = [name for name in names if rule(name.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            raise PortError(f"port {asked!r} could be {', '.join(map(repr, found))}: say more")
    choices = ", ".join(map(repr, names)) or "there are none"
    raise PortError(f"port {asked!r} is not there; choose one of: {choices}")
