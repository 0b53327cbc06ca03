"""`musicgan stream`: play into a DAW or a synthesiser, in time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from musicgan.cli import one_thread
from musicgan.cli.paths import GivenPath

EXAMPLES = """\b
Examples:
  musicgan stream
  musicgan stream --style lieder --tempo 72 --key Em
  musicgan stream --port fluid --bars 32 --record take.mid
  musicgan stream --clock jack
  musicgan stream --input keystation --duet follow
  musicgan ports
"""


@click.command(epilog=EXAMPLES)
@click.option("--virtual", default="musicgan", show_default=True, help="Name of a port of its own.")
@click.option("--port", help="Or an existing port: its name or a part of it.")
@click.option(
    "--backend", default="auto", show_default=True, help="auto, jack, alsa, rtmidi or file."
)
@click.option(
    "--style", default="chorale", show_default=True, help="Model to play: bundled, or your own."
)
@click.option("--model", type=GivenPath(), help="A model file of your own.")
@click.option("--tempo", type=float, help="Beats a minute, 20 to 400.  [default: the style's]")
@click.option("--key", help="Such as C, F#m, Bb or 'A minor'.  [default: drawn by the seed]")
@click.option("--bars", type=int, help="Length in bars.  [default: until Ctrl-C]")
@click.option("--seed", type=int, help="Repeats a song exactly.  [default: drawn, and printed]")
@click.option("--temperature", default=0.95, show_default=True, help="Below 1 safer, above wilder.")
@click.option("--critic", type=int, help="Candidates weighed; 0: none.  [default: the style's]")
@click.option(
    "--channel-map",
    "channels",
    metavar="N,N,...",
    help="MIDI channel of each voice, 1 to 16, or one for all.  [default: a channel each]",
)
@click.option(
    "--clock",
    default="internal",
    show_default=True,
    help="internal, midi, jack or link: who leads.",
)
@click.option("--clock-out", is_flag=True, help="Send MIDI clock along with the notes.")
@click.option("--input", help="Port to listen to: a keyboard, knobs, or MIDI clock.")
@click.option(
    "--duet",
    type=click.Choice(["follow", "chords"]),
    help="Answer what you play, or keep to the chords of your left hand.",
)
@click.option("--thru", is_flag=True, help="Send on what you play, too.")
@click.option(
    "--map",
    type=GivenPath(),
    help="TOML file: which CC moves what; keeps learned ones.",
)
@click.option("--record", type=GivenPath(), help="MIDI file of what was sent.")
@click.option(
    "--lookahead",
    default=1.0,
    show_default=True,
    help="Seconds that JACK and ALSA are told in advance, 0.1 to 10.",
)
def stream(
    virtual: str, port: str | None, backend: str, style: str, model: Path | None, **asked: Any
) -> None:
    """Compose and play, bar after bar, until Ctrl-C.

    While it plays single keys move its knobs: see the display's last line, and docs/live.md.
    """
    one_thread()
    from musicgan.live.backends.registry import open_backend
    from musicgan.live.session import Session

    if not 0.1 <= asked["lookahead"] <= 10:
        raise click.BadParameter("out of range: from 0.1 to 10", param_hint="--lookahead")
    channels = _channels(asked["channels"])
    # Its processes load what they need while this one does.
    with Session(partial(open_backend, backend, virtual, port)) as session:
        from musicgan.compose.styles import style_path
        from musicgan.live.show import StreamOptions, play

        options = StreamOptions(
            endless=asked["bars"] is None,
            record=asked["record"],
            lookahead_sec=asked["lookahead"],
            clock=asked["clock"],
            clock_out=asked["clock_out"],
            input=asked["input"],
            duet=asked["duet"],
            thru=asked["thru"],
            map=asked["map"],
            channels=channels,
        )
        play(session, model or style_path(style), _settings(asked), options)


def _settings(asked: dict[str, Any]) -> Any:
    from musicgan.compose.settings import MAX_BARS, Settings, parse_key
    from musicgan.compose.write import draw_seed
    from musicgan.errors import ComposeError

    try:
        return Settings(
            bars=asked["bars"] if asked["bars"] is not None else MAX_BARS,
            seed=draw_seed() if asked["seed"] is None else asked["seed"],
            tempo_bpm=asked["tempo"],
            key=parse_key(asked["key"]) if asked["key"] is not None else None,
            temperature=asked["temperature"],
            critic=asked["critic"],
        )
    except ComposeError as error:
        raise click.UsageError(str(error)) from error


def _channels(text: str | None) -> list[int] | None:
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() and 1 <= int(part) <= 16 for part in parts):
        raise click.BadParameter(
            f"{text!r}: numbers from 1 to 16 with commas between, such as 1,2,3,4",
            param_hint="--channel-map",
        )
    return [int(part) - 1 for part in parts]
