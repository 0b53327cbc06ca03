"""The process that owns the port. It knows bars and time, and nothing of models.

Bars come over a pipe from the composer, which is asked for the next one whenever little music is
known beyond now. Whatever becomes of the composer or of the session that began it, the pipe tells:
then there is silence.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType
from typing import Any

from musicgan.errors import MusicganError
from musicgan.live.backends import Backend
from musicgan.live.clock import InternalClock
from musicgan.live.performer import Performer
from musicgan.live.plan import PlannedBar
from musicgan.live.recorder import Recorder

MORE = "more"
"""What the composer is sent when another bar is wanted."""
END = "end"
"""What it answers after the last bar."""
FIRST_BARS = 2
"""Bars to have before the first is played: as long as that one lasts the composer may be late."""
LEAD_SEC = 0.15
"""From their arrival to the first note."""
LONGEST_SLEEP_SEC = 0.05
SPIN_SEC = 0.002
"""An immediate backend is not trusted to a sleep for the last part of a wait."""
PROGRAM = 0xC0


@dataclass(frozen=True)
class PortOptions:
    """How to play; what is sent to a new port process."""

    bpm: float
    ticks_per_beat: int
    programs: Sequence[tuple[int, int]] = ()
    """(channel, program) to begin with."""
    lookahead_sec: float = 1.0
    record: Path | None = None


class Recording:
    """A backend that another one is heard through, with a take of what it sent."""

    def __init__(self, backend: Backend, recorder: Recorder) -> None:
        self.backend, self.recorder = backend, recorder
        self.queued = backend.queued

    def now_sec(self) -> float:
        """The other's."""
        return self.backend.now_sec()

    def send(self, at_sec: float, message: bytes) -> None:
        """Send and keep it."""
        self.backend.send(at_sec, message)
        self.recorder.keep(at_sec, message)

    def cancel_after(self, at_sec: float) -> None:
        """Also from the take."""
        self.backend.cancel_after(at_sec)
        self.recorder.cancel_after(at_sec)

    def close(self) -> None:
        """The other one."""
        self.backend.close()


def run_port(
    open_backend: Callable[[], Backend],
    bars: Connection,
    control: Connection,
    options: PortOptions,
) -> None:
    """Play what comes over `bars` until it ends, `control` says "stop", or either breaks.

    Answers over `control`: ("open",), then ("state", {...}) now and then, ("error", line) for
    what went wrong, and ("closed", {...}) last.
    """
    stopped: list[int] = []

    def on_term(number: int, frame: FrameType | None) -> None:
        stopped.append(number)

    # Ctrl-C goes to the whole group: the session decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_term)
    _keep_time()
    try:
        backend = open_backend()
    except MusicganError as error:
        _tell(control, "error", str(error))
        return
    _tell(control, "open")
    Playing(backend, bars, control, options).run(lambda: bool(stopped))


def _keep_time() -> None:
    """Ask for real-time scheduling where it is allowed, and for no garbage collection."""
    gc.collect()
    gc.freeze()
    gc.disable()
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))


def _tell(control: Connection, *what: Any) -> bool:
    """Whether there was anybody to tell."""
    try:
        control.send(what)
    except (OSError, ValueError):
        return False
    return True


