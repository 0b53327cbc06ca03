"""A path on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class GivenPath(click.Path):
    """A `pathlib.Path`. Empty it would mean the folder where one happens to be, as where a
    variable of a script is not set: that is refused."""

    def __init__(self, **kind: Any) -> None:
        super().__init__(path_type=Path, **kind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, checked. Raises `click.BadParameter`."""
        if value == "":
            self.fail("a path cannot be empty", param, ctx)
        return super().convert(value, param, ctx)
