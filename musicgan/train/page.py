"""`report.html` of a run: one page that shows and plays how it learns, without the internet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicgan.midifile.write import write_whole
from musicgan.score import Score
from musicgan.train.look import Beside, song_of

TEMPLATE = Path(__file__).with_name("report.html")
EVERY = 20
"""Updates from one point of a training curve to the next, at first."""
MOST_POINTS = 1000
"""Of the training curves: beyond, every second one goes."""


class Page:
    """Collects what there is to see and writes it anew at each evaluation.

    The figures lie beside the page as `report.json`; a run that is resumed goes on with them.
    Raises OSError when the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        title: str,
        summary: str,
        beside: Beside,
        *,
        resumed: bool = False,
        clock: Callable[[], str] = lambda: time.strftime("%Y-%m-%d %H:%M"),
    ) -> None:
        self._folder, self._beside, self._clock = folder, beside, clock
        self._every = EVERY
        self._data: dict[str, Any] = {
            "title": title, "summary": summary, "running": True, "updated": "",
            "lowest": beside.lowest, "real": beside.real,
            "curves": [], "evaluations": [], "alarms": [],
        }  # fmt: skip
        if resumed:
            self._data |= self._kept()

    def step(self, phase: str, step: int, figures: Mapping[str, float]) -> None:
        """After an update; most are not kept."""
        if step % self._every:
            return
        curves = self._data["curves"]
        # Killed after its last checkpoint, a run comes by the same places again.
        while curves and curves[-1]["phase"] == phase and curves[-1]["step"] >= step:
            curves.pop()
        curves.append({"phase": phase, "step": step, "figures": _rounded(figures)})
        if len(curves) > MOST_POINTS:
            self._data["curves"] = curves[1::2]
            self._every *= 2

    def evaluation(
        self,
        phase: str,
        step: int,
        figures: Mapping[str, float],
        songs: Sequence[Score],
        verdicts: Sequence[float] | None,
    ) -> None:
        """After an evaluation: its figures and songs, the first of them to be seen and heard."""
        songs = [song for song in songs if len(song)]
        record = {"phase": phase, "step": step, "figures": _rounded(figures)}
        if songs:
            record |= {**self._beside.look(songs), "song": song_of(songs[0], verdicts)}
        others = [r for r in self._data["evaluations"] if (r["phase"], r["step"]) != (phase, step)]
        self._data["evaluations"] = [*others, record]
        self.write()

    def alarm(self, phase: str, step: int, text: str) -> None:
        """Something went wrong; the next `write` shows it."""
        self._data["alarms"].append({"phase": phase, "step": step, "text": text})

    def end(self) -> None:
        """The run is over: the page need not look for news."""
        self._data["running"] = False
        self.write()

    def write(self) -> None:
        """Write the page and its figures."""
        self._data["updated"] = self._clock()
        text = json.dumps(self._data, separators=(",", ":"))
        # Inside a script element only its end tag could end the data.
        page = TEMPLATE.read_text("utf-8").replace("__DATA__", text.replace("</", "<\\/"))
        write_whole(self._folder / "report.html", page.encode())
        write_whole(self._folder / "report.json", text.encode())

    def _kept(self) -> dict[str, Any]:
        """What an earlier part of this run has collected; nothing when that cannot be read."""
        try:
            before = json.loads((self._folder / "report.json").read_text("utf-8"))
            return {name: list(before[name]) for name in ("curves", "evaluations", "alarms")}
        except (OSError, ValueError, KeyError, TypeError):
            return {}


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    """Finite ones, in as many digits as can be seen."""
    return {
        name: float(f"{value:.5g}") for name, value in figures.items() if abs(value) < float("inf")
    }
