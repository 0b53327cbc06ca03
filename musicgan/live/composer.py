"""The process that composes: it knows the model, and nothing of ports or time."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from musicgan.compose.settings import Settings
from musicgan.live.port import END, MORE


@dataclass(frozen=True)
class ComposerOptions:
    """What to compose; what is sent to a new composer process."""

    model: Path
    settings: Settings
    channels: Sequence[int]
    """The MIDI channel of each voice."""


def run_composer(bars: Connection, options: ComposerOptions) -> None:
    """Answer each "more" with the next bar, and with "end" after the last one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from musicgan.compose.bars import LiveSong
    from musicgan.compose.player import open_player
    from musicgan.live.plan import plan_bar

    player = open_player(options.model)
    song = LiveSong(player, options.settings)
    # A broken pipe: whoever played is gone.
    with contextlib.suppress(EOFError, OSError):
        for bar in song.bars():
            if bars.recv() != MORE:
                return
            bars.send(plan_bar(bar, player.codec.grid, options.channels))
        bars.recv()
        bars.send(END)
        bars.recv()
