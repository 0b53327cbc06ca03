"""What a player sees while it plays: one line, kept up to date, or a plain line now and then."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live

from musicgan.codecs.slots import Slot, as_slots
from musicgan.compose.settings import Settings
from musicgan.compose.write import check_folder
from musicgan.errors import ModelFileError, PortError
from musicgan.live.backends import Backend
from musicgan.live.composer import ComposerOptions
from musicgan.live.display import status_line
from musicgan.live.plan import ticks_per_beat
from musicgan.live.port import PortOptions
from musicgan.live.session import Session
from musicgan.midifile.write import usual_channels
from musicgan.model.file import load_model

PLAIN_EVERY = 8
"""Bars from one plain line to the next."""


def play(
    open_backend: Callable[[], Backend], model: Path, settings: Settings, record: Path | None
) -> None:
    """Stream a model until its song is over, or until SIGINT or SIGTERM.

    Raises `ModelFileError`, `MidiWriteError` where nothing could be recorded before anything is
    played, and `PortError` for whatever else went wrong.
    """
    if record is not None:
        check_folder(record)
    composer, port, metre = prepared(model, settings, record)
    console = Console(stderr=True)
    with _until_signalled() as session_of, Session(open_backend, composer, port) as session:
        session_of.append(session)
        console.print(f"seed {settings.seed}; Ctrl-C stops", highlight=False)
        with _display(console) as live:
            told = -1
            for kind, what in session.events():
                if kind == "error":
                    raise PortError(what)
                if kind == "closed" and what["reason"] not in ("stopped", "finished"):
                    raise PortError(what["reason"])
                if kind not in ("state", "closed") or not what.get("bars"):
                    continue
                line = status_line(what, port.ticks_per_beat, metre)
                if live is not None:
                    live.update(line, refresh=True)
                elif kind == "closed" or what["bars"] // PLAIN_EVERY > told:
                    told = what["bars"] // PLAIN_EVERY
                    console.print(line, highlight=False)


def prepared(
    model: Path, settings: Settings, record: Path | None
) -> tuple[ComposerOptions, PortOptions, tuple[int, int]]:
    """What the two processes are sent, and the metre. Raises `ModelFileError`."""
    meta = load_model(model).metadata
    if meta.get("kind") != "events":
        raise ModelFileError(f"{model}: only models of note tuples (events) can be streamed")
    options = meta["codec"]["options"]
    slots: tuple[Slot, ...] = as_slots(options["slots"])
    channels = usual_channels([slot.is_drum for slot in slots])
    pairs = zip(channels, slots, strict=True)
    programs = {channel: slot.program for channel, slot in pairs if not slot.is_drum}
    numerator, denominator = settings.metre or meta["typical"]["metre"]
    port = PortOptions(
        bpm=settings.tempo_bpm or float(meta["typical"]["bpm"]),
        ticks_per_beat=ticks_per_beat(options["grid"]),
        programs=tuple(programs.items()),
        record=record,
    )
    return ComposerOptions(model, settings, channels), port, (numerator, denominator)


def _display(console: Console) -> AbstractContextManager[Live | None]:
    if sys.stderr.isatty():
        return Live(console=console, auto_refresh=False, transient=False)
    return nullcontext()


class _until_signalled(AbstractContextManager[list[Session]]):
    """SIGINT and SIGTERM stop the sessions that are put into the list."""

    def __enter__(self) -> list[Session]:
        sessions: list[Session] = []

        def stop(number: int, frame: FrameType | None) -> None:
            for session in sessions:
                session.stop()
            if not sessions:
                raise KeyboardInterrupt

        self._old = {asked: signal.signal(asked, stop) for asked in (signal.SIGINT, signal.SIGTERM)}
        return sessions

    def __exit__(self, *error: object) -> None:
        for asked, handler in self._old.items():
            signal.signal(asked, handler)
