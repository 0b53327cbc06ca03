"""`musicgan stream`: play into a DAW or a synthesiser, in time."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from musicgan.cli import one_thread

EXAMPLES = """\b
Examples:
  musicgan stream
  musicgan stream --style lieder --tempo 72 --key Em
  musicgan stream --port fluid --bars 32 --record take.mid
  musicgan ports
"""


@click.command(epilog=EXAMPLES)
@click.option("--virtual", default="musicgan", show_default=True, help="Name of a port of its own.")
@click.option("--port", help="Or an existing port: its name or a part of it.")
@click.option("--backend", default="auto", show_default=True, help="auto, jack or rtmidi.")
@click.option("--style", default="chorale", show_default=True, help="Bundled model to play.")
@click.option("--model", type=click.Path(path_type=Path), help="A model file of your own.")
@click.option("--tempo", type=float, help="Beats a minute, 20 to 400.  [default: the style's]")
@click.option("--key", help="Such as C, F#m, Bb or 'A minor'.  [default: drawn by the seed]")
@click.option("--bars", type=int, help="Length in bars.  [default: until Ctrl-C]")
@click.option("--seed", type=int, help="Repeats a song exactly.  [default: drawn, and printed]")
@click.option("--temperature", default=0.95, show_default=True, help="Below 1 safer, above wilder.")
@click.option("--critic", type=int, help="Candidates weighed; 0: none.  [default: the style's]")
@click.option("--record", type=click.Path(path_type=Path), help="MIDI file of what was sent.")
def stream(
    virtual: str, port: str | None, backend: str, style: str, model: Path | None, **options: Any
) -> None:
    """Compose and play, bar after bar, until Ctrl-C."""
    one_thread()
    from musicgan.compose.player import bundled_path
    from musicgan.compose.settings import MAX_BARS, Settings, parse_key
    from musicgan.compose.write import draw_seed
    from musicgan.errors import ComposeError
    from musicgan.live.backends.registry import open_backend
    from musicgan.live.show import play

    seed, key = options["seed"], options["key"]
    try:
        settings = Settings(
            bars=options["bars"] if options["bars"] is not None else MAX_BARS,
            seed=draw_seed() if seed is None else seed,
            tempo_bpm=options["tempo"],
            key=parse_key(key) if key is not None else None,
            temperature=options["temperature"],
            critic=options["critic"],
        )
    except ComposeError as error:
        raise click.UsageError(str(error)) from error
    opener = partial(open_backend, backend, virtual, port)
    play(opener, model or bundled_path(style), settings, options["record"])
