"""Ableton Link: beat, tempo and bar lines shared with every program that takes part.

What leads is a session in the local network, which may have no other member yet. Its beat is a
straight line over Link's own clock, and this clock is that line over the backend's seconds.
Link's start and stop are not followed: they are off in most programs, and it plays from `begin` on.
"""

from __future__ import annotations

import asyncio
from typing import Any

from musicgan.errors import MissingExtraError
from musicgan.live.backends import Backend
from musicgan.live.clocks import ClockOptions, clip_bpm
from musicgan.live.clocks.two_clocks import TwoClocks, read_together

LEAD_SEC = 0.15
"""From `begin` to tick 0, at least."""
JUMP_BEAT = 0.05
"""A beat that is so far off has jumped; less is corrected without a word."""
NEWS_SEC = 0.2
"""A change of tempo is heard of so much later, at most; until then the beat went by the old one."""


class LinkClock:
    """A member of the session, whose beats and bar lines are those of the ticks.

    Raises `MissingExtraError` without the optional part.
    """

    def __init__(self, options: ClockOptions, backend: Backend) -> None:
        self.ticks_per_beat = options.ticks_per_beat
        self._link = asyncio.run(_join(clip_bpm(options.bpm)))
        self._link.quantum = self._bar_beat = options.bar_tick / options.ticks_per_beat
        self._clocks = TwoClocks(backend.now_sec, self._link_sec)
        self._has_begun = self._started = False
        self._sec, self._beat, self._bpm = self._line()

    def begin(self, now_sec: float) -> None:
        """Tick 0 comes a moment later; with others in the session, at its next bar line then."""
        self._link.request_beat(-LEAD_SEC * self._link.tempo / 60)
        self._sec, self._beat, self._bpm = self._line()
        self._has_begun = self._started = True

    def hear(self, at_sec: float, message: bytes) -> None:
        """What MIDI tells does not matter."""

    def poll(self, now_sec: float) -> bool:
        """Whether it has begun, or the beat has jumped, as when a session is joined.

        A change of tempo is no jump.
        """
        beat, bpm, since_sec = self._beat_at(now_sec), self._bpm, now_sec - self._sec
        self._clocks.measure()
        self._follow()
        by_tempo_beat = abs(self._bpm - bpm) / 60 * (since_sec + NEWS_SEC)
        jumped = abs(self._beat_at(now_sec) - beat) > JUMP_BEAT + by_tempo_beat
        started, self._started = self._started, False
        return self._has_begun and (started or jumped)

    @property
    def source(self) -> str:
        """How many others there are."""
        peers = self._link.num_peers
        return f"Link, {peers or 'no'} peer{'' if peers == 1 else 's'}"

    @property
    def is_rolling(self) -> bool:
        """Whether it has begun."""
        return self._has_begun

    @property
    def bpm(self) -> float:
        """The session's tempo."""
        return self._bpm

    def set_tempo(self, bpm: float, now_sec: float) -> bool:
        """The whole session's, from now on."""
        self._link.tempo = clip_bpm(bpm)
        self._follow()
        return True

    def tick_at(self, now_sec: float) -> float:
        """In the session's bars."""
        return self._beat_at(now_sec) * self.ticks_per_beat

    def due_sec(self, tick: float) -> float:
        """By the present tempo."""
        if not self._has_begun:
            return float("inf")
        return self._sec + (tick / self.ticks_per_beat - self._beat) * 60 / self._bpm

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

    def _follow(self) -> None:
        """Take over where the beat is in the bar, and how fast it goes.

        The number of the bar is our own: members do not share it, and Link may change it.
        """
        sec, beat, bpm = self._line()
        bars = round((self._beat_at(sec) - beat) / self._bar_beat)
        self._sec, self._beat, self._bpm = sec, beat + bars * self._bar_beat, bpm

    def _line(self) -> tuple[float, float, float]:
        """(backend's seconds, Link's beat then, tempo)."""
        _, link_sec, beat = read_together(self._link_sec, lambda: float(self._link.beat))
        return self._clocks.ours_sec(link_sec), beat, float(self._link.tempo)

    def _beat_at(self, now_sec: float) -> float:
        return self._beat + (now_sec - self._sec) * self._bpm / 60

    def _link_sec(self) -> float:
        return float(self._link.time.total_seconds())


async def _join(bpm: float) -> Any:
    """A member of the session.

    It wants a running loop when it is made, for its callbacks and waits. None is used here, so the
    loop ends with this: beat, tempo and time are read from Link itself, at any moment.
    """
    try:
        from aalink import Link
    except ImportError:
        raise MissingExtraError("Ableton Link", "link") from None
    link = Link(bpm)
    link.enabled = True
    return link
