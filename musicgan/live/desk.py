"""Where everything a player can move stands, and what moves it: CCs and single keys."""

from __future__ import annotations

from collections.abc import Mapping

from musicgan.compose.steering import Steering
from musicgan.live.controls import (
    CONTROLS,
    DEFAULT_MAP,
    KEYS,
    KNOBS,
    LAST_CC,
    PRESSED,
    VOICES,
    Button,
    Knob,
)

CONTROL_CHANGE = 0xB0


class Desk:
    """The state of all controls, for a piece of so many voices. It can be pickled.

    `map` gives the control that each CC moves, by name, on whatever channel; the default is
    `DEFAULT_MAP`. `start` tells where a knob stands before it is touched, for the first key to
    begin from; else it is at its neutral value, or at its lowest.
    """

    def __init__(
        self,
        voices: int,
        map: Mapping[int, str] | None = None,
        start: Mapping[str, float] | None = None,
    ) -> None:
        self.voices = voices
        self.map = dict(DEFAULT_MAP if map is None else map)
        """CC -> control; learning changes it."""
        self.said = ""
        """What happened last, in words."""
        self.is_holding = False
        self.muted: frozenset[int] = frozenset()
        """Voices that are to be silent, from 0."""
        self.ideas = self.answers = self.panics = 0
        """Presses so far."""
        self._start = dict(start or {})
        self._values: dict[str, float] = {}
        """Of the knobs that were touched."""
        self._last = next(iter(CONTROLS))
        self._is_learning = False

    def hear(self, message: bytes) -> bool:
        """Take in a MIDI message; whether anything changed. Only a CC that is mapped can do that,
        or, while learning, any up to 119."""
        if len(message) != 3 or message[0] & 0xF0 != CONTROL_CHANGE or message[1] > LAST_CC:
            return False
        _, cc, value = message
        name = self.map.get(cc)
        if self._is_learning and name != "learn":
            return self._learn(cc)
        control = CONTROLS.get(name or "")
        if isinstance(control, Knob):
            return self._turn(control, control.at_cc(value))
        return control is not None and value >= PRESSED and self._fire(control)

    def press(self, key: str) -> bool:
        """A key was pressed; whether anything changed. While learning it only chooses a control."""
        name, direction = KEYS.get(key, ("", 0))
        control = CONTROLS.get(name)
        if control is None:
            return False
        # Whatever else is going on, panic is silence.
        if self._is_learning and name not in ("learn", "panic"):
            return self._choose(name)
        if isinstance(control, Button):
            return self._fire(control)
        neutral = control.low if control.neutral is None else control.neutral
        here = self._values.get(name, self._start.get(name, neutral))
        return self._turn(control, control.stepped(here, direction))

    @property
    def steering(self) -> Steering:
        """What the composer is to do from now on."""
        values = self._values
        return Steering(
            temperature=values.get("temperature"),
            density=values.get("density", 0.0),
            register=values.get("register", 0.0),
            critic=int(values["critic"]) if "critic" in values else None,
            morph=values.get("morph", 0.0),
            idea=self.ideas,
        )

    @property
    def learning(self) -> str | None:
        """The control that the next CC will move."""
        return self._last if self._is_learning else None

    def line(self) -> str:
        """The knobs that were touched, what is held, muted or learned; two spaces between parts."""
        values = self._values
        parts = [knob.words(values[knob.name]) for knob in KNOBS if knob.name in values]
        if self.is_holding:
            parts.append("hold")
        if self.muted:
            parts.append("muted " + " ".join(str(voice + 1) for voice in sorted(self.muted)))
        if self._is_learning:
            parts.append(f"learn {in_words(self._last)}")
        return "  ".join(parts)

    def _turn(self, knob: Knob, value: float) -> bool:
        self._last = knob.name
        if self._values.get(knob.name) == value:
            return False
        self._values[knob.name] = value
        self.said = knob.words(value)
        return True

    def _fire(self, button: Button) -> bool:
        if button in VOICES:
            return self._mute(VOICES.index(button))
        if button.name == "learn":
            self._is_learning = not self._is_learning
            return self._choose(self._last)
        self._last = button.name
        if button.name == "idea":
            self.ideas += 1
            self.said = f"new idea {self.ideas}"
        elif button.name == "hold":
            self.is_holding = not self.is_holding
            self.said = "this bar is held" if self.is_holding else "going on"
        elif button.name == "answer":
            self.answers += 1
            self.said = "answering"
        else:
            self.panics += 1
            self.said = "silence"
        return True

    def _mute(self, voice: int) -> bool:
        if voice >= self.voices:
            return False
        self._last = VOICES[voice].name
        self.muted ^= {voice}
        self.said = f"voice {voice + 1} {'muted' if voice in self.muted else 'sounds'}"
        return True

    def _choose(self, name: str) -> bool:
        self._last = name
        if self._is_learning:
            self.said = f"move a knob for {in_words(name)}, or press another control's key"
        else:
            self.said = "nothing learned"
        return True

    def _learn(self, cc: int) -> bool:
        """One CC for a control, and one control for a CC."""
        self.map = {old: name for old, name in self.map.items() if name != self._last}
        self.map[cc] = self._last
        self._is_learning = False
        self.said = f"CC {cc} now moves {in_words(self._last)}"
        return True


def in_words(name: str) -> str:
    """A control's name as it is read out: "voice 1" for voice_1."""
    return name.replace("_", " ")