class Playing:
    """One performance: from the first bar to silence."""

    def __init__(
        self, backend: Backend, bars: Connection, control: Connection, options: PortOptions
    ) -> None:
        self.bars, self.control, self.options = bars, control, options
        self.recorder = Recorder(backend.now_sec(), options.bpm)
        self.backend = Recording(backend, self.recorder)
        self.performer: Performer | None = None
        self._first: list[PlannedBar] = []
        self._asked = self._ended = False
        self._told_sec = -1.0

    def run(self, is_stopped: Callable[[], bool]) -> None:
        """Play; silence and a closed port at the end, whatever happens."""
        reason = "stopped"
        try:
            while not is_stopped():
                found = self._turn()
                if found is not None:
                    reason = found
                    break
        except MusicganError as error:
            reason = str(error)
        except Exception as error:  # the port must be silent before anybody hears of it
            reason = f"{type(error).__name__}: {error}"
        finally:
            figures = self._end()
            if self.options.record is not None:
                try:
                    self.recorder.write(self.options.record)
                except MusicganError as error:
                    _tell(self.control, "error", str(error))
            _tell(self.control, "closed", {"reason": reason, **figures})

    def _end(self) -> dict[str, Any]:
        """Silence and a closed port, even if the backend is broken; the last figures."""
        figures: dict[str, Any] = {}
        with contextlib.suppress(MusicganError):
            figures = self._figures()
            if self.performer is not None:
                self.performer.stop()
        self.backend.close()
        return figures

    def _turn(self) -> str | None:
        """Send what is due, wait for what comes; why it is over, if it is."""
        wait_sec = self.performer.advance() if self.performer is not None else LONGEST_SLEEP_SEC
        if self._ended and self.performer is not None and self.performer.is_done:
            return "finished"
        self._ask()
        self._report()
        sleep_sec = min(wait_sec - (0 if self.backend.queued else SPIN_SEC), LONGEST_SLEEP_SEC)
        sources = [self.control] if self._ended else [self.bars, self.control]
        for source in wait(sources, max(0.0, sleep_sec)):
            assert isinstance(source, Connection)
            try:
                message = source.recv()
            except (EOFError, OSError):
                return "the composer is gone" if source is self.bars else "the session is gone"
            if source is self.control:
                if message[0] == "stop":
                    return "stopped"
                if message[0] == "tempo" and self.performer is not None:
                    clock = self.performer.clock
                    assert isinstance(clock, InternalClock)
                    clock.set_tempo(message[1], self.backend.now_sec())
            elif message == END:
                self._ended = True
                self._begin()
            elif isinstance(message, PlannedBar):
                self._take(message)
        return None

    def _take(self, bar: PlannedBar) -> None:
        self._asked = False
        if self.performer is not None:
            self.performer.add(bar)
            return
        self._first.append(bar)
        if len(self._first) == FIRST_BARS:
            self._begin()

    def _begin(self) -> None:
        """Start the clock with the bars there are."""
        if self.performer is not None or not self._first:
            return
        options = self.options
        begin_sec = self.backend.now_sec() + LEAD_SEC
        clock = InternalClock(options.ticks_per_beat, options.bpm, begin_sec)
        # An upbeat begins before the first bar line.
        begin_sec += begin_sec - clock.due_sec(self._first[0].start_tick)
        clock = InternalClock(options.ticks_per_beat, options.bpm, begin_sec)
        self.recorder.start_sec = begin_sec
        self.performer = Performer(self.backend, clock, options.lookahead_sec)
        for channel, program in options.programs:
            self.backend.send(self.backend.now_sec(), bytes([PROGRAM | channel, program]))
        for bar in self._first:
            self.performer.add(bar)

    def _ask(self) -> None:
        """Have the next bar composed when less is known than is looked ahead, and a bar more."""
        if self._asked or self._ended:
            return
        if self.performer is not None:
            enough_sec = self.options.lookahead_sec + self.performer.bar_sec
            if self.performer.ahead_sec > enough_sec:
                return
        self._asked = True
        with contextlib.suppress(OSError):
            self.bars.send(MORE)

    def _report(self) -> None:
        now = self.backend.now_sec()
        if now - self._told_sec < 0.1:
            return
        self._told_sec = now
        _tell(self.control, "state", self._figures())

    def _figures(self) -> dict[str, Any]:
        if self.performer is None:
            return {}
        return {
            **vars(self.performer.counts),
            "ahead_sec": round(self.performer.ahead_sec, 3),
            "tick": self.performer.clock.tick_at(self.backend.now_sec()),
            "bpm": self.performer.clock.bpm,
        }
