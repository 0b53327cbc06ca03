"""musicgan: a recurrent GAN for music, from MIDI files to songs and live playing.

    import musicgan

    song = musicgan.load_model("fiddle").compose(bars=32, form="AABB", seed=7)
    musicgan.write_midi(song, "tune.mid")

What `musicgan.api` has is found here, too, and loaded when it is first asked for: a command that
needs none of it starts at once.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musicgan.api import (
        Corpus,
        EventsCodec,
        PianorollCodec,
        Player,
        Score,
        compose,
        load_model,
        read_midi,
        styles,
        train,
        write_midi,
    )

__version__ = "0.1.0"
__all__ = [
    "Corpus", "EventsCodec", "PianorollCodec", "Player", "Score", "compose", "load_model",
    "read_midi", "styles", "train", "write_midi",
]  # fmt: skip


def _api(name: str) -> Any:
    __import__("musicgan.api")
    return getattr(sys.modules["musicgan.api"], name)


def __getattr__(name: str) -> Any:
    if name in __all__:
        return _api(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class CallablePackage(ModuleType):
    """A package with the name of a function of the library, which calling it calls.

    Importing `musicgan.train.options` puts the package in the place of `musicgan.train`; whoever
    wants the function finds it there all the same.
    """

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the function of `musicgan.api` returns and raises."""
        return _api(self.__name__.rpartition(".")[2])(*given, **named)
