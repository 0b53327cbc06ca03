"""What a player can turn and press: one table, for the desk, the map file and the display."""

from __future__ import annotations

from dataclasses import dataclass

LAST_CC = 119
"""Those above it are channel mode messages, which move nothing."""
PRESSED = 64
"""A button that sends at least so much is down."""


@dataclass(frozen=True)
class Knob:
    """A MIDI CC puts it somewhere, a key moves it by a step."""

    name: str
    low: float
    high: float
    neutral: float | None
    """What leaves the music as it is; None: only the model knows."""
    step: float
    """What a key adds or takes away."""
    cc: int
    """Its CC unless a map says otherwise."""
    keys: str
    """The one that lowers it and the one that raises it."""
    help: str
    is_log: bool = False
    digits: int = 2

    def at_cc(self, value: int) -> float:
        """Where a CC of 0 to 127 puts it. 64 is neutral, where neutral is not at an end."""
        if self.neutral is None or self.neutral == self.low:
            return round(self.low + (self.high - self.low) * value / 127, self.digits)
        end, part = (self.high, (value - 64) / 63) if value >= 64 else (self.low, 1 - value / 64)
        if self.is_log:
            return round(self.neutral * float((end / self.neutral) ** part), self.digits)
        return round(self.neutral + (end - self.neutral) * part, self.digits)

    def stepped(self, value: float, direction: int) -> float:
        """A step below (-1) or above (1) `value`, within its range."""
        moved = min(max(value + direction * self.step, self.low), self.high)
        return round(moved, self.digits)

    def words(self, value: float) -> str:
        """Such as "density +0.3"."""
        return f"{self.name} {value:+g}" if self.low < 0 else f"{self.name} {value:g}"


@dataclass(frozen=True)
class Button:
    """A key, and a CC that presses it with a value from 64 up."""

    name: str
    cc: int
    key: str
    help: str


# CCs: off those that mean something else on most instruments (bank, data entry, pedals, RPN).
KNOBS = (
    Knob("temperature", 0.05, 5.0, 0.95, 0.05, 74, "tT", "safer to wilder", is_log=True),
    Knob("density", -1.0, 1.0, 0.0, 0.1, 71, "dD", "few notes to many"),
    Knob("register", -1.0, 1.0, 0.0, 0.1, 76, "rR", "low to high, within the voices' ranges"),
    Knob("critic", 0, 16, None, 1, 77, "cC", "candidates that the critic weighs", digits=0),
    Knob("morph", 0.0, 1.0, 0.0, 0.1, 1, "mM", "from this idea towards another one"),
)
VOICES = tuple(Button(f"voice_{n}", 101 + n, str(n), f"mute voice {n}") for n in range(1, 10))
BUTTONS = (
    Button("idea", 80, "i", "a new idea, in the same key"),
    Button("hold", 81, "h", "hold this bar; again: go on"),
    Button("answer", 82, "a", "answer what was just played"),
    Button("panic", 83, "p", "silence now, then go on"),
    Button("learn", 85, "l", "the next CC moves the control touched last"),
    *VOICES,
)

_ALL: tuple[Knob | Button, ...] = (*KNOBS, *BUTTONS)
CONTROLS = {control.name: control for control in _ALL}
"""All of them by name; a map may give each a CC."""
DEFAULT_MAP = {control.cc: control.name for control in CONTROLS.values()}
"""CC -> name."""
KEYS = {knob.keys[up]: (knob.name, 2 * up - 1) for knob in KNOBS for up in (0, 1)} | {
    button.key: (button.name, 0) for button in BUTTONS
}
"""Key -> name and direction."""
