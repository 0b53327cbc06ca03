#!/usr/bin/env python3
"""Write docs/api.md from the docstrings of `musicgan.api`.

    python scripts/make_api_page.py

The tests fail where the page and the docstrings differ.
"""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from pathlib import Path

from musicgan import api

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"
HEAD = """# musicgan as a library
Made from the docstrings by `python scripts/make_api_page.py`; `docs/quickstart.ipynb` shows it at
work.

"""


def page() -> str:
    """The whole page."""
    parts = [HEAD + said(api)]
    for name in api.__all__:
        thing = getattr(api, name)
        parts.append(section(name, thing, "##"))
        if inspect.isclass(thing):
            parts += [section(f"{name}.{m}", v, "###") for m, v in members(thing)]
    return "\n\n".join(parts) + "\n"


def members(kind: type) -> list[tuple[str, object]]:
    """The public methods and properties of a class, in the order of its source."""
    kinds = (classmethod, staticmethod, property, cached_property)
    return [
        (name, value) for name, value in vars(kind).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))
    ]  # fmt: skip


def section(name: str, thing: object, mark: str) -> str:
    """A heading, how it is called, and its docstring."""
    inner = getattr(thing, "__func__", thing)
    called = f"```python\n{name.split('.')[-1]}{signature(inner)}\n```\n" if callable(inner) else ""
    return f"{mark} {name}\n{called}{said(thing)}"


def signature(thing: object) -> str:
    """Of a function, or of a class's constructor; long ones a line an argument."""
    whole = inspect.signature(thing)  # type: ignore[arg-type]
    shown = [each for name, each in whole.parameters.items() if name not in ("self", "cls")]
    text = re.sub(r"'|\(Slot\(.*?\),\)", lambda m: "" if m[0] == "'" else "(Slot(),)",
                  str(whole.replace(parameters=shown)))  # fmt: skip
    if len(text) < 80:
        return text
    inside, returned = (
        text[1:].rsplit(")", 1) if " -> " not in text else text[1:].rsplit(") -> ", 1)
    )
    lines = re.split(r", (?=\w+:|\*)", inside)
    return "(\n" + "".join(f"    {line},\n" for line in lines) + f") -> {returned or 'None'}"


def said(thing: object) -> str:
    """Its docstring, unindented."""
    inner = getattr(thing, "__func__", getattr(thing, "fget", None) or thing)
    return inspect.cleandoc(inner.__doc__ or "") if hasattr(inner, "__doc__") else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
