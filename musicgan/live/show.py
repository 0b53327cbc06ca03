"""Streaming as a whole, as whoever typed it sees it: sessions, signals, keys, a display."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.live import Live

from musicgan.codecs.slots import Slot, as_slots
from musicgan.compose.player import USUAL_CRITIC
from musicgan.compose.settings import Settings
from musicgan.compose.write import check_folder
from musicgan.errors import ModelFileError, PortError
from musicgan.live.composer import ComposerOptions
from musicgan.live.controls import DEFAULT_MAP
from musicgan.live.display import panel, status_line
from musicgan.live.keys import keys_to
from musicgan.live.maps import read_map, write_map
from musicgan.live.options import PortOptions
from musicgan.live.plan import ticks_per_beat
from musicgan.live.session import Session
from musicgan.midifile.write import usual_channels
from musicgan.model.file import load_model
from musicgan.timing import bar_length_step

PLAIN_EVERY = 8
"""Bars from one plain line to the next."""


@dataclass(frozen=True)
class StreamOptions:
    """What can be asked of a stream besides the song; see `port.PortOptions`."""

    endless: bool = True
    record: Path | None = None
    lookahead_sec: float = 1.0
    clock: str = "internal"
    clock_out: bool = False
    input: str | None = None
    duet: str | None = None
    thru: bool = False
    map: Path | None = None
    """TOML file of the CCs; learned ones are written back to it."""
    channels: Sequence[int] | None = None
    """The MIDI channel, 0 to 15, of each voice, or one for all; None: a channel each."""


def play(session: Session, model: Path, settings: Settings, asked: StreamOptions) -> None:
    """Stream a model in a session until its song is over, or until SIGINT or SIGTERM.

    Raises `ModelFileError`, `MapError` and, where nothing could be recorded, `MidiWriteError`
    before anything is played, and `PortError` for whatever else went wrong.
    """
    if asked.record is not None:
        check_folder(asked.record)
    composer, port, metre = prepared(model, settings, asked)
    console = Console(stderr=True)
    with (
        _until_signalled() as sessions,
        keys_to(session.press),
    ):
        session.begin(composer, port)
        sessions.append(session)
        console.print(f"seed {settings.seed}; Ctrl-C stops", highlight=False)
        with _display(console) as live:
            last = _follow(session, port, metre, console, live)
    if asked.map is not None and last.get("cc_map", port.cc_map) != port.cc_map:
        write_map(asked.map, last["cc_map"])
        console.print(f"{asked.map}: what was learned is kept", highlight=False)
    if last["reason"] not in ("stopped", "finished"):
        raise PortError(last["reason"])


def _follow(
    session: Session,
    port: PortOptions,
    metre: tuple[int, int],
    console: Console,
    live: Live | None,
) -> Mapping[str, Any]:
    """Show what the port process tells, to the end; what it told last, and why it is over."""
    told = -1
    what: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for kind, what in session.events():
        if kind == "error":
            errors["reason"] = what
            continue
        if live is not None and kind == "state":
            live.update(panel(what, port.ticks_per_beat, metre), refresh=True)
        bars = what.get("bars", 0) // PLAIN_EVERY
        if live is None and what.get("bars") and (kind == "closed" or bars > told):
            told = bars
            console.print(status_line(what, port.ticks_per_beat, metre), highlight=False)
    return {**what, **errors}


def prepared(
    model: Path, settings: Settings, asked: StreamOptions
) -> tuple[ComposerOptions, PortOptions, tuple[int, int]]:
    """What the two processes are sent, and the metre. Raises `ModelFileError`, `MapError`."""
    meta = load_model(model).metadata
    if meta.get("kind") != "events":
        raise ModelFileError(f"{model}: only models of note tuples (events) can be streamed")
    options = meta["codec"]["options"]
    slots: tuple[Slot, ...] = as_slots(options["slots"])
    channels = _channels(slots, asked.channels)
    pairs = zip(channels, slots, strict=True)
    programs = {channel: slot.program for channel, slot in pairs if not slot.is_drum}
    numerator, denominator = settings.metre or meta["typical"]["metre"]
    grid = int(options["grid"])
    tick = ticks_per_beat(grid)
    port = PortOptions(
        bpm=settings.tempo_bpm or float(meta["typical"]["bpm"]),
        grid=grid,
        ticks_per_beat=tick,
        bar_tick=bar_length_step(numerator, denominator, grid) * tick // grid,
        beat_tick=tick * 4 // denominator,
        voices=[slot.name for slot in slots],
        programs=tuple(programs.items()),
        lookahead_sec=asked.lookahead_sec,
        record=asked.record,
        clock=asked.clock,
        clock_out=asked.clock_out,
        must_listen=asked.thru
        or asked.clock == "midi"
        or asked.input is not None
        or asked.duet is not None,
        input=asked.input,
        duet=asked.duet,
        thru=asked.thru,
        cc_map=read_map(asked.map) if asked.map is not None else DEFAULT_MAP,
        knobs={"temperature": settings.temperature, "critic": float(_critic(settings, meta))},
    )
    composer = ComposerOptions(model, settings, channels, asked.endless)
    return composer, port, (numerator, denominator)


def _critic(settings: Settings, meta: Mapping[str, Any]) -> int:
    habit: int = meta["typical"].get("critic", USUAL_CRITIC)
    return habit if settings.critic is None else settings.critic


def _channels(slots: Sequence[Slot], asked: Sequence[int] | None) -> Sequence[int]:
    if asked is None:
        return usual_channels([slot.is_drum for slot in slots])
    if len(asked) == 1:
        return [asked[0]] * len(slots)
    if len(asked) != len(slots):
        names = ", ".join(slot.name for slot in slots)
        raise PortError(
            f"{len(asked)} channels for {len(slots)} voices ({names}): one each, or one"
        )
    return asked


def _display(console: Console) -> AbstractContextManager[Live | None]:
    if sys.stderr.isatty():
        return Live(console=console, auto_refresh=False, transient=False)
    return nullcontext()


@contextmanager
def _until_signalled() -> Iterator[list[Session]]:
    """SIGINT, SIGTERM and a terminal that is closed stop the sessions put into the list."""
    sessions: list[Session] = []

    def stop(number: int, frame: FrameType | None) -> None:
        for session in sessions:
            session.stop()
        if not sessions:
            raise KeyboardInterrupt

    asked_by = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) != signal.SIG_IGN:  # as nohup has it
        asked_by.append(hangup)
    old = {asked: signal.signal(asked, stop) for asked in asked_by}
    try:
        yield sessions
    finally:
        for asked, handler in old.items():
            signal.signal(asked, handler)
