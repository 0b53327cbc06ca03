"""The process that composes: it knows the model, and nothing of ports or time."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from musicgan.codecs.stream import Sounded
from musicgan.compose.answer import hear_answered, to_voices
from musicgan.compose.bars import Bar, LiveSong
from musicgan.compose.player import Player, open_player
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.live.orders import Answer, End, Failed, NewBar, Order, Steer
from musicgan.live.plan import PlannedBar, plan_bar


@dataclass(frozen=True)
class ComposerOptions:
    """What to compose; what is sent to a new composer process."""

    model: Path
    settings: Settings
    channels: Sequence[int]
    """The MIDI channel of each voice."""
    endless: bool = False
    """Another song follows, on the next seed, when one is over."""


class Composing:
    """Songs one after another, as they are ordered."""

    def __init__(self, player: Player, options: ComposerOptions) -> None:
        self.player, self.options = player, options
        self._settings, self._steering = options.settings, Steering()
        self._song = LiveSong(player, self._settings)
        self._take = 0
        self._first_bar = 0
        """Number of the song's own first bar among all."""

    def obey(self, order: Order) -> NewBar | End:
        """Do what is ordered, and compose the next bar."""
        if isinstance(order, Steer):
            self._take, self._steering = order.take, order.steering
            self._song.rewind(order.from_step - self._first_step, self._steering)
        elif isinstance(order, Answer):
            self._take, self._first_bar = order.take, 0
            drums = {v for v, slot in enumerate(self.player.codec.slots) if slot.is_drum}
            notes = to_voices(
                (Sounded(*note, voice=0) for note in order.notes), self.player.rules, drums
            )
            heard = hear_answered(self.player, notes, order.from_step)
            self._song = LiveSong(self.player, self._settings, heard)
            self._song.rewind(order.from_step, self._steering)
        bar = self._song.next()
        if bar is None and self.options.endless:
            self._begin_another()
            bar = self._song.next()
        return End(self._take) if bar is None else NewBar(self._take, self._planned(bar))

    def _begin_another(self) -> None:
        """A song on the next seed, its bars numbered on."""
        self._first_bar += self._song.plan.n_bars
        self._settings = replace(self._settings, seed=self._settings.seed + 1)
        self._song = LiveSong(self.player, self._settings)
        self._song.rewind(0, self._steering)

    @property
    def _first_step(self) -> int:
        return self._first_bar * self._song.plan.bar_step

    def _planned(self, bar: Bar) -> PlannedBar:
        codec = self.player.codec
        planned = plan_bar(bar, codec.grid, self.options.channels, codec.fine)
        return planned.moved(self._first_bar)


def run_composer(asked: Connection, orders: Connection) -> None:
    """Answer each order with a bar, or with the end; a broken pipe: whoever played is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        options = asked.recv()
        composing = Composing(open_player(options.model), options)
        while True:
            orders.send(composing.obey(orders.recv()))
    except (EOFError, OSError):
        return
    except Exception as error:  # whoever plays is to know why, and to fall silent
        with contextlib.suppress(OSError):
            orders.send(Failed(f"the composer failed: {type(error).__name__}: {error}"))
