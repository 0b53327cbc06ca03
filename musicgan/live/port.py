"""The process that owns the port. It knows bars and time, and nothing of models.

Bars come over a pipe from the composer, which is asked for the next one whenever little music is
known beyond now. Whatever becomes of the composer or of the session that began it, the pipe tells:
then there is silence.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any

import numpy as np

from musicgan.errors import MusicganError, PortError
from musicgan.live.backends import Backend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.registry import open_clock
from musicgan.live.desk import Desk
from musicgan.live.duet import Duet
from musicgan.live.hands import Hands
from musicgan.live.messages import PROGRAM
from musicgan.live.options import PortOptions
from musicgan.live.orders import End, Failed, More, NewBar
from musicgan.live.performer import Performer
from musicgan.live.pulses import Pulses
from musicgan.live.recorder import Recorder, Recording

FIRST_BARS = 2
"""Bars to have before the first is played: as long as that one lasts the composer may be late."""
REPORT_SEC = 0.1
LONGEST_SLEEP_SEC = 0.05
LISTENING_SLEEP_SEC = 0.005
"""While something may come in that is not a pipe: an input, or a clock that others lead."""
SPIN_SEC = 0.002
"""An immediate backend is not trusted to a sleep for the last part of a wait."""


def run_port(open_backend: Callable[[], Backend], bars: Connection, control: Connection) -> None:
    """Play what comes over `bars` until it ends, `control` says "stop", or either breaks.

    `control` gives the `PortOptions` first. Answers over it: ("open",), then ("state", {...}) now
    and then, ("error", line) for what went wrong, and ("closed", {...}) last.
    """
    stopped: list[int] = []

    def on_term(number: int, frame: FrameType | None) -> None:
        stopped.append(number)

    # Ctrl-C goes to the whole group: the session decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        backend = open_backend()
        options = control.recv()
        signal.signal(signal.SIGTERM, on_term)
        _keep_time()
        playing = Playing(backend, bars, control, options)
    except MusicganError as error:
        _tell(control, "error", str(error))
        return
    except (EOFError, OSError):
        return
    _tell(control, "open")
    playing.run(lambda: bool(stopped))


def _keep_time() -> None:
    """Ask for real-time scheduling where it is allowed, and for no garbage collection."""
    gc.collect()
    gc.freeze()
    gc.disable()
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))


def _tell(control: Connection, *what: Any) -> None:
    """Tell the session, if it is there and listens: music does not wait for it."""
    with contextlib.suppress(OSError, ValueError):
        if sys.platform == "win32" or select.select([], [control], [], 0)[1]:
            control.send(what)


class Playing:
    """One performance: from the first bar to silence. Raises `PortError` for what cannot open."""

    def __init__(
        self, backend: Backend, bars: Connection, control: Connection, options: PortOptions
    ) -> None:
        self.bars, self.control, self.options = bars, control, options
        self.recorder = Recorder(options.bpm) if options.record is not None else None
        self.backend = Recording(backend, self.recorder) if self.recorder is not None else backend
        try:
            self._listens = self._listen(backend)
            clock_options = ClockOptions(options.ticks_per_beat, options.bpm, options.bar_tick)
            self.clock = open_clock(options.clock, clock_options, backend)
        except MusicganError:
            backend.close()
            raise
        pulses = Pulses(options.ticks_per_beat) if options.clock_out else None
        self.performer = Performer(self.backend, self.clock, options.lookahead_sec, pulses=pulses)
        self.hands = Hands(
            self.performer,
            Desk(len(options.voices), options.cc_map, options.knobs),
            Duet(options.duet, options.bar_tick),
            options.ticks_per_beat // options.grid,
            options.beat_tick,
            options.bar_tick,
            thru=options.thru,
        )
        self.performer.sender.on_send = self.hands.duet.sent
        self._asked = self._ended = self._begun = False
        self._told_sec = -1.0

    def _listen(self, backend: Backend) -> bool:
        try:
            backend.listen(self.options.input)
        except PortError:
            if self.options.must_listen:
                raise
            return False
        return True

    def run(self, is_stopped: Callable[[], bool]) -> None:
        """Play; silence and a closed port at the end, whatever happens."""
        reason = "stopped"
        try:
            for channel, program in self.options.programs:
                self.backend.send(self.backend.now_sec(), bytes([PROGRAM | channel, program]))
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
            if self.recorder is not None and self.options.record is not None:
                try:
                    self.recorder.write(self.options.record)
                except MusicganError as error:
                    _tell(self.control, "error", str(error))
            _tell(
                self.control, "closed", {"reason": reason, "cc_map": self.hands.desk.map, **figures}
            )

    def _end(self) -> dict[str, Any]:
        """Silence and a closed port, even if the backend is broken; the last figures."""
        figures: dict[str, Any] = {}
        with contextlib.suppress(Exception):
            figures = self._figures()
        for end in (self.performer.stop, self.clock.close, self.backend.close):
            with contextlib.suppress(Exception):
                end()
        return figures

    def _turn(self) -> str | None:
        """Send what is due, wait for what comes; why it is over, if it is."""
        now = self.backend.now_sec()
        if self.clock.poll(now):
            self.hands.clock_jumped()
            self.performer.pause()
            if self.clock.is_rolling:
                self._find_grid_anew()
                self.performer.resume()
        if self._listens:
            self._hear()
        wait_sec = self.performer.advance()
        if self._ended and not self.hands.is_resting and self.performer.is_done:
            return "finished"
        self._order()
        self._report(now)
        longest = LONGEST_SLEEP_SEC
        if self._listens or self.options.clock != "internal":
            longest = LISTENING_SLEEP_SEC
        sleep_sec = min(wait_sec - (0 if self.backend.queued else SPIN_SEC), longest)
        sources = [self.bars, self.control] if not self._ended else [self.control]
        for source in wait(sources, max(0.0, sleep_sec)):
            assert isinstance(source, Connection)
            try:
                message = source.recv()
            except (EOFError, OSError):
                return "the composer is gone" if source is self.bars else "the session is gone"
            if isinstance(message, Failed):
                return message.reason
            if source is self.bars:
                self._take(message)
            elif message[0] == "stop":
                return "stopped"
            elif message[0] == "tempo":
                self.clock.set_tempo(message[1], self.backend.now_sec())
            elif message[0] == "key":
                self.hands.press(message[1])
        return None

    def _find_grid_anew(self) -> None:
        """A take that has no note yet lies on the bars of the clock as it runs now."""
        if self.recorder is not None and not self.performer.sender.counts.notes:
            self.recorder.start_sec = None

    def _hear(self) -> None:
        """What came over the input: of the clock, or of the player."""
        for at_sec, message in self.backend.heard():
            if message[0] >= 0xF0:
                self.clock.hear(at_sec, message)
            else:
                self.hands.hear(at_sec, message)

    def _take(self, message: NewBar | End) -> None:
        """What the composer has answered; what it was asked before another take began is void."""
        if message.take != self.hands.take:
            return
        self._asked = False
        self._ended = isinstance(message, End)
        if isinstance(message, NewBar):
            self.hands.take_in(message.bar)
        else:
            self.hands.song_is_over()
        if not self._begun and (self._ended or self.performer.bars_ahead >= FIRST_BARS):
            self._begun = True
            self.clock.begin(self.backend.now_sec())

    def _order(self) -> None:
        """What is to be composed: anew as the player wants it, or the next bar in time."""
        order = self.hands.order()
        if order is None and not (self._asked or self._ended) and self._wants_more():
            order = More()
        if order is not None:
            self._asked, self._ended = True, False
            with contextlib.suppress(OSError):  # it is gone: reading will tell
                self.bars.send(order)

    def _wants_more(self) -> bool:
        """Whether less is known than is looked ahead, and a bar more."""
        if self.hands.is_resting:
            return False
        waiting = len(self.performer.schedule.waiting)
        if not self.clock.is_rolling or self.performer.schedule.held is not None:
            return waiting < FIRST_BARS
        bar_sec = self.options.bar_tick / self.options.ticks_per_beat * 60 / self.clock.bpm
        return self.performer.ahead_sec <= self.options.lookahead_sec + bar_sec

    def _report(self, now: float) -> None:
        schedule = self.performer.schedule
        if self.recorder is not None and self.clock.is_rolling:
            self.recorder.tempo(now, self.clock.bpm)
            if self.recorder.start_sec is None and schedule.laid:
                self.recorder.start_sec = self.clock.due_sec(schedule.laid[0].tick)
        if now - self._told_sec >= REPORT_SEC:
            self._told_sec = now
            _tell(self.control, "state", self._figures())

    def _figures(self) -> dict[str, Any]:
        performer, clock = self.performer, self.clock
        sender = performer.sender
        now = self.backend.now_sec()
        late = np.percentile(np.array([0.0, *sender.late_sec]), (50, 99)) * 1000
        voices = enumerate(self.options.voices)
        return {
            **vars(sender.counts),
            "bars": performer.schedule.count,
            "bars_ahead": performer.bars_ahead,
            "ahead_sec": round(performer.ahead_sec, 3),
            "tick": clock.tick_at(now) if clock.is_rolling else 0.0,
            "bpm": clock.bpm,
            "source": clock.source,
            "is_rolling": clock.is_rolling,
            "lost": self.backend.lost,
            "late_ms": (float(late[0]), float(late[1])),
            "voices": [(v, sender.latest.get(i), i in sender.muted) for i, v in voices],
            **self.hands.figures(),
        }
