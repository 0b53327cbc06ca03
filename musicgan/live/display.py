"""What a player sees while it plays: a panel that is kept up to date, or a plain line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from musicgan.live.controls import CONTROLS, VOICES
from musicgan.score import pitch_name

WIDTH = 80
NAME_WIDTH = 14
"""Of a voice's name, cut there."""
TROUBLES = ("underruns", "skipped", "lost")
"""Counts that should stay at 0."""

State = Mapping[str, Any]
"""What the port process tells, each part only where it is known:

tick, bpm, source (what sets the tempo), is_rolling, mode ("follow", "chords"), bars_ahead,
ahead_sec, notes, underruns, skipped, lost, late_ms (p50, p99), latency_sec (until a moved knob is
heard), voices (name, last note or None, is muted), desk and said (`Desk.line`, `Desk.said`), ports.
"""


def panel(state: State, ticks_per_beat: int, metre: tuple[int, int]) -> RenderableType:
    """All of it, 80 columns wide, in a terminal of that width or more."""
    rows = [
        _row(_place(state, ticks_per_beat, metre), "bold"),
        _row(_supply(state)),
        _row(_voice(index, *voice) for index, voice in enumerate(state.get("voices", ()))),
        _row(_timing(state)),
        _row(state.get("desk", "").split("  "), "cyan"),
        _row([state.get("said", "")], "italic"),
    ]
    rows = [row for row in rows if row.renderables]
    title = f"musicgan > {state['ports']}" if state.get("ports") else "musicgan"
    keys = "first letters are keys: small less, capital more; 1-9 mute voices"
    return Panel(
        Group(*rows, _legend()),
        title=Text(title, overflow="ellipsis"),
        title_align="left",
        subtitle=Text(keys, "dim"),
        subtitle_align="right",
        width=WIDTH,
    )


def status_line(state: State, ticks_per_beat: int, metre: tuple[int, int]) -> str:
    """Bar and beat, tempo, how much is composed ahead, and what went wrong, if anything."""
    parts = _place(state, ticks_per_beat, metre)
    if "notes" in state:
        parts.append(f"{state['notes']} notes")
    parts += [f"{said} ahead" for said in _seconds(state, "ahead_sec")]
    parts += [f"{name} {state[name]}" for name in TROUBLES if state.get(name)]
    return "  ".join(parts)


def _place(state: State, ticks_per_beat: int, metre: tuple[int, int]) -> list[str]:
    parts = []
    if not state.get("is_rolling", True):
        parts.append("waiting for the clock to start")
    elif "tick" in state:
        beats = max(0, int(state["tick"] // (ticks_per_beat * 4 // metre[1])))
        bar, beat = divmod(beats, metre[0])
        parts.append(f"bar {bar + 1}.{beat + 1}")
    if "bpm" in state:
        parts.append(f"{state['bpm']:.0f} bpm")
    return parts + [state[name] for name in ("source", "mode") if state.get(name)]


def _supply(state: State) -> list[str]:
    parts = []
    ahead = []
    if "bars_ahead" in state:
        ahead.append("1 bar" if state["bars_ahead"] == 1 else f"{state['bars_ahead']} bars")
    ahead += _seconds(state, "ahead_sec")
    if ahead:
        parts.append(f"{', '.join(ahead)} ahead")
    if "notes" in state:
        parts.append(f"{state['notes']} notes")
    return parts + [f"a knob is heard after {said}" for said in _seconds(state, "latency_sec")]


def _seconds(state: State, name: str) -> list[str]:
    """None where it is not known or, as before a clock rolls, for ever."""
    sec = state.get(name)
    return [f"{max(0.0, sec):.1f} s"] if sec is not None and math.isfinite(sec) else []


def _timing(state: State) -> list[str | Text]:
    parts: list[str | Text] = []
    if "late_ms" in state:
        half, most = state["late_ms"]
        parts.append(f"late p50 {half:.2f} p99 {most:.2f} ms")
    for name in TROUBLES:
        if name in state:
            parts.append(Text(f"{name} {state[name]}", "bold yellow" if state[name] else ""))
    return parts


def _voice(index: int, name: str, note: int | None, is_muted: bool) -> Text:
    """Its number key, its name, and the last note."""
    key = f"{index + 1} " if index < len(VOICES) else ""
    said = "muted" if is_muted else pitch_name(note) if note is not None else "-"
    style = "dim" if is_muted or note is None else "bold green"
    return Text.assemble((key, "dim"), name[:NAME_WIDTH], " ", (said, style))


def _row(parts: Iterable[str | Text], style: str = "") -> Columns:
    """Parts that are not broken, as many in a line as there is room for."""
    texts = [Text(part, style) if isinstance(part, str) else part for part in parts if part]
    return Columns(texts, padding=(0, 3))


def _legend() -> Text:
    """Names of which the first letter is the key."""
    names = [name for name in CONTROLS if CONTROLS[name] not in VOICES]
    text = Text(" ".join([*names, "1-9"]), "dim", no_wrap=True)
    text.highlight_regex(r"\b\w|1-9", "not dim bold")
    return text
