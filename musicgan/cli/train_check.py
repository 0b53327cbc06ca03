"""What may be asked of `musicgan train`: refused before anything is read."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

MOST_SEED = 2**63 - 1
EVENTS_ONLY = {
    "voices": "--voice",
    "start": "--from",
    "tracks": "--tracks",
    "velocities": "--velocities",
    "pedal": "--pedal",
    "fine": "--fine",
    "slow_critic": "--slow-critic",
    "critic": "--critic",
    "parallels": "--parallels",
    "crossings": "--crossings",
    "returns": "--returns",
    "tessitura": "--tessitura",
    "transpose": "--transpose",
    "vary_velocity": "--vary-velocity",
    "vary_tempo": "--vary-tempo",
}
"""Options that frames know nothing of."""


def _check_start(start: str) -> None:
    from musicgan.compose.styles import SUFFIX, style_path
    from musicgan.errors import ModelFileError

    if start in ("nearest", "none") or start.endswith(SUFFIX):
        return
    try:
        style_path(start)
    except ModelFileError as error:
        raise click.BadParameter(f"{error}, nearest, none or a file", param_hint="--from") from None


def check(asked: dict[str, Any]) -> None:
    """Refuse options out of range or of no use. Raises `click.BadParameter`."""
    from musicgan.codecs.events import MOST_FINE
    from musicgan.compose.rules import COMMONEST, RAREST
    from musicgan.compose.settings import MOST_CANDIDATES

    limits = {
        "minutes": (0.1, 100_000),
        "seed": (0, MOST_SEED),
        "hidden": (8, 4096),
        "dropout": (0, 0.95),
        "velocities": (1, 127),
        "grid": (1, 48),
        "fine": (1, MOST_FINE),
        "transpose": (0, 12),
        "vary-velocity": (0, 126),
        "vary-tempo": (0, 100),
        "critic": (0, MOST_CANDIDATES),
        "parallels": (RAREST, COMMONEST),
        "crossings": (RAREST, COMMONEST),
        "returns": (RAREST, COMMONEST),
        "tessitura": (0, 1),
    }
    for name, (least, most) in limits.items():
        value = asked[name.replace("-", "_")]
        if value is not None and not least <= value <= most:
            said = f"out of range: from {least} to {most}"
            raise click.BadParameter(said, param_hint=f"--{name}")
    _check_start(asked["start"])
    source = click.get_current_context().get_parameter_source
    if asked["hidden"] is not None and source("start") is ParameterSource.DEFAULT:
        asked["start"] = "none"
    for name, option in EVENTS_ONLY.items() if asked["codec"] == "pianoroll" else ():
        if source(name) is not ParameterSource.DEFAULT:
            raise click.BadParameter("only for --codec events: leave it out", param_hint=option)
