"""Codecs: Score <-> sequence. Built-in ones by name; third parties' by entry point.

A package of yours adds a codec without touching this one. Write a class that keeps
`musicgan.codecs.base.Codec`, prove it with `musicgan.codecs.laws.check_codec`, and name it in
your setup.cfg:

    # my_package/codecs.py
    class SolfegeCodec:
        name = "solfege"

        def __init__(self, grid: int = 4) -> None:
            self.grid = grid

        ...  # options, normalized, encode, decode

    # setup.cfg
    [options.entry_points]
    musicgan.codecs =
        solfege = my_package.codecs:SolfegeCodec

After `pip install .` it answers to `get_codec("solfege", grid=12)`, and to that name wherever
musicgan asks for a codec.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from musicgan.codecs.base import Codec
from musicgan.errors import CodecError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Codec", "codec_names", "get_codec"]

ENTRY_POINT_GROUP = "musicgan.codecs"

# Named here as well as in the metadata, so that a source tree on the path works uninstalled.
_BUILT_IN = {
    "events": ("musicgan.codecs.events", "EventsCodec"),
    "pianoroll": ("musicgan.codecs.pianoroll", "PianorollCodec"),
}


def codec_names() -> list[str]:
    """Every name `get_codec` knows, sorted. Loads no codec."""
    return sorted({*_BUILT_IN, *_entry_points()})


def get_codec(name: str, **options: Any) -> Codec:
    """The codec registered as `name`, made with `options`; the class is imported only now.

    Raises `CodecError` for an unknown name, an entry point that does not load, or options the
    codec does not have or does not accept.
    """
    make = _maker(name)
    try:
        signature = inspect.signature(make)
    except ValueError:  # a class written in C may not tell
        return make(**options)
    try:
        signature.bind(**options)
    except TypeError as error:
        choices = ", ".join(signature.parameters) or "none"
        raise CodecError(f"codec {name!r}: {error}; its options are: {choices}") from error
    return make(**options)


def _maker(name: str) -> Callable[..., Codec]:
    if name in _BUILT_IN:
        module, attribute = _BUILT_IN[name]
        return cast("Callable[..., Codec]", getattr(import_module(module), attribute))
    point = _entry_points().get(name)
    if point is None:
        choices = ", ".join(codec_names())
        raise CodecError(f"no codec is called {name!r}; choose one of: {choices}")
    try:
        return cast("Callable[..., Codec]", point.load())
    except Exception as error:  # third-party code: anything can come out of it
        package = point.dist.name if point.dist is not None else point.value
        raise CodecError(
            f"codec {name!r} of package {package!r} does not load ({error}); "
            f"repair or uninstall {package!r}"
        ) from error


def _entry_points() -> dict[str, EntryPoint]:
    """Entry points by name, built-in names left out; of two with one name the first found."""
    from importlib.metadata import entry_points  # slow to import, seldom needed

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.name not in _BUILT_IN:
            found.setdefault(point.name, point)
    return found
